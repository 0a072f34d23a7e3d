package dev.prism.sdk.reader;

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

  private boolean over;
  private @Nullable Runnable interruption;

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
