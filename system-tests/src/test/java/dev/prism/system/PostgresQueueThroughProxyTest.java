package dev.prism.system;

import dev.prism.config.v1.BackendType;
import dev.prism.testservers.PostgresServer;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;

@Tag("system")
class PostgresQueueThroughProxyTest extends QueueThroughProxy {
  private final PostgresServer server = PostgresServer.start(Prism.newDirectory("postgres-server"));

  PostgresQueueThroughProxyTest() {
    super("postgres", BackendType.BACKEND_TYPE_POSTGRES);
  }

  @Override
  protected Map<String, String> settings() {
    return Map.of("DATABASE_URL", server.url());
  }

  @AfterAll
  void stopServer() {
    server.close();
  }
}
