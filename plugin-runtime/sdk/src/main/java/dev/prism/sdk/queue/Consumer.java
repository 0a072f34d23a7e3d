package dev.prism.sdk.queue;

import java.util.List;

/** One consumer's place in a group. */
public interface Consumer extends AutoCloseable {
  /**
   * The next messages of the group, which are this consumer's until they are acknowledged or their
   * deadline passes. Messages that come back are delivered before new ones. Called by one thread at
   * a time, a virtual one; waits at most {@code patienceNanos}, or until {@link #wake}.
   *
   * @param most how many messages at most, at least 1
   * @param mostBytes how many bytes of messages; one message may be larger
   * @return possibly none
   */
  List<Delivery> poll(int most, long mostBytes, long patienceNanos);

  /**
   * Makes a {@link #poll} that waits return early, or the next one not wait. Any thread; never
   * blocks.
   */
  void wake();

  /** Gives up the place: deliveries that were not acknowledged come back to the group at once. */
  @Override
  void close();
}
