package dev.prism.proxy.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.prism.plugin.v1.PluginRole;
import dev.prism.proxy.config.ServerConfig.Backend;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProcessesReaderTest {
  @TempDir Path directory;

  @Test
  void whereNothingIsSaidOneProcessIsForEverything() throws Exception {
    assertThat(load("kafka", "[]")).isEqualTo(List.of(Backend.ALL_ROLES));
  }

  @Test
  void eachEntryIsAsManyProcessesAsItCounts() throws Exception {
    List<Set<PluginRole>> processes =
        load("kafka", "[{ roles: [publisher, listener] }, { roles: [consumer], count: 2 }, {}]");

    assertThat(processes)
        .containsExactly(
            Set.of(PluginRole.PLUGIN_ROLE_PUBLISHER, PluginRole.PLUGIN_ROLE_LISTENER),
            Set.of(PluginRole.PLUGIN_ROLE_CONSUMER),
            Set.of(PluginRole.PLUGIN_ROLE_CONSUMER),
            Backend.ALL_ROLES);
  }

  @Test
  void aBackendOfOneProcessMayLeaveRolesOut() throws Exception {
    assertThat(load("memory", "[{ roles: [processor] }]"))
        .containsExactly(Set.of(PluginRole.PLUGIN_ROLE_PROCESSOR));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "sqlite|[{ count: 2 }]|backends.b.processes: BACKEND_SINGLE_PROCESS: a backend of type sqlite is served by one process, not 2",
        "memory|[{ roles: [publisher] }, { roles: [consumer] }]|BACKEND_SINGLE_PROCESS: a backend of type memory",
        "kafka|[{ roles: [consumr] }]|backends.b.processes[0].roles: there is no role \"consumr\"; did you mean \"consumer\"?",
        "kafka|[{}, { cuont: 2 }]|unknown key backends.b.processes[1].cuont; did you mean \"count\"?",
        "kafka|[{ count: 65 }]|processes[0].count must be a whole number from 1 to 64",
        "kafka|[{ count: 40 }, { count: 40 }]|backends.b.processes must be at most 64 in all",
        "kafka|{ count: 2 }|backends.b.processes must be a list",
      })
  void whatIsWrongIsSaid(String type, String processes, String message) throws Exception {
    Path file = write(type, processes);

    ConfigErrors errors =
        catchThrowableOfType(
            ConfigErrors.class, () -> ServerConfigLoader.load(file, Map.of(), Overrides.NONE));

    assertThat(errors).isNotNull();
    assertThat(errors.errors()).hasSize(1);
    assertThat(errors.errors().getFirst().message()).contains(message);
  }

  @Test
  void theBackendThatKeepsSessionsNeedsAProcessor() throws Exception {
    Path file =
        Files.writeString(
            directory.resolve("prism.yaml"),
            """
            control: { backend: main }
            backends: { main: { type: sqlite, processes: [{ roles: [publisher] }] } }
            """);

    ConfigErrors errors =
        catchThrowableOfType(
            ConfigErrors.class, () -> ServerConfigLoader.load(file, Map.of(), Overrides.NONE));

    assertThat(errors.errors().getFirst().message())
        .contains("\"main\" has no process with the role processor");
  }

  private Path write(String type, String processes) throws Exception {
    return Files.writeString(
        directory.resolve("prism.yaml"),
        """
        control: { backend: main }
        backends:
          main: { type: sqlite }
          b: { type: %s, processes: %s }
        """
            .formatted(type, processes));
  }

  private List<Set<PluginRole>> load(String type, String processes) throws Exception {
    return ServerConfigLoader.load(write(type, processes), Map.of(), Overrides.NONE)
        .backends()
        .get("b")
        .processes();
  }
}
