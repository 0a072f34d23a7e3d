package dev.prism.perf.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.perf.gate.Gates;
import dev.prism.perf.gate.Verdict;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The gates on the shipped product, whole and broken. */
@Tag("system")
class GateProofTest {
  /** Overhead, what is left when all have gone, and a profile: all that the flaws are about. */
  private static final StandardSet.Lengths QUICK =
      new StandardSet.Lengths(0, 3, 6, 5, 0, 0, 4, false);

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "SLEEP, overhead-p50",
    "GARBAGE, bytes-per-call",
    "LOCK, lock-free",
    "LEAK, drained-streams",
  })
  void aFlawTurnsItsOwnRowRed(Flaw flaw, String gate) throws Exception {
    // When
    List<String> red = red(flaw.environment(folder));

    // Then
    assertThat(red).contains(gate);
  }

  @Test
  void whatIsWholePassesTheSameRows() throws Exception {
    // When
    List<String> red = red(Map.of());

    // Then
    assertThat(red)
        .doesNotContain("overhead-p50", "bytes-per-call", "lock-free", "drained-streams");
  }

  private static List<String> red(Map<String, String> environment) throws Exception {
    StandardSet set = new StandardSet(QUICK, environment, System.out::println);
    set.run();
    return Gates.shipped().judge(set.values()).stream()
        .filter(verdict -> !verdict.passes() && Double.isFinite(verdict.value()))
        .peek(verdict -> System.out.println(verdict.gate() + ": " + verdict.value()))
        .map(Verdict::gate)
        .toList();
  }
}
