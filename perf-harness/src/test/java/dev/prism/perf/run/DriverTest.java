package dev.prism.perf.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.perf.report.Run;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("system")
class DriverTest {
  private static final Run.Offered SMALL = new Run.Offered(2, 2, 0, 256, 0.5, 0);

  private static Scenario scenario(Kind kind, String backend, Run.Offered offered) {
    return new Scenario("test", "a test", backend, Map.of(kind, 1), offered, 0);
  }

  @ParameterizedTest
  @EnumSource(names = {"KEYVALUE_GET", "KEYVALUE_PUT"})
  void callersOfTheDriverAreMeasuredAsThoseOfAServerAre(Kind kind) throws Exception {
    try (Driver driver = new Driver()) {
      // When
      Run run = driver.run(scenario(kind, "sqlite", SMALL), "standard");

      // Then
      assertThat(run.failures()).isEmpty();
      assertThat(run.answered()).isGreaterThan(10);
      assertThat(run.callsPerSecond()).isBetween(run.answered() / 2.0, run.answered() * 3.0);
      assertThat(run.micros(50)).isPositive().isLessThanOrEqualTo(run.micros(99));
      assertThat(run.cost("driver").cpuMicros()).isPositive();
      assertThat(run.cost("driver").residentBytes()).isGreaterThan(10e6);
    }
  }

  @Test
  void onlyWhatTheDriverDoesIsItsPeer() {
    // Given
    Run.Offered atARate = new Run.Offered(2, 2, 1000, 256, 1, 0);

    // When / Then
    assertThat(Driver.does(scenario(Kind.KEYVALUE_PUT, "sqlite", SMALL))).isTrue();
    assertThat(Driver.does(scenario(Kind.KEYVALUE_PUT, "memory", SMALL))).isFalse();
    assertThat(Driver.does(scenario(Kind.QUEUE_PUBLISH, "sqlite", SMALL))).isFalse();
    assertThat(Driver.does(scenario(Kind.KEYVALUE_GET, "sqlite", atARate))).isFalse();
  }
}
