package dev.prism.proxy.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class BackoffTest {
  private static final Duration AT_ONCE = Duration.ZERO;

  private final Backoff backoff = new Backoff(new Random(7));

  @Test
  void theFirstRestartIsImmediate() {
    assertThat(backoff.afterEnd(AT_ONCE)).isZero();
  }

  @Test
  void laterRestartsWaitLongerUpToTenSeconds() {
    // When a plugin ends again and again
    List<Duration> pauses = Stream.generate(() -> backoff.afterEnd(AT_ONCE)).limit(20).toList();

    // Then each pause is between half of its bound and the bound, which doubles
    long bound = Backoff.FIRST.toMillis();
    for (Duration pause : pauses.subList(1, pauses.size())) {
      assertThat(pause).isBetween(Duration.ofMillis(bound / 2), Duration.ofMillis(bound));
      bound = Math.min(bound * 2, Backoff.LONGEST.toMillis());
    }
    assertThat(pauses.getLast()).isGreaterThanOrEqualTo(Backoff.LONGEST.dividedBy(2));
  }

  @Test
  void theFifthEndInARowIsACrashLoop() {
    for (int end = 1; end < Backoff.CRASH_LOOP; end++) {
      backoff.afterEnd(AT_ONCE);
      assertThat(backoff.isCrashLoop()).isFalse();
    }
    backoff.afterEnd(AT_ONCE);
    assertThat(backoff.isCrashLoop()).isTrue();
  }

  @Test
  void aHealthyLifeStartsTheCountAnew() {
    // Given a crash loop
    for (int end = 0; end < Backoff.CRASH_LOOP; end++) {
      backoff.afterEnd(AT_ONCE);
    }

    // When a life was ready for a minute
    Duration pause = backoff.afterEnd(Backoff.HEALTHY);

    // Then
    assertThat(pause).isZero();
    assertThat(backoff.isCrashLoop()).isFalse();
  }
}
