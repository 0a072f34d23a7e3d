package dev.prism.plugin.postgres;

import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens connections to the server, and brings the schema up before the first one is used. It may
 * not be there: each attempt to connect is made when a connection is needed. Any thread.
 */
final class Database {
  private static final Logger LOG = LoggerFactory.getLogger(Database.class);

  /** The versions of the schema, each the script that makes it of the one before. */
  private static final List<String> VERSIONS =
      List.of(
          "queue.sql",
          "events.sql",
          "process.sql",
          "items.sql",
          "secret.sql",
          "transact.sql",
          "append.sql");

  private static final int CONNECT_SECONDS = 2;
  private static final int STATEMENT_MILLIS = 9000;
  private static final int LEAST_SERVER = 14;
  private static final String MOST_FETCHED = "8M";

  /** Plans are kept from when a table was empty; every one of ours is to go by an index. */
  private static final String PLANS = " -c enable_seqscan=off -c enable_bitmapscan=off";

  private final PostgresSettings settings;
  private final AtomicLong losses = new AtomicLong();
  private volatile boolean ready;
  private volatile String lastFailure = "";

  /**
   * What callers leave open, whatever the server has; a stopped process holds no locks for long.
   */
  private static final String TRANSACTION_DEFAULTS =
      "-c default_transaction_isolation=read\\ committed -c idle_in_transaction_session_timeout=60s";

  /** What a connection is for. */
  enum Purpose {
    /** Commits are durable before they return, as the server's own setting has it. */
    DURABLE(10),
    /**
     * Commits do not wait for the disk: what they wrote is durable before anything durable that
     * comes after it.
     */
    RELAXED(10),
    /** Asked for a sign of life: waits for a second. */
    PROBE(1),
    /** Waits for notifications. */
    LISTENER(10),
    /**
     * The users' tables: statements are planned as the server likes, take as long as their callers
     * wait, and commits are durable.
     */
    TABLES(0),
    /**
     * As TABLES, for what callers write: without a {@code search_path} of Prism's, so that their
     * triggers and functions find what they name as they do for other programs.
     */
    TRANSACTIONS(0);

    private final int socketSeconds;

    Purpose(int socketSeconds) {
      this.socketSeconds = socketSeconds;
    }

    private boolean isOfUsersTables() {
      return this == TABLES || this == TRANSACTIONS;
    }
  }

  Database(PostgresSettings settings) {
    this.settings = settings;
  }

  PostgresSettings settings() {
    return settings;
  }

  /** Grows whenever a connection broke: those that were opened before are not trusted any more. */
  long losses() {
    return losses.get();
  }

  void lost() {
    losses.incrementAndGet();
  }

  /**
   * A new connection, in autocommit.
   *
   * @throws PrismException BACKEND_UNAVAILABLE
   */
  Connection open(Purpose purpose) {
    try {
      Connection connection = connect(purpose);
      try {
        if (!ready) {
          migrate(purpose, connection);
        }
        if (purpose == Purpose.DURABLE || purpose.isOfUsersTables()) {
          beDurable(connection);
        }
      } catch (SQLException | RuntimeException e) {
        connection.close();
        throw e;
      }
      if (!lastFailure.isEmpty()) {
        lastFailure = "";
        LOG.info("the server answers again");
      }
      return connection;
    } catch (SQLException e) {
      String failure = Failures.forLog(e);
      if (!failure.equals(lastFailure)) { // not once a second
        lastFailure = failure;
        LOG.warn("cannot connect: {}", failure);
      }
      throw PrismException.of(
          Reason.BACKEND_UNAVAILABLE, "the database cannot be reached: nothing was changed");
    }
  }

