package dev.prism.system;

import dev.prism.config.v1.BackendType;
import dev.prism.testservers.RedisServer;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Values on a Redis that syncs every write, whose plugin or server goes and comes back. */
@Tag("system")
class RedisKeyValueFaultsTest {
  @Test
  void noAcknowledgedPutIsLostWhileThePluginIsKilled() throws Exception {
    try (RedisServer server = RedisServer.durable(Prism.newDirectory("redis-server"));
        Prism prism = Prism.upWith("redis", Map.of("REDIS_URL", server.url()))) {
      KeyValueTrial.of(prism, BackendType.BACKEND_TYPE_REDIS)
          .disturbedBy(() -> Signals.killAndAwaitTheNext(prism, "redis"));
    }
  }

  @Test
  void noAcknowledgedPutIsLostWhileTheServerIsKilledAndStarted() throws Exception {
    try (RedisServer server = RedisServer.durable(Prism.newDirectory("redis-server"));
        Prism prism = Prism.upWith("redis", Map.of("REDIS_URL", server.url()))) {
      KeyValueTrial.of(prism, BackendType.BACKEND_TYPE_REDIS)
          .disturbedBy(
              () -> {
                server.kill();
                server.start();
              });
    }
  }
}
