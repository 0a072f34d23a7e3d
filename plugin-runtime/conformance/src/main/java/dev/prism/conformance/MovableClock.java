package dev.prism.conformance;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;

/** The time of day, and what a test has added to it. Safe for any thread. */
public final class MovableClock implements InstantSource {
  private final AtomicLong ahead = new AtomicLong();

  /** Makes it later by {@code time} from now on. */
  public void advance(Duration time) {
    ahead.addAndGet(time.toMillis());
  }

  @Override
  public Instant instant() {
    return Instant.ofEpochMilli(millis());
  }

  @Override
  public long millis() {
    return System.currentTimeMillis() + ahead.get();
  }
}
