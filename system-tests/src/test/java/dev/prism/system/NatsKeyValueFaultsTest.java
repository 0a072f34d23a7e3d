package dev.prism.system;

import dev.prism.config.v1.BackendType;
import dev.prism.testservers.NatsServer;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Values on JetStream, whose plugin or server goes and comes back. */
@Tag("system")
class NatsKeyValueFaultsTest {
  @Test
  void noAcknowledgedPutIsLostWhileThePluginIsKilled() throws Exception {
    try (NatsServer server = NatsServer.startOwn("");
        Prism prism = Prism.upWith("nats", Map.of("NATS_URL", server.url()))) {
      KeyValueTrial.of(prism, BackendType.BACKEND_TYPE_NATS)
          .disturbedBy(() -> Signals.killAndAwaitTheNext(prism, "nats"));
    }
  }

  @Test
  void noAcknowledgedPutIsLostWhileTheServerIsKilledAndStarted() throws Exception {
    try (NatsServer server = NatsServer.startOwn("");
        Prism prism = Prism.upWith("nats", Map.of("NATS_URL", server.url()))) {
      KeyValueTrial.of(prism, BackendType.BACKEND_TYPE_NATS)
          .disturbedBy(
              () -> {
                server.process().kill();
                server.startAgain();
              });
    }
  }
}
