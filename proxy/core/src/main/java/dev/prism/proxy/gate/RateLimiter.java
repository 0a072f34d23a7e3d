package dev.prism.proxy.gate;

import dev.prism.proxy.config.ServerConfig.RateLimit;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A token bucket as one number, the time at which it will be full again (the generic cell rate
 * algorithm): one compare-and-set a call, and the exact wait where a call is refused. A refused
 * call costs nothing of the bucket.
 */
final class RateLimiter {
  private final AtomicLong fullAt;
  private final long intervalNanos;
  private final long burstNanos;

  RateLimiter(RateLimit limit, long nowNanos) {
    intervalNanos = Math.max(1, Math.round(TimeUnit.SECONDS.toNanos(1) / limit.rps()));
    burstNanos = Math.multiplyExact(intervalNanos, Math.max(1, limit.burst()));
    fullAt = new AtomicLong(nowNanos);
  }

  /** Takes a token: 0 where there was one, else in how many nanoseconds there will be one. */
  long take(long nowNanos) {
    while (true) {
      long full = fullAt.get();
      long next = (full - nowNanos > 0 ? full : nowNanos) + intervalNanos;
      long wait = next - nowNanos - burstNanos;
      if (wait > 0) {
        return wait;
      }
      if (fullAt.compareAndSet(full, next)) {
        return 0;
      }
    }
  }

  /** Gives a token back that {@link #take} gave, where another limit refused the call. */
  void giveBack() {
    fullAt.addAndGet(-intervalNanos);
  }
}
