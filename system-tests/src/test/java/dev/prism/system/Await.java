package dev.prism.system;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waiting for a condition instead of for a time. */
final class Await {
  private static final long POLL_NANOS = 5_000_000;

  private Await() {}

  /**
   * Waits until {@code condition} holds and returns how long that took; fails after {@code limit}.
   */
  static Duration until(String what, Duration limit, BooleanSupplier condition) {
    long begun = System.nanoTime();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - begun > limit.toNanos()) {
        throw new AssertionError("after " + limit + " still not so: " + what);
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
    return Duration.ofNanos(System.nanoTime() - begun);
  }
}
