package dev.prism.proxy.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

class ExampleConfigTest {
  @Test
  void theExampleLoadsAsItStands(@TempDir Path directory) throws Exception {
    Path file = Files.writeString(directory.resolve("prism.yaml"), ExampleConfig.text());

    ServerConfig config = ServerConfigLoader.load(file, Map.of(), Overrides.NONE);

    assertThat(config.backends().values().stream().filter(each -> each.type().equals("sqlite")))
        .hasSize(2);
    assertThat(config.configs()).hasSize(3);
    assertThat(config.auth().apiKeys()).isTrue();
  }

  @Test
  void everyKeyThatTheReaderKnowsIsInTheExample() throws Exception {
    Set<String> known = ServerConfigLoader.keysKnownAfterReading(ExampleConfig.text());
    Set<String> shown = new TreeSet<>();
    collect(
        "", new Load(LoadSettings.builder().build()).loadFromString(ExampleConfig.text()), shown);
    // Told in a comment of the example, as it goes with one level only.
    shown.add("configs.*.consistency.max_staleness");
    // Commented out in the example, as they name files.
    shown.addAll(
        Set.of("grpc.tls", "grpc.tls.certificate", "grpc.tls.key", "grpc.tls.client_authorities"));

    assertThat(known).isSubsetOf(shown);
  }

  /** The paths of all keys, with {@code *} for the names that a user chooses. */
  private static void collect(String path, Object value, Set<String> paths) {
    if (value instanceof Map<?, ?> map) {
      boolean named =
          Set.of(
                  "backends",
                  "namespaces",
                  "configs",
                  "namespaces.*.topics",
                  "namespaces.*.mailboxes")
              .contains(path);
      map.forEach(
          (key, child) -> {
            String at = path.isEmpty() ? key.toString() : path + "." + (named ? "*" : key);
            paths.add(at);
            collect(at, child, paths);
          });
    } else if (value instanceof List<?> list) {
      list.forEach(entry -> collect(path, entry, paths));
    }
  }
}
