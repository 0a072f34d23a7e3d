package dev.prism.perf.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.perf.gate.Verdict;
import dev.prism.perf.report.Percentile;
import dev.prism.perf.report.Run;
import java.util.List;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SoakTest {
  private static final int ROUNDS = 12;

  @Test
  void roundsThatStayAsTheyAreDoNotDrift() {
    // When
    List<Verdict> drift = Soak.of(rounds(round -> 200e6, round -> 5000), 0).drift();

    // Then
    assertThat(drift).allMatch(Verdict::passes);
  }

  @Test
  void whatGrowsInTheFirstQuarterAloneIsWarmingUp() {
    // When
    List<Verdict> drift =
        Soak.of(rounds(round -> round < ROUNDS / 4 ? 100e6 : 200e6, round -> 5000), 0).drift();

    // Then
    assertThat(drift).allMatch(Verdict::passes);
  }

  @Test
  void memoryThatGrowsToTheEndIsDrift() {
    // When
    List<Verdict> drift = Soak.of(rounds(round -> 200e6 + round * 8e6, round -> 5000), 0).drift();

    // Then
    assertThat(drift)
        .filteredOn(verdict -> !verdict.passes())
        .extracting(Verdict::gate)
        .containsExactly("soak-proxy", "soak-plugin");
  }

  @Test
  void latencyThatGrowsAndAStreamThatIsLeftAreDrift() {
    // When
    List<Verdict> drift = Soak.of(rounds(round -> 200e6, round -> 1000 * round), 1).drift();

    // Then
    assertThat(drift)
        .filteredOn(verdict -> !verdict.passes())
        .extracting(Verdict::gate)
        .containsExactly("soak-p99", "soak-streams");
  }

  private static List<Run> rounds(IntToDoubleFunction resident, IntToDoubleFunction p99) {
    return IntStream.range(0, ROUNDS)
        .mapToObj(round -> round(resident.applyAsDouble(round), p99.applyAsDouble(round)))
        .toList();
  }

  private static Run round(double resident, double p99) {
    Run.Cost cost = new Run.Cost(10, 1, 1000, resident, 40);
    return new Run(
        "mixed",
        "soak",
        "mixed",
        "prism",
        new Run.Offered(8, 16, 4000, 256, 60, 1),
        4000,
        240_000,
        0,
        Map.of(),
        List.of(new Percentile(99, p99)),
        List.of(),
        List.of(),
        Map.of("proxy", cost, "plugin sqlite", cost),
        List.of(),
        0.2,
        0);
  }
}
