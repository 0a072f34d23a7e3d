package dev.prism.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.Gson;
import dev.prism.admin.v1.ListPluginsRequest;
import dev.prism.admin.v1.PluginProcess;
import dev.prism.admin.v1.PluginState;
import dev.prism.config.v1.BackendType;
import dev.prism.plugin.v1.PluginRole;
import dev.prism.testservers.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Queues on PostgreSQL, served by a process that publishes and two that consume. */
@Tag("system")
class SeveralProcessesTest {
  @Test
  void nothingAcknowledgedIsLostWhileOneOfTwoConsumersIsKilled() throws Exception {
    try (PostgresServer server = PostgresServer.start(Prism.newDirectory("postgres-server"));
        Prism prism = Prism.up(Prism.newDirectory("processes"), "--config", config(server))) {
      // Given
      assertThat(processes(prism))
          .extracting(PluginProcess::getRolesList)
          .containsExactly(
              List.of(PluginRole.PLUGIN_ROLE_PUBLISHER),
              List.of(PluginRole.PLUGIN_ROLE_CONSUMER),
              List.of(PluginRole.PLUGIN_ROLE_CONSUMER));

      // When
      QueueTrial.ofSeveralProcesses(prism, BackendType.BACKEND_TYPE_POSTGRES)
          .disturbedBy(() -> killAndAwaitTheNext(prism, 2));

      // Then
      List<PluginProcess> processes = processes(prism);
      assertThat(processes.get(0).getRestarts()).isZero();
      assertThat(processes.get(1).getRestarts()).isZero();
      assertThat(processes.get(2).getRestarts()).isPositive();
      assertThat(processes).allMatch(each -> each.getCalls() > 0);
      assertThat(Prism.run("plugins", "--admin-endpoint", prism.adminEndpoint()).out())
          .contains("postgres/0", "postgres/1", "postgres/2", "publisher", "consumer");
    }
  }

  private static String config(PostgresServer server) throws IOException {
    Map<String, ?> postgres =
        Map.of(
            "type", "postgres",
            "settings", Map.of("DATABASE_URL", server.url()),
            "processes",
                List.of(
                    Map.of("roles", List.of("publisher")),
                    Map.of("roles", List.of("consumer"), "count", 2)));
    Path file = Prism.newDirectory("config").resolve("prism.yaml");
    Map<String, ?> backends = Map.of("sqlite", Map.of("type", "sqlite"), "postgres", postgres);
    Files.writeString(file, new Gson().toJson(Map.of("backends", backends))); // JSON is YAML
    return file.toString();
  }

  private static List<PluginProcess> processes(Prism prism) {
    return prism
        .admin()
        .listPlugins(ListPluginsRequest.getDefaultInstance())
        .getProcessesList()
        .stream()
        .filter(each -> each.getInstance().equals("postgres"))
        .toList();
  }

  private static void killAndAwaitTheNext(Prism prism, int process) throws Exception {
    long pid = processes(prism).get(process).getPid();
    Signals.send("KILL", pid);
    Await.until(
        "the process is back",
        Duration.ofSeconds(30),
        () -> {
          PluginProcess now = processes(prism).get(process);
          return now.getPid() != pid && now.getState() == PluginState.PLUGIN_STATE_READY;
        });
  }
}
