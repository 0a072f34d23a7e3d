package dev.prism.plugin.sqlite;

import dev.prism.conformance.HostedReaderSuite;
import dev.prism.conformance.SqlTables;
import dev.prism.conformance.TableSpec;
import dev.prism.sdk.Plugin;
import dev.prism.sdk.rows.Kind;
import dev.prism.type.v1.Value;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.io.TempDir;

/** The Reader suite on SQLite, with tables that another program made. */
class SqliteReaderTest extends HostedReaderSuite {
  @TempDir private static Path directory;

  private final SqlTables tables =
      new SqlTables(
          () ->
              DriverManager.getConnection(
                  "jdbc:sqlite:" + directory.resolve("sqlite.tables.default.db")),
          false,
          "");

  @Override
  public String backend() {
    return "sqlite";
  }

  @Override
  public Set<Kind> kinds() {
    return EnumSet.complementOf(EnumSet.of(Kind.ANY));
  }

  @Override
  protected Plugin newPlugin() {
    return new SqlitePlugin(InstantSource.system());
  }

  @Override
  protected Map<String, String> variables() {
    return Map.of("PRISM_DATA_DIR", directory.toString(), "PRISM_INSTANCE", "sqlite");
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
