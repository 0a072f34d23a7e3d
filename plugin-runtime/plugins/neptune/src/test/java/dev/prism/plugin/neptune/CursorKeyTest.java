package dev.prism.plugin.neptune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.PluginConfigException;
import dev.prism.testservers.GremlinServer;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every process that reads a graph authenticates cursors with the same key. */
@Tag("conformance")
class CursorKeyTest {
  @TempDir private Path directory;

  private static NeptuneReader reader(Map<String, String> variables) {
    return new NeptuneReader(NeptuneSettings.of(PluginConfig.of(variables)));
  }

  @Test
  void theKeyThatOneProcessMadeIsTheOthers() {
    try (GremlinServer server = GremlinServer.start(directory);
        NeptuneReader one = reader(Map.of("NEPTUNE_ENDPOINT", server.url()));
        NeptuneReader other = reader(Map.of("NEPTUNE_ENDPOINT", server.url()))) {
      byte[] made = one.cursorKey();

      assertThat(made).hasSize(32);
      assertThat(other.cursorKey()).isEqualTo(made);
    }
  }

  @Test
  void ofTwoProcessesThatMakeOneAtOnceTheFirstHasMadeIt() {
    String key = "ab".repeat(32);
    AtomicInteger requests = new AtomicInteger();
    try (StubGraph graph =
            new StubGraph(
                (exchange, _) -> {
                  switch (requests.incrementAndGet()) {
                    case 1 -> StubGraph.say(exchange, 200, StubGraph.answer(""));
                    case 2 ->
                        StubGraph.say(
                            exchange, 500, "{\"code\":\"ConcurrentModificationException\"}");
                    default -> StubGraph.say(exchange, 200, StubGraph.answer('"' + key + '"'));
                  }
                });
        NeptuneReader reader = reader(Map.of("NEPTUNE_ENDPOINT", graph.url()))) {
      assertThat(reader.cursorKey()).isEqualTo(HexFormat.of().parseHex(key));
    }
  }

  @Test
  void aGraphThatTakesNoKeySaysSo() {
    AtomicInteger requests = new AtomicInteger();
    try (StubGraph graph =
            new StubGraph(
                (exchange, _) -> {
                  if (requests.incrementAndGet() == 2) {
                    StubGraph.say(exchange, 400, "{\"code\":\"ReadOnlyViolationException\"}");
                  } else {
                    StubGraph.say(exchange, 200, StubGraph.answer(""));
                  }
                });
        NeptuneReader reader = reader(Map.of("NEPTUNE_ENDPOINT", graph.url()))) {
      assertThatThrownBy(reader::cursorKey).hasMessageContaining("takes no writes");
    }
  }

  @Test
  void aKeyThatIsGivenNeedsNoGraph() {
    Map<String, String> variables =
        Map.of(
            "NEPTUNE_ENDPOINT",
            "https://nowhere.invalid",
            "PRISM_CURSOR_KEY",
            "a secret of more than thirty-two characters");
    try (NeptuneReader one = reader(variables);
        NeptuneReader other = reader(variables)) {
      assertThat(one.cursorKey()).hasSize(32).isEqualTo(other.cursorKey());
    }
  }

  @Test
  void aKeyThatIsGuessedIsRefused() {
    assertThatThrownBy(
            () ->
                reader(
                    Map.of("NEPTUNE_ENDPOINT", "https://nowhere.invalid", "PRISM_CURSOR_KEY", "x")))
        .isInstanceOf(PluginConfigException.class)
        .hasMessageContaining("PRISM_CURSOR_KEY");
  }
}
