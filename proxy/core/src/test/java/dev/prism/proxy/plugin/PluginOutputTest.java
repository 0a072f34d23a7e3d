package dev.prism.proxy.plugin;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import org.junit.jupiter.api.Test;

class PluginOutputTest {
  private final ByteArrayOutputStream log = new ByteArrayOutputStream();

  @Test
  void linesArePassedOnAsTheyAreAndTheLastOneIsKept() {
    PluginOutput output = output("{\"message\":\"first\"}\n{\"message\":\"zuletzt ü\"}\n\n");
    output.run();
    assertThat(log.toString(UTF_8))
        .isEqualTo("{\"message\":\"first\"}\n{\"message\":\"zuletzt ü\"}\n\n");
    assertThat(LogLine.message(output.lastLine())).isEqualTo("zuletzt ü");
  }

  @Test
  void anUnfinishedLastLineIsPassedOnToo() {
    PluginOutput output = output("OutOfMemory");
    output.run();
    assertThat(log.toString(UTF_8)).isEqualTo("OutOfMemory\n");
    assertThat(output.lastLine()).isEqualTo("OutOfMemory");
  }

  @Test
  void anEndlessLineIsPassedOnInPieces() {
    PluginOutput output = output("x".repeat(3 * PluginOutput.LONGEST_LINE));
    output.run();
    assertThat(log.toString(UTF_8).lines())
        .hasSize(3)
        .allSatisfy(line -> assertThat(line).hasSize(PluginOutput.LONGEST_LINE));
  }

  @Test
  void aLineThatIsNoJsonIsItsOwnMessage() {
    assertThat(LogLine.message("Segmentation fault")).isEqualTo("Segmentation fault");
    assertThat(LogLine.message("{ not json")).isEqualTo("{ not json");
    assertThat(LogLine.message("{\"level\":\"INFO\"}")).isEqualTo("{\"level\":\"INFO\"}");
    assertThat(LogLine.message("")).isEmpty();
  }

  private PluginOutput output(String text) {
    return new PluginOutput(new ByteArrayInputStream(text.getBytes(UTF_8)), log);
  }
}
