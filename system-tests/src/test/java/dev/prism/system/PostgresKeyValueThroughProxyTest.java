package dev.prism.system;

import dev.prism.config.v1.BackendType;
import dev.prism.session.v1.CreateSessionResponse;
import dev.prism.testservers.PostgresServer;
import dev.prism.type.v1.AccessPattern;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;

@Tag("system")
class PostgresKeyValueThroughProxyTest extends KeyValueThroughProxy {
  private final PostgresServer server = PostgresServer.start(Prism.newDirectory("postgres-server"));

  PostgresKeyValueThroughProxyTest() {
    super("postgres");
  }

  @Override
  protected Prism up() throws IOException {
    return Prism.upWith("postgres", Map.of("DATABASE_URL", server.url()));
  }

  @Override
  protected CreateSessionResponse open(Prism prism) {
    return prism.openSession(
        AccessPattern.ACCESS_PATTERN_KEYVALUE, BackendType.BACKEND_TYPE_POSTGRES);
  }

  @AfterAll
  void stopServer() {
    server.close();
  }
}
