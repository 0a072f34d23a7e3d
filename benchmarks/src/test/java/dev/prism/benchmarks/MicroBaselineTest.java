package dev.prism.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import dev.prism.benchmarks.MicroBaseline.Entry;
import dev.prism.benchmarks.MicroRun.Measurement;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MicroBaselineTest {
  private static final Map<String, String> HERE = Map.of("machine", "this one", "jdk", "25");

  @TempDir Path directory;

  @Test
  void aFileIsRead() throws IOException {
    Path file =
        file(
            """
            machine: a laptop
            commit: 1234567
            parts:
              frame write:
                ratio: 0.00512
                bytes: 0
              ring:
                ratio: 1.25
                bytes: 1001
                margin: 2.5
            """);

    MicroBaseline baseline = MicroBaseline.read(file);

    assertThat(baseline.origin())
        .containsExactly(entry("machine", "a laptop"), entry("commit", "1234567"));
    assertThat(baseline.entries())
        .containsExactly(
            entry("frame write", new Entry(0.00512, 0, MicroBaseline.MARGIN)),
            entry("ring", new Entry(1.25, 1001, 2.5)));
  }

  @Test
  void whatIsRecordedIsReadAgainAndKeepsItsMargin() throws IOException {
    MicroBaseline before =
        new MicroBaseline(HERE, Map.of("ring", new Entry(9, 9, 2.5), "gone", new Entry(9, 9, 2)));
    MicroRun run =
        new MicroRun(
            List.of(new Measurement("ring", 1234.5, 1000.6), new Measurement("frame", 0.5, 0.1)),
            List.of(1000.0));
    Path file = directory.resolve("recorded.yaml");

    MicroBaseline.of(run, HERE, before).write(file);

    MicroBaseline recorded = MicroBaseline.read(file);
    assertThat(recorded.origin()).isEqualTo(HERE);
    assertThat(recorded.entries())
        .containsExactly(
            entry("ring", new Entry(1.23, 1001, 2.5)),
            entry("frame", new Entry(0.0005, 0, MicroBaseline.MARGIN)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "machine: a laptop",
        "parts: [1, 2]",
        "parts: {ring: 5}",
        "parts: {ring: {ratio: fast, bytes: 1}}",
        "parts: {ring: {ratio: -1, bytes: 1}}",
        "parts: {ring: {ratio: .nan, bytes: 1}}",
        "parts: {ring: {ratio: 1}}",
        "parts: {"
      })
  void aFileThatHoldsSomethingElseIsRefusedByItsName(String text) throws IOException {
    Path file = file(text);

    assertThatThrownBy(() -> MicroBaseline.read(file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("baseline.yaml");
  }

  /** The committed one: what `--gate` is about to judge by. */
  @Test
  void thePartsAreThoseOfTheBaseline() throws IOException {
    Path committed = Path.of(System.getProperty("prism.home"), "benchmarks", "baseline.yaml");

    MicroBaseline baseline = MicroBaseline.read(committed);

    assertThat(baseline.origin()).containsKeys("machine", "jdk", "commit", "date");
    assertThat(baseline.entries().keySet())
        .containsExactlyElementsOf(names(MicroPart.ALL.stream()));
  }

  private static List<String> names(Stream<MicroPart> parts) {
    return parts.map(MicroPart::name).toList();
  }

  private Path file(String text) throws IOException {
    return Files.writeString(directory.resolve("baseline.yaml"), text);
  }
}
