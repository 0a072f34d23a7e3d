package dev.prism.perf.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GatesTest {
  private static final String RATE =
      """
      committed: {bytes: 1000}
      gates:
        - gate: rate
          title: calls per second
          value: prism
          rfc: [least 100000, least 0.5 of netty]
          own: least 0.8 of netty
        - gate: bytes
          title: bytes
          value: bytes
          own: most 1.2 of committed.bytes
          required: true
      """;

  @ParameterizedTest
  @CsvSource({
    "100000, 900000, true", // the figure itself
    "50000, 100000, true", // the ratio
    "49999, 100000, false"
  })
  void ofSeveralBoundsOneIsEnough(double prism, double netty, boolean holds) {
    // Given
    Map<String, Double> measured = Map.of("prism", prism, "netty", netty, "bytes", 1.0);

    // When
    Verdict rate = Gates.read(RATE).judge(measured).getFirst();

    // Then
    assertThat(rate.rfcHolds()).isEqualTo(holds);
    assertThat(rate.passes()).isEqualTo(holds);
  }

  @Test
  void anOwnBarThatIsNotRequiredLetsAChangePass() {
    // Given
    Map<String, Double> measured = Map.of("prism", 60_000.0, "netty", 100_000.0, "bytes", 1.0);

    // When
    Verdict rate = Gates.read(RATE).judge(measured).getFirst();

    // Then
    assertThat(rate.ownHolds()).isFalse();
    assertThat(rate.passes()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"1200, true", "1201, false"})
  void aRequiredOwnBarIsHeldAgainstWhatWasCommitted(double bytes, boolean passes) {
    // Given
    Map<String, Double> measured = Map.of("bytes", bytes);

    // When
    Verdict verdict = Gates.read(RATE).judge(measured).getLast();

    // Then
    assertThat(verdict.passes()).isEqualTo(passes);
    assertThat(verdict.own()).isEqualTo("≤ 1,200 (1.20 × committed.bytes)");
  }

  @Test
  void whatWasNotMeasuredDoesNotPass() {
    // When
    List<Verdict> verdicts = Gates.read(RATE).judge(Map.of());

    // Then
    assertThat(verdicts).noneMatch(Verdict::passes);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "committed: {}\ngates: [{gate: a, title: a, value: a}]", // no bound
        "committed: {}\ngates: [{gate: a, title: a, rfc: most 1}]", // no value
        "committed: {}\ngates: [{gate: a, title: a, value: a, rfc: at most 1}]",
        "committed: {}\ngates: [{gate: a, title: a, value: a, rfc: most 1, bar: most 2}]",
        "gates: []"
      })
  void aFileThatSaysNothingClearIsRefused(String yaml) {
    assertThatThrownBy(() -> Gates.read(yaml)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void theShippedFileHasARowForEachTargetOfTheSpecification() {
    // When
    List<Verdict> verdicts = Gates.shipped().judge(Map.of());

    // Then
    assertThat(verdicts).filteredOn(verdict -> !verdict.rfc().isEmpty()).hasSizeGreaterThan(8);
    assertThat(verdicts).extracting(Verdict::gate).doesNotHaveDuplicates();
  }
}
