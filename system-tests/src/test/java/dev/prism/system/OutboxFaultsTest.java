package dev.prism.system;

import dev.prism.config.v1.BackendType;
import dev.prism.conformance.Counts;
import dev.prism.conformance.DynamoRows;
import dev.prism.conformance.TableSpec;
import dev.prism.sdk.rows.Kind;
import dev.prism.testservers.DynamoDbServer;
import dev.prism.testservers.PostgresServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Many transactions with their events, on databases that sync every commit, whose plugin or server
 * is killed: see {@link OutboxTrial}.
 */
@Tag("system")
class OutboxFaultsTest {
  @Test
  void everyCommittedOrderIsAppliedOnceWhileThePluginOfSqliteIsKilled() throws Exception {
    Path data = Prism.newDirectory("outbox");
    try (Prism prism =
        Prism.upFrom(
            data,
            Map.of(
                "backends",
                Map.of("sqlite", Map.of("type", "sqlite")),
                "namespaces",
                OutboxTrial.namespaces("sqlite")))) {
      createTables("jdbc:sqlite:" + data.resolve("sqlite/sqlite.tables.default.db"), "");

      OutboxTrial.run(
          prism,
          BackendType.BACKEND_TYPE_SQLITE,
          () -> Signals.killAndAwaitTheNext(prism, "sqlite"));
    }
  }

  @Test
  void everyCommittedOrderIsAppliedOnceWhileThePluginOfPostgresIsKilled() throws Exception {
    try (PostgresServer server = PostgresServer.start(Prism.newDirectory("postgres-server"));
        Prism prism = upOn(server)) {
      OutboxTrial.run(
          prism,
          BackendType.BACKEND_TYPE_POSTGRES,
          () -> Signals.killAndAwaitTheNext(prism, "postgres"));
    }
  }

  @Test
  void everyCommittedOrderIsAppliedOnceWhilePostgresIsKilledAndStarted() throws Exception {
    try (PostgresServer server = PostgresServer.start(Prism.newDirectory("postgres-server"));
        Prism prism = upOn(server)) {
      OutboxTrial.run(
          prism,
          BackendType.BACKEND_TYPE_POSTGRES,
          () -> {
            server.kill();
            server.start();
          });
    }
  }

  /** Fewer: each is several transactions of a database that answers over HTTP. */
  @Test
  void everyCommittedOrderIsAppliedOnceWhileThePluginOfDynamoDbIsKilled() throws Exception {
    TableSpec orders = new TableSpec(List.of(TableSpec.column("id", Kind.STRING)), List.of("id"));
    try (DynamoDbServer server =
            DynamoDbServer.startDurable(Prism.newDirectory("dynamodb-server"));
        DynamoRows tables = DynamoRows.of(server.settings(), "default.");
        Prism prism =
            Prism.upFrom(
                Prism.newDirectory("outbox"),
                Map.of(
                    "backends",
                    Map.of(
                        "sqlite",
                        Map.of("type", "sqlite"),
                        "dynamodb",
                        Map.of("type", "dynamodb", "settings", server.settings())),
                    "namespaces",
                    OutboxTrial.namespaces("dynamodb", "sqlite")))) {
      tables.create("orders", orders);
      tables.create("effects", orders);

      OutboxTrial.run(
          prism,
          BackendType.BACKEND_TYPE_DYNAMODB,
          BackendType.BACKEND_TYPE_SQLITE,
          Counts.of(10_000, 1_500),
          () -> Signals.killAndAwaitTheNext(prism, "dynamodb"));
    }
  }

  private static Prism upOn(PostgresServer server) throws Exception {
    createTables(server.jdbcUrl(), "\"default\".");
    return Prism.upFrom(
        Prism.newDirectory("outbox"),
        Map.of(
            "backends",
            Map.of(
                "sqlite",
                Map.of("type", "sqlite"),
                "postgres",
                Map.of("type", "postgres", "settings", Map.of("DATABASE_URL", server.url()))),
            "namespaces",
            OutboxTrial.namespaces("postgres")));
  }

  private static void createTables(String url, String schema) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      if (!schema.isEmpty()) {
        statement.execute("CREATE SCHEMA \"default\"");
      }
      statement.execute(
          "CREATE TABLE "
              + schema
              + "orders (id TEXT PRIMARY KEY NOT NULL, total BIGINT NOT NULL)");
      statement.execute(
          "CREATE TABLE "
              + schema
              + "effects (id TEXT PRIMARY KEY NOT NULL, order_id TEXT NOT NULL)");
    }
  }
}
