package dev.prism.plugin.postgres;

import dev.prism.conformance.HostedReaderSuite;
import dev.prism.conformance.SqlTables;
import dev.prism.conformance.TestTables;
import dev.prism.sdk.Plugin;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** The Reader suite on a real server, with tables that another program made. */
@Tag("conformance")
class PostgresReaderTest extends HostedReaderSuite {
  @TempDir private static Path directory;
  private TestDatabase server;
  private SqlTables tables;

  @Override
  public String backend() {
    return "postgres";
  }

  @Override
  public TestTables tables() {
    return tables;
  }

  @Override
  protected Plugin newPlugin() {
    return new PostgresPlugin();
  }

  TestDatabase open(Path folder) {
    return TestDatabase.open(folder);
  }

  @Override
  protected Map<String, String> variables() {
    server = open(directory.resolve("server"));
    tables = new SqlTables(server::other, true, server.tablesSchema("default"));
    return server.tablesSettings();
  }

  @AfterAll
  void stopServer() {
    server.close();
  }
}
