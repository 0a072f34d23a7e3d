package dev.prism.plugin.dynamodb;

import dev.prism.conformance.DynamoTables;
import dev.prism.conformance.HostedReaderSuite;
import dev.prism.conformance.TestTables;
import dev.prism.sdk.Plugin;
import dev.prism.testservers.DynamoDbServer;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** The Reader suite on a server that speaks DynamoDB's protocol, with tables of another program. */
@Tag("conformance")
class DynamoReaderTest extends HostedReaderSuite {
  @TempDir private static Path directory;
  private DynamoDbServer server;
  private DynamoTables tables;

  @Override
  public String backend() {
    return "dynamodb";
  }

  @Override
  public TestTables tables() {
    return tables;
  }

  @Override
  protected Plugin newPlugin() {
    return new DynamoPlugin();
  }

  @Override
  protected Map<String, String> variables() {
    server = DynamoDbServer.forTests(directory);
    tables = DynamoTables.of(server.settings(), "default.");
    return server.settings();
  }

  @AfterAll
  void stopServer() {
    tables.client().close();
    server.close();
  }
}
