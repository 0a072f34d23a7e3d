package dev.prism.system;

import dev.prism.config.v1.BackendType;
import dev.prism.conformance.GremlinTables;
import dev.prism.conformance.TestTables;
import dev.prism.testservers.GremlinServer;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;

@Tag("system")
class NeptuneReaderThroughProxyTest extends ReaderThroughProxy {
  private final GremlinServer server = GremlinServer.forTests(Prism.newDirectory("gremlin-server"));

  NeptuneReaderThroughProxyTest() {
    super("neptune", BackendType.BACKEND_TYPE_NEPTUNE);
  }

  @Override
  protected Map<String, String> settings() {
    return Map.of("NEPTUNE_ENDPOINT", server.url());
  }

  @Override
  public TestTables tables() {
    return new GremlinTables(server.url(), "default/");
  }

  @AfterAll
  void stopServer() {
    server.close();
  }
}
