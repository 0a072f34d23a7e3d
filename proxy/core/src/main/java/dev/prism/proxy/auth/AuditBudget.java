package dev.prism.proxy.auth;

import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntConsumer;

/**
 * Bounds the log lines that a stranger can cause: so many a second; the first one of a later second
 * tells how many were left out. Two threads at the turn of a second may each write one more.
 */
final class AuditBudget {
  private final InstantSource clock;
  private final int aSecond;
  private final AtomicLong second = new AtomicLong();
  private final AtomicInteger spent = new AtomicInteger();

  AuditBudget(InstantSource clock, int aSecond) {
    this.clock = clock;
    this.aSecond = aSecond;
  }

  /** Calls {@code line} with the number of lines left out before it, where it may be written. */
  void spend(IntConsumer line) {
    long now = clock.millis() / 1000;
    long last = second.get();
    if (now != last && second.compareAndSet(last, now)) {
      line.accept(Math.max(0, spent.getAndSet(1) - aSecond));
    } else if (spent.incrementAndGet() <= aSecond) {
      line.accept(0);
    }
  }
}
