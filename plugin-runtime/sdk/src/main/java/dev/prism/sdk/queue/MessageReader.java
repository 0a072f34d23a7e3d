package dev.prism.sdk.queue;

import java.util.List;

/** Reads a topic from a place on, without a group: it changes nothing at the backend. */
public interface MessageReader extends AutoCloseable {
  /**
   * The next messages, each once, those of a partition in the order of their offsets, none before
   * the time of its {@code deliver_at} (which leaves the order). Called by one thread at a time, a
   * virtual one; waits at most {@code patienceNanos}, or until {@link #wake}.
   *
   * @param most how many messages at most, at least 1
   * @param mostBytes how many bytes of messages; one message may be larger
   * @return possibly none
   */
  List<Stored> next(int most, long mostBytes, long patienceNanos);

  /**
   * Makes a {@link #next} that waits return early, or the next one not wait. Any thread; never
   * blocks.
   */
  void wake();

  @Override
  void close();
}
