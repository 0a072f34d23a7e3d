package dev.prism.system;

import dev.prism.config.v1.BackendType;
import dev.prism.session.v1.CreateSessionResponse;
import dev.prism.testservers.NatsServer;
import dev.prism.type.v1.AccessPattern;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;

@Tag("system")
class NatsKeyValueThroughProxyTest extends KeyValueThroughProxy {
  private final NatsServer server = NatsServer.start();

  NatsKeyValueThroughProxyTest() {
    super("nats");
  }

  @Override
  protected Prism up() throws IOException {
    return Prism.upWith("nats", Map.of("NATS_URL", server.url()));
  }

  @Override
  protected CreateSessionResponse open(Prism prism) {
    return prism.openSession(AccessPattern.ACCESS_PATTERN_KEYVALUE, BackendType.BACKEND_TYPE_NATS);
  }

  @AfterAll
  void stopServer() {
    server.close();
  }
}
