package dev.prism.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("system")
class GracefulStopTest {
  @Test
  void sigtermFinishesWhatIsInFlightExitsZeroAndLeavesNoProcess() throws Exception {
    // Given a proxy under load
    try (Prism prism = Prism.up(Prism.newDirectory("stop"))) {
      List<Long> plugins = prism.pluginPids();
      Puts puts = Puts.start(prism.keyValue("default"), 16, 100_000, 5_000);
      Await.until("some are put", Duration.ofMinutes(1), () -> puts.acknowledgedSoFar() > 1_000);

      // When
      int status = prism.terminate();
      puts.close();
      puts.join();

      // Then no call that had been taken was dropped
      assertThat(status).isZero();
      assertThat(plugins).hasSize(2).noneMatch(Signals::isAlive);
      assertThat(puts.refusals())
          .allSatisfy(
              refusal -> {
                assertThat(refusal.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
                assertThat(refusal.getDescription()).doesNotContain("OUTCOME_UNKNOWN");
              });
    }
  }

  @Test
  void anIdleProxyStopsAtOnce() throws Exception {
    // Given
    try (Prism prism = Prism.up(Prism.newDirectory("stop-idle"))) {
      long begun = System.nanoTime();

      // When
      int status = prism.terminate();

      // Then
      assertThat(status).isZero();
      assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(5));
    }
  }
}
