package dev.prism.sdk.queue;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * Reads the log of a topic with one partition, without a group. Of what is not due yet it keeps the
 * offset only.
 */
public final class LogReader implements MessageReader {
  private final Look look;
  private final Signal signal;
  private final InstantSource clock;
  private final PriorityQueue<Delayed> delayed =
      new PriorityQueue<>(
          Comparator.comparingLong(Delayed::due).thenComparingLong(Delayed::offset));
  private long position;
  private volatile boolean woken;

  /** Looks at the log. */
  @FunctionalInterface
  public interface Look {
    /**
     * The messages from {@code offset} on, in their order, due or not; at most {@code most} of at
     * most {@code mostBytes} together, one message may be larger.
     */
    List<Stored> at(long offset, int most, long mostBytes);
  }

  private record Delayed(long due, long offset) {}

  /**
   * Reads from {@code position} on.
   *
   * @param signal is raised when something was added to the log
   */
  public LogReader(Look look, Signal signal, InstantSource clock, long position) {
    this.look = look;
    this.signal = signal;
    this.clock = clock;
    this.position = position;
  }

  @Override
  public List<Stored> next(int most, long mostBytes, long patienceNanos) {
    long end = System.nanoTime() + patienceNanos;
    while (true) {
      long seen = signal.count();
      long now = clock.millis();
      List<Stored> read = due(now);
      boolean more = false;
      if (read.isEmpty()) {
        List<Stored> log = look.at(position, most, mostBytes);
        more = !log.isEmpty();
        for (Stored stored : log) {
          position = stored.offset() + 1;
          long deliverAt = stored.message().deliverAtMillis();
          if (deliverAt > now) {
            delayed.add(new Delayed(deliverAt, stored.offset()));
          } else {
            read.add(stored);
          }
        }
      }
      long left = end - System.nanoTime();
      if (!read.isEmpty() || woken || left <= 0 || Thread.currentThread().isInterrupted()) {
        woken = false;
        return read;
      }
      if (!more) {
        Delayed first = delayed.peek();
        long due = first == null ? Long.MAX_VALUE : first.due();
        signal.await(seen, Signal.until(due, now, left), () -> woken);
      }
    }
  }

  /** The first message that has become due; none where it has been removed meanwhile. */
  private List<Stored> due(long now) {
    List<Stored> read = new ArrayList<>();
    Delayed first = delayed.peek();
    while (read.isEmpty() && first != null && first.due() <= now) {
      delayed.remove();
      for (Stored stored : look.at(first.offset(), 1, Long.MAX_VALUE)) {
        if (stored.offset() == first.offset()) {
          read.add(stored);
        }
      }
      first = delayed.peek();
    }
    return read;
  }

  @Override
  public void wake() {
    woken = true;
    signal.wake();
  }

  @Override
  public void close() {
    delayed.clear();
  }
}
