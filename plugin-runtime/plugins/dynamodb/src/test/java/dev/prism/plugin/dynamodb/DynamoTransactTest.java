package dev.prism.plugin.dynamodb;

import dev.prism.conformance.DynamoRows;
import dev.prism.conformance.HostedTransactSuite;
import dev.prism.conformance.TestTables;
import dev.prism.sdk.Plugin;
import dev.prism.testservers.DynamoDbServer;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/**
 * The Transact suite on a server that speaks DynamoDB's protocol, with another program's tables.
 */
@Tag("conformance")
class DynamoTransactTest extends HostedTransactSuite {
  @TempDir private static Path directory;
  private DynamoDbServer server;
  private DynamoRows tables;

  @Override
  public String backend() {
    return "dynamodb";
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
  protected Plugin newPlugin() {
    return new DynamoPlugin();
  }

  @Override
  protected Map<String, String> variables() {
    server = DynamoDbServer.forTests(directory);
    tables = DynamoRows.of(server.settings(), "default.");
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
