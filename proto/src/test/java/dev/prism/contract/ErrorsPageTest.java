package dev.prism.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.status.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class ErrorsPageTest {
  private static final Path PAGE = Path.of(System.getProperty("prism.home"), "docs", "errors.md");

  @Test
  void thePageHasOneRowForEachReasonWithItsCodeAndWhetherToRetry() throws IOException {
    List<String> rows =
        Files.readAllLines(PAGE).stream()
            .filter(line -> line.startsWith("| `"))
            .map(line -> String.join("|", cells(line).subList(0, 3)))
            .toList();

    assertThat(rows)
        .containsExactlyElementsOf(
            Arrays.stream(Reason.values())
                .map(
                    reason ->
                        "`%s`|%s|%s"
                            .formatted(
                                reason.name(),
                                reason.code().name(),
                                reason.retryable() ? "yes" : "no"))
                .toList());
  }

  @Test
  void everyRowSaysTheCauseAndWhatToDo() throws IOException {
    assertThat(Files.readAllLines(PAGE).stream().filter(line -> line.startsWith("| `")))
        .allSatisfy(
            line ->
                assertThat(cells(line)).hasSize(5).noneSatisfy(cell -> assertThat(cell).isBlank()));
  }

  private static List<String> cells(String row) {
    return Arrays.stream(row.substring(1, row.length() - 1).split("\\|"))
        .map(String::strip)
        .toList();
  }
}
