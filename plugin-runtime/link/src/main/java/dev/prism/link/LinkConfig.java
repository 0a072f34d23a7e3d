package dev.prism.link;

/**
 * How much one shared-memory link holds.
 *
 * @param ringBytes the size of each of the two rings; a power of two from 1 MiB to 256 MiB
 * @param maxInFlight calls and streams at once; half of a ring has room for a 1 KiB answer to each
 *     (hazard 15)
 * @param replyBudget bytes that answers and stream messages of more than one frame may hold in this
 *     process until they are taken; shared by all links that name it (hazard 16)
 * @param portable use a temporary file and a timed pause in place of a sealed memory file and a
 *     futex, as where there is no Linux
 */
public record LinkConfig(int ringBytes, int maxInFlight, ByteBudget replyBudget, boolean portable) {
  static final int MIN_RING_BYTES = 1 << 20;
  static final int MAX_RING_BYTES = 256 << 20;

  /** Room on the response ring that each call in flight has to itself: 1 KiB and a header. */
  static final int RESERVED_BYTES = 1024 + 64;

  private static final int MAX_IN_FLIGHT = 1 << 15;

  public LinkConfig {
    if (!ringFits(ringBytes)) {
      throw new IllegalArgumentException(
          "ringBytes is " + ringBytes + ": not a power of two from 1 MiB to 256 MiB");
    }
    if (!inFlightFits(ringBytes, maxInFlight)) {
      throw new IllegalArgumentException(
          "maxInFlight is "
              + maxInFlight
              + ": not from 1 to "
              + Math.min(MAX_IN_FLIGHT, ringBytes / 2 / RESERVED_BYTES)
              + ", what half a ring of "
              + ringBytes
              + " bytes can answer");
    }
  }

  /** The defaults: 4 MiB rings, 1920 calls, a futex where there is one. */
  public static LinkConfig defaults(ByteBudget replyBudget) {
    return new LinkConfig(4 << 20, 1920, replyBudget, !Libc.isKnown());
  }

  static boolean ringFits(int ringBytes) {
    return ringBytes >= MIN_RING_BYTES
        && ringBytes <= MAX_RING_BYTES
        && Integer.bitCount(ringBytes) == 1;
  }

  static boolean inFlightFits(int ringBytes, int maxInFlight) {
    return maxInFlight >= 1
        && maxInFlight <= MAX_IN_FLIGHT
        && (long) maxInFlight * RESERVED_BYTES <= ringBytes / 2;
  }
}
