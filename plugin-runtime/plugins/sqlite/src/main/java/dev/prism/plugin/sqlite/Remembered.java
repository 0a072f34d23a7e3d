package dev.prism.plugin.sqlite;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Responses by idempotency key: the table {@code idempotency} of a database. */
final class Remembered {
  /** How long: contract 8 asks for 24 h. */
  static final long MILLIS = TimeUnit.HOURS.toMillis(25);

  /** Makes the table, whose name begins with {@code prefix}. */
  static String table(String prefix) {
    return """
    CREATE TABLE %sidempotency (
      namespace TEXT NOT NULL,
      scope TEXT NOT NULL,
      key TEXT NOT NULL,
      created INTEGER NOT NULL,
      fingerprint BLOB NOT NULL,
      response BLOB NOT NULL,
      PRIMARY KEY (namespace, scope, key)
    ) STRICT, WITHOUT ROWID
    """
        .formatted(prefix);
  }

  static String index(String prefix) {
    return "CREATE INDEX %1$sidempotency_created ON %1$sidempotency (created)".formatted(prefix);
  }

  private final PreparedStatement find;
  private final PreparedStatement add;
  private final PreparedStatement sweep;

  /**
   * What came with a key before.
   *
   * @param same whether it was the same request
   * @param response the one that it was answered with
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Known(boolean same, byte[] response) {}

  Remembered(Statements statements) throws SQLException {
    this(statements, "");
  }

  Remembered(Statements statements, String prefix) throws SQLException {
    find =
        statements.prepare(
            """
            SELECT fingerprint, response FROM %sidempotency
            WHERE namespace = ?1 AND scope = ?2 AND key = ?3
            """
                .formatted(prefix));
    add =
        statements.prepare(
            "INSERT INTO %sidempotency VALUES (?1, ?2, ?3, ?4, ?5, ?6)".formatted(prefix));
    sweep =
        statements.prepare(
            """
            DELETE FROM %1$sidempotency WHERE (namespace, scope, key) IN (
              SELECT namespace, scope, key FROM %1$sidempotency
              WHERE created <= ?1 ORDER BY created LIMIT ?2)
            """
                .formatted(prefix));
  }

  @Nullable Known find(String namespace, String scope, String key, byte[] fingerprint)
      throws SQLException {
    find.setString(1, namespace);
    find.setString(2, scope);
    find.setString(3, key);
    try (ResultSet row = find.executeQuery()) {
      return row.next()
          ? new Known(Arrays.equals(Rows.bytes(row, 1), fingerprint), Rows.bytes(row, 2))
          : null;
    }
  }

  void add(
      String namespace, String scope, String key, long now, byte[] fingerprint, byte[] response)
      throws SQLException {
    add.setString(1, namespace);
    add.setString(2, scope);
    add.setString(3, key);
    add.setLong(4, now);
    add.setBytes(5, fingerprint);
    add.setBytes(6, response);
    add.executeUpdate();
  }

  /**
   * Forgets some of what came before {@code now - }{@value #MILLIS}.
   *
   * @return how many
   */
  int sweep(long now, int limit) throws SQLException {
    sweep.setLong(1, now - MILLIS);
    sweep.setInt(2, limit);
    return sweep.executeUpdate();
  }
}
