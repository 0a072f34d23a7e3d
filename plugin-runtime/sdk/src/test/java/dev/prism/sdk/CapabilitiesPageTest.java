package dev.prism.sdk;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class CapabilitiesPageTest {
  @Test
  void thePageHasOneRowForEachCapability() throws IOException {
    Path page = Path.of(System.getProperty("prism.home"), "docs", "capabilities.md");

    List<String> rows =
        Files.readAllLines(page).stream()
            .filter(line -> line.startsWith("| `"))
            .map(line -> line.substring(3, line.indexOf('`', 3)))
            .toList();

    assertThat(rows)
        .containsExactlyElementsOf(Arrays.stream(Capability.values()).map(Enum::name).toList());
  }
}
