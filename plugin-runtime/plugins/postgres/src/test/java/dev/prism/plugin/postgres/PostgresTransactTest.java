package dev.prism.plugin.postgres;

import dev.prism.conformance.HostedSqlTransactSuite;
import dev.prism.conformance.SqlTables;
import dev.prism.sdk.Plugin;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** The Transact suite on a real server, with tables that another program made. */
@Tag("conformance")
class PostgresTransactTest extends HostedSqlTransactSuite {
  @TempDir private static Path directory;
  private TestDatabase server;
  private SqlTables tables;

  @Override
  public String backend() {
    return "postgres";
  }

  @Override
  public Meeting meeting() {
    return Meeting.LOCKS;
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

  @Override
  protected SqlTables tables() {
    return tables;
  }

  @AfterAll
  void stopServer() {
    server.close();
  }
}
