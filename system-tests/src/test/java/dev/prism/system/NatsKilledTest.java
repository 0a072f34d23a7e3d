package dev.prism.system;

import dev.prism.config.v1.BackendType;
import dev.prism.testservers.NatsServer;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Queues on JetStream while the plugin is killed, or the server stopped, again and again. */
@Tag("system")
class NatsKilledTest {
  @Test
  void nothingIsLostWhereThePluginIsKilled() throws Exception {
    try (NatsServer server = NatsServer.startOwn("");
        Prism prism = Prism.upWith("nats", Map.of("NATS_URL", server.url()))) {
      QueueTrial.of(prism, BackendType.BACKEND_TYPE_NATS)
          .disturbedBy(() -> Signals.killAndAwaitTheNext(prism, "nats"));
    }
  }

  @Test
  void nothingIsLostWhereTheServerIsStoppedAndStarted() throws Exception {
    try (NatsServer server = NatsServer.startOwn("");
        Prism prism = Prism.upWith("nats", Map.of("NATS_URL", server.url()))) {
      QueueTrial.of(prism, BackendType.BACKEND_TYPE_NATS)
          .disturbedBy(
              () -> {
                server.process().close();
                server.startAgain();
              });
    }
  }
}
