package dev.prism.system;

import dev.prism.config.v1.BackendType;
import dev.prism.conformance.DynamoRows;
import dev.prism.conformance.TestTables;
import dev.prism.testservers.DynamoDbServer;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;

/** The Transact suite on tables of DynamoDB, through the product. */
@Tag("system")
class DynamoTransactThroughProxyTest extends TransactThroughProxy {
  private final DynamoDbServer server =
      DynamoDbServer.forTests(Prism.newDirectory("dynamodb-server"));
  private final DynamoRows tables = DynamoRows.of(server.settings(), "default.");

  DynamoTransactThroughProxyTest() {
    super("dynamodb", BackendType.BACKEND_TYPE_DYNAMODB);
  }

  @Override
  public Meeting meeting() {
    return Meeting.OPTIMISTIC;
  }

  @Override
  public int mostRows() {
    return 100;
  }

  @Override
  protected Map<String, String> settings() {
    return server.settings();
  }

  @Override
  protected TestTables tables() {
    return tables;
  }

  @AfterAll
  void stopServer() {
    tables.close();
    server.close();
  }
}
