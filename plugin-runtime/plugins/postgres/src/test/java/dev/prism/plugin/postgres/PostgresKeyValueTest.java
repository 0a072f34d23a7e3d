package dev.prism.plugin.postgres;

import dev.prism.conformance.HostedKeyValueSuite;
import dev.prism.sdk.Plugin;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** The PostgreSQL backend's values through the SPI, on a real server. */
@Tag("conformance")
class PostgresKeyValueTest extends HostedKeyValueSuite {
  @TempDir private static Path directory;
  private TestDatabase server;

  @Override
  public String backend() {
    return "postgres";
  }

  @Override
  protected Plugin newPlugin() {
    return new PostgresPlugin();
  }

  @Override
  protected Map<String, String> variables() {
    server = TestDatabase.open(directory.resolve("server"));
    return server.settings();
  }

  @AfterAll
  void stopServer() {
    server.close();
  }
}