  private Connection connect(Purpose purpose) throws SQLException {
    Properties properties = new Properties();
    properties.putAll(settings.properties());
    properties.setProperty("ApplicationName", "prism");
    if (purpose != Purpose.TRANSACTIONS) {
      properties.setProperty("currentSchema", settings.schema());
    }
    properties.setProperty("connectTimeout", Integer.toString(CONNECT_SECONDS));
    properties.setProperty("socketTimeout", Integer.toString(purpose.socketSeconds));
    properties.setProperty("tcpKeepAlive", "true");
    properties.setProperty("prepareThreshold", "1");
    properties.setProperty("reWriteBatchedInserts", "false");
    properties.setProperty("logServerErrorDetail", "false");
    String options =
        purpose.isOfUsersTables() ? "" : "-c statement_timeout=" + STATEMENT_MILLIS + PLANS;
    if (purpose == Purpose.TRANSACTIONS) {
      options = TRANSACTION_DEFAULTS;
    }
    if (purpose == Purpose.RELAXED) {
      options += " -c synchronous_commit=off";
    }
    properties.setProperty("options", options);
    if (purpose.isOfUsersTables()) {
      // Of one fetch: a row larger than this process can hold is an error, not its end.
      properties.setProperty("maxResultBuffer", MOST_FETCHED);
    }
    return DriverManager.getConnection(settings.url(), properties);
  }

  /** A server that does not wait for its disk unless told so is told so. */
  private static void beDurable(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      try (ResultSet row = statement.executeQuery("SHOW synchronous_commit")) {
        if (row.next() && !row.getString(1).equals("off")) {
          return;
        }
      }
      statement.execute("SET synchronous_commit = on");
    }
  }

  private void migrate(Purpose purpose, Connection connection) throws SQLException {
    if (purpose != Purpose.TRANSACTIONS) {
      migrate(connection);
      return;
    }
    try (Connection own = connect(Purpose.DURABLE)) {
      migrate(own);
    }
  }

  /** Safe where several processes start at once: one does it while the others wait. */
  private synchronized void migrate(Connection connection) throws SQLException {
    if (ready) {
      return;
    }
    int server = connection.getMetaData().getDatabaseMajorVersion();
    if (server < LEAST_SERVER) {
      throw new SQLException("PostgreSQL " + LEAST_SERVER + " or later is needed, not " + server);
    }
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET LOCAL statement_timeout = 0");
      try (PreparedStatement lock =
          connection.prepareStatement("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))")) {
        lock.setString(1, "prism schema " + settings.schema());
        lock.execute();
      }
      int version = version(connection);
      if (version > VERSIONS.size()) {
        throw new SQLException(
            "the schema %s has version %d, newer than this build's %d"
                .formatted(settings.schema(), version, VERSIONS.size()));
      }
      for (int next = version; next < VERSIONS.size(); next++) {
        statement.execute(script(VERSIONS.get(next)));
        statement.execute("UPDATE version SET version = " + (next + 1));
      }
      connection.commit();
      ready = true;
    } catch (SQLException e) {
      connection.rollback();
      throw e;
    } finally {
      connection.setAutoCommit(true);
    }
  }

  private int version(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      try (ResultSet row =
          statement.executeQuery(
              "SELECT to_regnamespace('%s') IS NULL".formatted(settings.schema()))) {
        if (row.next() && row.getBoolean(1)) {
          statement.execute("CREATE SCHEMA " + settings.schema());
        }
      }
      try (ResultSet row = statement.executeQuery("SELECT to_regclass('version') IS NULL")) {
        if (row.next() && row.getBoolean(1)) {
          statement.execute("CREATE TABLE version (version int NOT NULL)");
          statement.execute("INSERT INTO version VALUES (0)");
        }
      }
      try (ResultSet row = statement.executeQuery("SELECT version FROM version")) {
        if (!row.next()) {
          throw new SQLException("the table of the schema's version is empty");
        }
        return row.getInt(1);
      }
    }
  }

  private static String script(String name) {
    try (InputStream in = Database.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("the jar lacks " + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException("the jar's " + name + " cannot be read", e);
    }
  }
}
