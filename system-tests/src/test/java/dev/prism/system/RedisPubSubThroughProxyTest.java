package dev.prism.system;

import dev.prism.config.v1.BackendType;
import dev.prism.testservers.RedisServer;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;

@Tag("system")
class RedisPubSubThroughProxyTest extends PubSubThroughProxy {
  private final RedisServer server = RedisServer.durable(Prism.newDirectory("redis-server"));

  RedisPubSubThroughProxyTest() {
    super("redis", BackendType.BACKEND_TYPE_REDIS);
  }

  @Override
  protected Map<String, String> settings() {
    return Map.of("REDIS_URL", server.url());
  }

  @AfterAll
  void stopServer() {
    server.close();
  }
}
