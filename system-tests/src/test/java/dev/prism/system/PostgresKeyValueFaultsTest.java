package dev.prism.system;

import dev.prism.config.v1.BackendType;
import dev.prism.testservers.PostgresServer;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Values on a PostgreSQL with its durable settings, whose plugin or server goes and comes back. */
@Tag("system")
class PostgresKeyValueFaultsTest {
  @Test
  void noAcknowledgedPutIsLostWhileThePluginIsKilled() throws Exception {
    try (PostgresServer server = PostgresServer.start(Prism.newDirectory("postgres-server"));
        Prism prism = Prism.upWith("postgres", Map.of("DATABASE_URL", server.url()))) {
      KeyValueTrial.of(prism, BackendType.BACKEND_TYPE_POSTGRES)
          .disturbedBy(() -> Signals.killAndAwaitTheNext(prism, "postgres"));
    }
  }

  @Test
  void noAcknowledgedPutIsLostWhileTheServerIsKilledAndStarted() throws Exception {
    try (PostgresServer server = PostgresServer.start(Prism.newDirectory("postgres-server"));
        Prism prism = Prism.upWith("postgres", Map.of("DATABASE_URL", server.url()))) {
      KeyValueTrial.of(prism, BackendType.BACKEND_TYPE_POSTGRES)
          .disturbedBy(
              () -> {
                server.kill();
                server.start();
              });
    }
  }
}
