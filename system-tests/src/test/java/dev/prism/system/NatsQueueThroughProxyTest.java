package dev.prism.system;

import dev.prism.config.v1.BackendType;
import dev.prism.testservers.NatsServer;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;

@Tag("system")
class NatsQueueThroughProxyTest extends QueueThroughProxy {
  private final NatsServer server = NatsServer.start();

  NatsQueueThroughProxyTest() {
    super("nats", BackendType.BACKEND_TYPE_NATS);
  }

  @Override
  protected Map<String, String> settings() {
    return Map.of("NATS_URL", server.url());
  }

  @AfterAll
  void stopServer() {
    server.close();
  }
}
