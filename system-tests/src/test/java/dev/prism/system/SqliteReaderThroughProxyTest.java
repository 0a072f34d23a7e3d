package dev.prism.system;

import dev.prism.config.v1.BackendType;
import dev.prism.conformance.SqlTables;
import dev.prism.conformance.TestTables;
import java.sql.DriverManager;
import org.junit.jupiter.api.Tag;

@Tag("system")
class SqliteReaderThroughProxyTest extends ReaderThroughProxy {
  SqliteReaderThroughProxyTest() {
    super("sqlite", BackendType.BACKEND_TYPE_SQLITE);
  }

  @Override
  public TestTables tables() {
    String url = "jdbc:sqlite:" + data().resolve("sqlite/sqlite.tables.default.db");
    return new SqlTables(() -> DriverManager.getConnection(url), false, "");
  }
}
