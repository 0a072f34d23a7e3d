package dev.prism.plugin.postgres;

import dev.prism.conformance.HostedReaderSuite;
import dev.prism.conformance.SqlTables;
import dev.prism.conformance.TableSpec;
import dev.prism.sdk.Plugin;
import dev.prism.sdk.rows.Kind;
import dev.prism.type.v1.Value;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
  public Set<Kind> kinds() {
    return EnumSet.complementOf(EnumSet.of(Kind.ANY));
  }

  @Override
  protected Plugin newPlugin() {
    return new PostgresPlugin();
  }

  @Override
  protected Map<String, String> variables() {
    server = TestDatabase.open(directory.resolve("server"));
    tables = new SqlTables(server::other, true, server.tablesSchema("default"));
    return server.tablesSettings();
  }

  @AfterAll
  void stopServer() {
    server.close();
  }

  @Override
  public void create(String table, TableSpec spec) {
    tables.create(table, spec);
  }

  @Override
  public void insert(String table, TableSpec spec, List<Map<String, Value>> rows) {
    tables.insert(table, spec, rows);
  }

  @Override
  public void delete(String table, TableSpec spec, Map<String, Value> key) {
    tables.delete(table, spec, key);
  }
}
