package dev.prism.link;

import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/** A message that arrives in fragments. Its memory is made off the consumer thread. */
final class Assembly {
  final int kind;
  final int total;
  private volatile byte @Nullable [] target;
  private volatile ByteBudget.@Nullable Reservation reservation;
  private int filled;

  /**
   * @param total what the peer announced; checked here, as memory is made for it
   * @throws ProtocolViolation when it is more than {@code limit}, or would fit one frame
   */
  Assembly(int kind, int total, int limit) {
    if (total <= Frame.FRAGMENT_BYTES || total > limit) {
      throw new ProtocolViolation("a message of " + total + " bytes was announced");
    }
    this.kind = kind;
    this.total = total;
  }

  /** Makes the memory; from here on fragments may come. */
  void allocate() {
    target = new byte[total];
  }

  void hold(ByteBudget.Reservation reservation) {
    this.reservation = reservation;
  }

  ByteBudget.@Nullable Reservation reservation() {
    return reservation;
  }

  /**
   * Copies one fragment; on the consumer thread.
   *
   * @return the message when this was its last, else null
   */
  byte @Nullable [] add(DirectBuffer from, int at, int length) {
    byte[] into = target;
    int headerLength = Frame.headerLength(from, at);
    int bytes = Frame.bodyLength(length, headerLength);
    if (into == null || bytes == 0 || Frame.offset(from, at) != filled || bytes > total - filled) {
      throw new ProtocolViolation("a fragment out of place");
    }
    from.getBytes(at + headerLength, into, filled, bytes);
    filled += bytes;
    return filled == total ? into : null;
  }

  /** Lets go of what the message holds of a budget. */
  void release() {
    ByteBudget.Reservation held = reservation;
    if (held != null) {
      held.close();
    }
  }
}
