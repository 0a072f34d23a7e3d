package dev.prism.plugin.dynamodb;

import dev.prism.link.CallHeader;
import dev.prism.sdk.CallContext;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * Until when requests are made again.
 *
 * @param nanos on {@link System#nanoTime()}'s clock
 */
record Deadline(long nanos) {
  private static final long FIRST_PAUSE_MILLIS = 25;
  private static final long LONGEST_PAUSE_MILLIS = 400;

  /** What an answer needs on its way to a caller who is still there. */
  private static final long ANSWER_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  /**
   * The end of {@code millis}, or of the last of the present calls to end where that is sooner:
   * what one has no time for any more may still do for the others.
   */
  static Deadline within(long millis) {
    long now = System.nanoTime();
    long longest = TimeUnit.MILLISECONDS.toNanos(millis);
    List<CallHeader> calls = CallContext.current().map(CallContext::calls).orElse(List.of());
    long left = calls.isEmpty() ? longest : Long.MIN_VALUE;
    for (CallHeader call : calls) {
      left = Math.max(left, call.deadlineNanos() - ANSWER_NANOS - now);
    }
    return new Deadline(now + Math.min(left, longest));
  }

  long leftMillis() {
    return TimeUnit.NANOSECONDS.toMillis(nanos - System.nanoTime());
  }

  /**
   * Waits before another attempt: twice as long each time, and a random part of that, so that those
   * who were refused together do not come back together.
   *
   * @param attempt how many there were, from 0
   * @return false, at once, where there is no time for another
   */
  boolean pause(int attempt) {
    long most = Math.min(FIRST_PAUSE_MILLIS << Math.min(attempt, 8), LONGEST_PAUSE_MILLIS);
    long millis = ThreadLocalRandom.current().nextLong(most / 2, most + 1);
    if (millis >= leftMillis()) {
      return false;
    }
    try {
      Thread.sleep(millis);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw PrismException.of(Reason.SHUTTING_DOWN, "the plugin is shutting down");
    }
  }
}
