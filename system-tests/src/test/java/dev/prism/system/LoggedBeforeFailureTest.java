package dev.prism.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("system")
class LoggedBeforeFailureTest {
  @Test
  void whatWasWarnedOfDuringATestIsFound(@TempDir Path directory) throws IOException {
    Path log = directory.resolve("up.log");
    Files.write(
        log,
        List.of(
            line("11:00:00", "ERROR", "of an earlier test"),
            line("12:00:01", "INFO", "nothing special"),
            line("12:00:02", "WARN", "the plugin broke the link's protocol"),
            "# A fatal error has been detected by the Java Runtime Environment:",
            "",
            "{\"time\":\"2026-12-01T12:00:03Z\",\"level\":\"WA"));

    List<String> found = LoggedBeforeFailure.since(Instant.parse("2026-12-01T12:00:00Z"), log);

    assertThat(found).hasSize(2);
    assertThat(found.getFirst()).startsWith("up.log: {").contains("link's protocol");
    assertThat(found.getLast())
        .isEqualTo("up.log: # A fatal error has been detected by the Java Runtime Environment:");
  }

  private static String line(String time, String level, String message) {
    return "{\"time\":\"2026-12-01T%sZ\",\"level\":\"%s\",\"message\":\"%s\"}"
        .formatted(time, level, message);
  }
}
