package dev.prism.proxy.plugin;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long to wait before a plugin that ended is started again: not at all the first time, then
 * longer each time up to {@link #LONGEST}, with jitter so that plugins which died of one cause do
 * not come back at one moment. A life that was healthy for {@link #HEALTHY} starts the count anew.
 * Not safe for threads: each plugin's own thread has one.
 */
final class Backoff {
  static final Duration LONGEST = Duration.ofSeconds(10);
  static final Duration HEALTHY = Duration.ofMinutes(1);

  /** The pause before the second restart in a row; it doubles from there. */
  static final Duration FIRST = Duration.ofMillis(200);

  /** So many ends in a row, none after a healthy life, are a crash loop. */
  static final int CRASH_LOOP = 5;

  private final RandomGenerator random;
  private int endsInARow;

  Backoff(RandomGenerator random) {
    this.random = random;
  }

  /**
   * Counts an end and says how long to wait before the next start.
   *
   * @param readyFor how long the life that ended had been ready
   */
  Duration afterEnd(Duration readyFor) {
    endsInARow = readyFor.compareTo(HEALTHY) >= 0 ? 1 : endsInARow + 1;
    if (endsInARow == 1) {
      return Duration.ZERO;
    }
    long doubled = FIRST.toMillis() << Math.min(endsInARow - 2, 16);
    long longest = Math.min(doubled, LONGEST.toMillis());
    return Duration.ofMillis(longest / 2 + random.nextLong(longest / 2 + 1));
  }

  boolean isCrashLoop() {
    return endsInARow >= CRASH_LOOP;
  }
}
