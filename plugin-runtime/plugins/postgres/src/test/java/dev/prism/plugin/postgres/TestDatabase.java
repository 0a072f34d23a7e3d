package dev.prism.plugin.postgres;

import dev.prism.sdk.PluginConfig;
import dev.prism.testservers.PostgresServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A schema of its own on the server that the environment names, or on one that is started. */
final class TestDatabase implements AutoCloseable {
  private static final AtomicInteger NEXT = new AtomicInteger();

  private final @Nullable PostgresServer server;
  private final String url;
  private final String schema;

  private TestDatabase(@Nullable PostgresServer server, String url) {
    this.server = server;
    this.url = url;
    this.schema =
        "prism_test_%d_%d".formatted(ProcessHandle.current().pid(), NEXT.incrementAndGet());
  }

  /**
   * @param directory for a server, where one is started
   */
  static TestDatabase open(Path directory) {
    String given = PostgresServer.given().orElse(null);
    if (given != null) {
      return new TestDatabase(null, given);
    }
    PostgresServer server = PostgresServer.start(directory);
    return new TestDatabase(server, server.url());
  }

  /** What the plugin is configured with. */
  Map<String, String> settings() {
    return Map.of("DATABASE_URL", url, "DATABASE_SCHEMA", schema);
  }

  /** As {@link #settings}, with a schema of its own for each namespace's tables. */
  Map<String, String> tablesSettings() {
    return Map.of(
        "DATABASE_URL",
        url,
        "DATABASE_SCHEMA",
        schema,
        "POSTGRES_TABLES_SCHEMA",
        schema + "_{namespace}");
  }

  /** The schema of a namespace's tables; there once this has returned. */
  String tablesSchema(String namespace) {
    String name = schema + "_" + namespace;
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE SCHEMA IF NOT EXISTS " + name);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    return name;
  }

  /** A connection of another program's. */
  Connection other() throws SQLException {
    PostgresSettings settings = PostgresSettings.of(PluginConfig.of(settings()));
    return DriverManager.getConnection(settings.url(), settings.properties());
  }

  /** A connection of a test's own to what the plugin keeps. */
  Connection connect() {
    return new Database(PostgresSettings.of(PluginConfig.of(settings())))
        .open(Database.Purpose.RELAXED);
  }

  @Override
  public void close() {
    if (server != null) {
      server.close();
    }
  }
}
