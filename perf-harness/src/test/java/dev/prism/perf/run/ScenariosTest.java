package dev.prism.perf.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScenariosTest {
  private static final String DEFAULTS =
      "defaults: {connections: 8, streams: 16, payload: 256, warmup: 4, seconds: 5}\n";

  @Test
  void theShippedFileHasEachPatternAndAMix() {
    // When
    Map<String, Scenario> scenarios = Scenarios.shipped();

    // Then
    assertThat(scenarios.values().stream().flatMap(each -> each.calls().keySet().stream()))
        .contains(Kind.values());
    assertThat(scenarios).containsKeys("get", "put", "mixed");
  }

  @Test
  void connectionsAreSharedOutByTheWeightsOfCalls() {
    // Given
    Scenario mixed =
        Objects.requireNonNull(
            Scenarios.read(
                    DEFAULTS
                        + "scenarios: {a: {title: A, backend: memory, calls: {keyvalue.get: 3, keyvalue.put: 1}}}")
                .get("a"));

    // When
    List<Kind> kinds = IntStream.range(0, 8).mapToObj(mixed::kind).toList();

    // Then
    assertThat(kinds)
        .containsExactlyInAnyOrder(
            Kind.KEYVALUE_GET,
            Kind.KEYVALUE_GET,
            Kind.KEYVALUE_GET,
            Kind.KEYVALUE_PUT,
            Kind.KEYVALUE_GET,
            Kind.KEYVALUE_GET,
            Kind.KEYVALUE_GET,
            Kind.KEYVALUE_PUT);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{title: A, backend: memory, calls: {keyvalue.fetch: 1}} | there is no call 'keyvalue.fetch'",
        "{title: A, backend: memory, calls: {}} | calls nothing",
        "{title: A, backend: memory, calls: {keyvalue.get: 1}, stream: 4} | has 'stream'",
        "{title: A, backend: memory, calls: {keyvalue.get: 1}, streams: 0} | at least 1",
        "{title: A, backend: memory, calls: {keyvalue.get: 1}, rate: fast} | rate is a whole number"
      })
  void aScenarioThatIsWrongIsRefusedWithWhatIsWrong(String scenario, String message) {
    assertThatThrownBy(() -> Scenarios.read(DEFAULTS + "scenarios: {a: " + scenario + "}"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }
}
