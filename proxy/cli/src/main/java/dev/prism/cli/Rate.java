package dev.prism.cli;

import java.io.PrintStream;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * Counts what a long command does, and shows it each second on the line where the cursor is, if a
 * person is there to see it. For one thread.
 */
final class Rate {
  private static final long SHOW_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final double NANOS = 1e9;

  private final PrintStream err;
  private final String noun;
  private final boolean shown;
  private final long begun = System.nanoTime();
  private long shownAt = begun;
  private long shownCount;
  private long count;

  /**
   * @param noun what is counted: {@code message}
   * @param printing whether results are printed meanwhile: on the same terminal there is then no
   *     line left to show it on
   */
  Rate(PrintStream err, String noun, boolean printing) {
    this.err = err;
    this.noun = noun;
    this.shown = Terminals.err() && !(printing && Terminals.out());
  }

  /** Whether a person has seen it. */
  boolean wasShown() {
    return shownAt != begun;
  }

  long count() {
    return count;
  }

  /** So many more are done. */
  void add(long more) {
    count += more;
    long now = System.nanoTime();
    if (shown && now - shownAt >= SHOW_NANOS) {
      err.printf(
          Locale.ROOT,
          "\r%,d %ss, %,.0f a second\033[K",
          count,
          noun,
          (count - shownCount) * NANOS / (now - shownAt));
      shownAt = now;
      shownCount = count;
    }
  }

  /** The whole of it: {@code 1,200 messages in 0.3 s, 4,000 a second}. */
  String summary() {
    double seconds = Math.max(1e-3, (System.nanoTime() - begun) / NANOS);
    return String.format(
        Locale.ROOT,
        "%s%,d %s in %.1f s, %,.0f a second",
        wasShown() ? "\r" : "",
        count,
        count == 1 ? noun : noun + "s",
        seconds,
        count / seconds);
  }
}
