package dev.prism.system;

import dev.prism.config.v1.BackendType;
import dev.prism.conformance.DynamoTables;
import dev.prism.conformance.TestTables;
import dev.prism.testservers.DynamoDbServer;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;

@Tag("system")
class DynamoReaderThroughProxyTest extends ReaderThroughProxy {
  private final DynamoDbServer server =
      DynamoDbServer.forTests(Prism.newDirectory("dynamodb-server"));
  private final DynamoTables tables = DynamoTables.of(server.settings(), "default.");

  DynamoReaderThroughProxyTest() {
    super("dynamodb", BackendType.BACKEND_TYPE_DYNAMODB);
  }

  @Override
  protected Map<String, String> settings() {
    return server.settings();
  }

  @Override
  public TestTables tables() {
    return tables;
  }

  @AfterAll
  void stopServer() {
    tables.client().close();
    server.close();
  }
}
