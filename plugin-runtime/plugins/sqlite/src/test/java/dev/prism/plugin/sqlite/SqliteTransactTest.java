package dev.prism.plugin.sqlite;

import dev.prism.conformance.HostedSqlTransactSuite;
import dev.prism.conformance.SqlTables;
import dev.prism.sdk.Plugin;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.InstantSource;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** The Transact suite on SQLite, with tables that another program made. */
@Tag("conformance")
class SqliteTransactTest extends HostedSqlTransactSuite {
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
  public Meeting meeting() {
    return Meeting.ALONE;
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
  protected SqlTables tables() {
    return tables;
  }
}
