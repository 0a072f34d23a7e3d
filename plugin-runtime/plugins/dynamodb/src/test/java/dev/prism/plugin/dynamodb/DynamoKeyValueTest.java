package dev.prism.plugin.dynamodb;

import dev.prism.conformance.HostedKeyValueSuite;
import dev.prism.sdk.Plugin;
import dev.prism.testservers.DynamoDbServer;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** The DynamoDB backend's values through the SPI, on a server that speaks its protocol. */
@Tag("conformance")
class DynamoKeyValueTest extends HostedKeyValueSuite {
  @TempDir private static Path directory;
  private DynamoDbServer server;

  @Override
  public String backend() {
    return "dynamodb";
  }

  @Override
  public int maxValueBytes() {
    return 388 << 10;
  }

  @Override
  protected Plugin newPlugin() {
    return new DynamoPlugin();
  }

  @Override
  protected Map<String, String> variables() {
    server = DynamoDbServer.forTests(directory);
    return server.settings();
  }

  @AfterAll
  void stopServer() {
    server.close();
  }
}
