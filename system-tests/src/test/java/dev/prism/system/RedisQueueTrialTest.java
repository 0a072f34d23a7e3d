package dev.prism.system;

import dev.prism.config.v1.BackendType;
import dev.prism.testservers.RedisServer;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Queues on a Redis server that syncs every write, while one or the other is killed. */
@Tag("system")
class RedisQueueTrialTest {
  @Test
  void nothingAcknowledgedIsLostWhileThePluginIsKilled() throws Exception {
    try (RedisServer server = RedisServer.durable(Prism.newDirectory("redis-server"));
        Prism prism = Prism.upWith("redis", Map.of("REDIS_URL", server.url()))) {
      QueueTrial.of(prism, BackendType.BACKEND_TYPE_REDIS)
          .disturbedBy(() -> Signals.killAndAwaitTheNext(prism, "redis"));
    }
  }

  @Test
  void nothingAcknowledgedIsLostWhileTheServerIsKilled() throws Exception {
    try (RedisServer server = RedisServer.durable(Prism.newDirectory("redis-server"));
        Prism prism = Prism.upWith("redis", Map.of("REDIS_URL", server.url()))) {
      QueueTrial.of(prism, BackendType.BACKEND_TYPE_REDIS)
          .disturbedBy(
              () -> {
                server.kill();
                server.start();
              });
    }
  }
}
