package dev.prism.plugin.postgres;

import dev.prism.sdk.PluginConfig;
import dev.prism.testservers.PostgresServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A schema of its own on the server that the environment names, or on one that is started. */
final class TestDatabase implements AutoCloseable {
  private static final AtomicInteger NEXT = new AtomicInteger();

  private final @Nullable PostgresServer server;
  private final String url;
  private final String schema;
  private final Map<String, String> more;

  private TestDatabase(@Nullable PostgresServer server, String url, Map<String, String> more) {
    this.server = server;
    this.url = url;
    this.more = more;
    this.schema =
        "prism_test_%d_%d".formatted(ProcessHandle.current().pid(), NEXT.incrementAndGet());
  }

  /**
   * @param directory for a server, where one is started
   */
  static TestDatabase open(Path directory) {
    String given = PostgresServer.given().orElse(null);
    if (given != null) {
      return new TestDatabase(null, given, Map.of());
    }
    PostgresServer server = PostgresServer.start(directory);
    return new TestDatabase(server, server.url(), Map.of());
  }

  /** On a server that speaks TLS alone, whose certificate is checked, and asks for a password. */
  static TestDatabase secured(Path directory) {
    String password = "correct horse";
    PostgresServer server = PostgresServer.secured(directory, password);
    return new TestDatabase(
        server,
        server.url() + "?sslmode=verify-full&sslrootcert=" + server.certificate(),
        Map.of("DATABASE_PASSWORD", password));
  }

  /** What the plugin is configured with. */
  Map<String, String> settings() {
    Map<String, String> settings = new HashMap<>(more);
    settings.put("DATABASE_URL", url);
    settings.put("DATABASE_SCHEMA", schema);
    return settings;
  }

  /** As {@link #settings}, with a schema of its own for each namespace's tables. */
  Map<String, String> tablesSettings() {
    Map<String, String> settings = settings();
    settings.put("POSTGRES_TABLES_SCHEMA", schema + "_{namespace}");
    return settings;
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
