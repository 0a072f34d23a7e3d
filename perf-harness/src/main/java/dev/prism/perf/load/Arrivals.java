package dev.prism.perf.load;

/**
 * When the calls of one connection are due: always, in a closed loop; in an open one every so many
 * nanoseconds, whatever became of those before.
 */
final class Arrivals {
  private final boolean open;
  private final double gapNanos;
  private final int step;
  private long startNanos;
  private long index;

  /** Every {@code step}th of all arrivals, from the number {@code first} on. */
  Arrivals(double rate, int first, int step) {
    open = rate > 0;
    gapNanos = 1e9 / rate;
    index = first;
    this.step = step;
  }

  void start(long now) {
    startNanos = now;
  }

  /** The next call's time, if that is now or past; otherwise negative. */
  long due(long now) {
    if (!open) {
      return now;
    }
    long time = time();
    return time - now <= 0 ? time : -1;
  }

  /** The next call's time. */
  long time() {
    return startNanos + (long) (index * gapNanos);
  }

  /** The next call's number among all. */
  long index() {
    return index;
  }

  void begun() {
    index += step;
  }

  /** Notes how long each call has waited by now that is due and was not begun. */
  void behind(long now, Tally tally) {
    for (; time() - now <= 0; begun()) {
      tally.behind(now - time());
    }
  }
}
