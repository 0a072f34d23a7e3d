package dev.prism.plugin.sqlite;

import dev.prism.conformance.HostedReaderSuite;
import dev.prism.conformance.SqlTables;
import dev.prism.conformance.TestTables;
import dev.prism.sdk.Plugin;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.InstantSource;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** The Reader suite on SQLite, with tables that another program made. */
@Tag("conformance")
class SqliteReaderTest extends HostedReaderSuite {
  @TempDir private static Path directory;

  @Override
  public String backend() {
    return "sqlite";
  }

  @Override
  public TestTables tables() {
    String url = "jdbc:sqlite:" + directory.resolve("sqlite.tables.default.db");
    return new SqlTables(() -> DriverManager.getConnection(url), false, "");
  }

  @Override
  protected Plugin newPlugin() {
    return new SqlitePlugin(InstantSource.system());
  }

  @Override
  protected Map<String, String> variables() {
    return Map.of("PRISM_DATA_DIR", directory.toString(), "PRISM_INSTANCE", "sqlite");
  }
}
