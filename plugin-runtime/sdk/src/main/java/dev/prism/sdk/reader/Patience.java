package dev.prism.sdk.reader;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * How long a caller waits for what it asked. It ends a moment before the caller's deadline, so that
 * what has been found still reaches it, or when the caller goes. Any thread may end it.
 */
public final class Patience {
  /** What can be interrupted. */
  @FunctionalInterface
  public interface Work<T, X extends Exception> {
    /** Does it. */
    T run() throws X;
  }

  private final long endNanos;
  private boolean over;
  private @Nullable Runnable interruption;

  /**
   * @param endNanos when it ends at the latest, on {@link System#nanoTime}'s clock
   */
  public Patience(long endNanos) {
    this.endNanos = endNanos;
  }

  /** Milliseconds until it ends at the latest; 0 where that has passed. */
  public long leftMillis() {
    return Math.max(0, TimeUnit.NANOSECONDS.toMillis(endNanos - System.nanoTime()));
  }

  /** Whether to return now, with what there is. */
  public synchronized boolean isOver() {
    return over;
  }

  /**
   * Does something that can be interrupted. {@code interrupt} is called while {@code work} runs,
   * once patience has ended and until the work returns, so that one which comes before the work can
   * be interrupted is not the last. It must not block for long.
   */
  public <T, X extends Exception> T during(Runnable interrupt, Work<T, X> work) throws X {
    synchronized (this) {
      interruption = interrupt;
    }
    try {
      return work.run();
    } finally {
      synchronized (this) {
        interruption = null;
      }
    }
  }

  /** It has ended; said again until nothing is under way any more. */
  public synchronized void end() {
    over = true;
    if (interruption != null) {
      interruption.run();
    }
  }
}
