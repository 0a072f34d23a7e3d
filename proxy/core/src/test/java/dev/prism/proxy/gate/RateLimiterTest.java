package dev.prism.proxy.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.proxy.config.ServerConfig.RateLimit;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RateLimiterTest {
  private static final long START = Long.MAX_VALUE - 5; // the nanosecond clock may turn over
  private static final long MILLI = 1_000_000;

  private final RateLimiter limiter = new RateLimiter(new RateLimit(10, 3), START);

  @Test
  void aBurstPassesAndTheNextIsToldTheExactWait() {
    assertThat(take(START, 3)).containsExactly(0, 0, 0);

    long wait = limiter.take(START + 40 * MILLI);

    assertThat(wait).isEqualTo(60 * MILLI);
  }

  @Test
  void afterTheWaitItPasses() {
    take(START, 3);
    long wait = limiter.take(START);

    assertThat(limiter.take(START + wait - 1)).isEqualTo(1);
    assertThat(limiter.take(START + wait)).isZero();
  }

  @Test
  void aPauseFillsNoMoreThanTheBurst() {
    take(START, 3);

    long[] later = take(START + 60_000 * MILLI, 4);

    assertThat(later).containsExactly(0, 0, 0, 100 * MILLI);
  }

  @Test
  void aTokenThatWasGivenBackCanBeTaken() {
    take(START, 3);
    limiter.giveBack();

    assertThat(limiter.take(START)).isZero();
    assertThat(limiter.take(START)).isPositive();
  }

  @Test
  void manyThreadsGetAsManyTokensAsThereAre() throws InterruptedException {
    RateLimiter shared = new RateLimiter(new RateLimit(1, 1000), START);
    LongAdder passed = new LongAdder();
    Thread[] threads =
        IntStream.range(0, 8)
            .mapToObj(
                i ->
                    Thread.startVirtualThread(
                        () -> {
                          for (int call = 0; call < 500; call++) {
                            if (shared.take(START) == 0) {
                              passed.increment();
                            }
                          }
                        }))
            .toArray(Thread[]::new);
    for (Thread thread : threads) {
      thread.join();
    }

    assertThat(passed.sum()).isEqualTo(1000);
  }

  private long[] take(long now, int times) {
    return IntStream.range(0, times).mapToLong(i -> limiter.take(now)).toArray();
  }
}
