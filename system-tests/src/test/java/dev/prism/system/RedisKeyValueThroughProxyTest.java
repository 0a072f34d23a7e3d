package dev.prism.system;

import dev.prism.config.v1.BackendType;
import dev.prism.session.v1.CreateSessionResponse;
import dev.prism.testservers.RedisServer;
import dev.prism.type.v1.AccessPattern;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;

@Tag("system")
class RedisKeyValueThroughProxyTest extends KeyValueThroughProxy {
  private final RedisServer server = RedisServer.durable(Prism.newDirectory("redis-server"));

  RedisKeyValueThroughProxyTest() {
    super("redis");
  }

  @Override
  protected Prism up() throws IOException {
    return Prism.upWith("redis", Map.of("REDIS_URL", server.url()));
  }

  @Override
  protected CreateSessionResponse open(Prism prism) {
    return prism.openSession(AccessPattern.ACCESS_PATTERN_KEYVALUE, BackendType.BACKEND_TYPE_REDIS);
  }

  @AfterAll
  void stopServer() {
    server.close();
  }
}
