package dev.prism.proxy.testing;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** A time of day and a nanosecond clock that stand still until a test moves them. */
public final class FakeTime implements InstantSource, LongSupplier {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private final AtomicLong nanos = new AtomicLong();

  public void advance(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  @Override
  public Instant instant() {
    return START.plusNanos(nanos.get());
  }

  /** Near where a long turns over: differences must be right there too. */
  @Override
  public long getAsLong() {
    return Long.MAX_VALUE - Duration.ofMinutes(1).toNanos() + nanos.get();
  }
}
