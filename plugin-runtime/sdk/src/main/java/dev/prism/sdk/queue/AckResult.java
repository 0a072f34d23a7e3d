package dev.prism.sdk.queue;

import com.google.rpc.Status;

/** How one {@link Ack} fared. */
public sealed interface AckResult {
  /**
   * Done.
   *
   * @param ackDeadlineMillis after {@link Ack.Outcome.Extended}: until when the delivery must be
   *     acknowledged; otherwise 0
   */
  record Taken(long ackDeadlineMillis) implements AckResult {}

  /**
   * Not done, and why: {@code RECEIPT_EXPIRED} where the delivery was acknowledged before, or comes
   * or came back.
   */
  record Failed(Status status) implements AckResult {}
}
