package dev.prism.system;

import dev.prism.config.v1.BackendType;
import dev.prism.conformance.SqlTables;
import java.sql.DriverManager;
import org.junit.jupiter.api.Tag;

@Tag("system")
class SqliteTransactThroughProxyTest extends SqlTransactThroughProxy {
  SqliteTransactThroughProxyTest() {
    super("sqlite", BackendType.BACKEND_TYPE_SQLITE);
  }

  @Override
  public Meeting meeting() {
    return Meeting.ALONE;
  }

  @Override
  protected SqlTables tables() {
    String url = "jdbc:sqlite:" + data().resolve("sqlite/sqlite.tables.default.db");
    return new SqlTables(() -> DriverManager.getConnection(url), false, "");
  }
}
