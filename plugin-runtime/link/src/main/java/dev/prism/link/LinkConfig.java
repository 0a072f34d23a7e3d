package dev.prism.link;

/**
 * How much one shared-memory link holds.
 *
 * @param ringBytes the size of each of the two rings; a power of two from 1 MiB to 256 MiB
 * @param maxInFlight calls and streams at once; half of a ring has 1 KiB for the answer of each
 *     (hazard 15)
 * @param replyBudget bytes that answers and stream messages of more than one frame may hold in this
 *     process until they are taken; shared by all links that name it (hazard 16)
 * @param portable use a private temporary file and a timed park in place of a sealed memory file
 *     and a futex, as where there is no Linux
 */
public record LinkConfig(int ringBytes, int maxInFlight, ByteBudget replyBudget, boolean portable) {
  /** The defaults: 8 MiB rings, 2048 calls. */
  public static LinkConfig defaults(ByteBudget replyBudget) {
    return new LinkConfig(
        8 << 20, 2048, replyBudget, !System.getProperty("os.name", "").equals("Linux"));
  }
}
