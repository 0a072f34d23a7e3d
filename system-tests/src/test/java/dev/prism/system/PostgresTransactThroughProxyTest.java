package dev.prism.system;

import dev.prism.config.v1.BackendType;
import dev.prism.conformance.SqlTables;
import dev.prism.testservers.PostgresServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

@Tag("system")
class PostgresTransactThroughProxyTest extends SqlTransactThroughProxy {
  private final PostgresServer server = PostgresServer.start(Prism.newDirectory("postgres-server"));

  PostgresTransactThroughProxyTest() {
    super("postgres", BackendType.BACKEND_TYPE_POSTGRES);
  }

  @Override
  public Meeting meeting() {
    return Meeting.LOCKS;
  }

  @BeforeAll
  void createSchema() throws SQLException {
    try (Connection connection = DriverManager.getConnection(server.jdbcUrl());
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE SCHEMA \"default\"");
    }
  }

  @Override
  protected Map<String, String> settings() {
    return Map.of("DATABASE_URL", server.url());
  }

  @Override
  protected SqlTables tables() {
    return new SqlTables(() -> DriverManager.getConnection(server.jdbcUrl()), true, "default");
  }

  @AfterAll
  void stopServer() {
    server.close();
  }
}
