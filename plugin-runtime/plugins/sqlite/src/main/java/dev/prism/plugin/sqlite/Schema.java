package dev.prism.plugin.sqlite;

import dev.prism.plugin.sqlite.DatabaseRefusedException.Cause;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/**
 * The tables of a database, and the versions they have had.
 *
 * @param applicationId {@code PRAGMA application_id}: other programs' databases have another
 * @param steps what leads from each version to the next; the first makes an empty file version 1. A
 *     released step is never changed
 */
record Schema(int applicationId, List<List<String>> steps) implements Opened.Preparing {
  /**
   * Items; application id PRSM.
   *
   * <p>item: clustered on its key, so that a read is one descent and a scan reads neighbours.
   * {@code partition} is empty where it is the key itself, which is the common case: the key is
   * then stored once, and the partial index on partitions costs nothing. The value is the last
   * column, so that etag and expiry are read without following a large value's pages.
   *
   * <p>idempotency: unit responses by scope and caller's key.
   *
   * <p>meta: one number by name; {@code etag_ceiling}: no etag from here on has been given out.
   */
  static final Schema ITEMS =
      new Schema(
          0x5052534D,
          List.of(
              List.of(
                  """
              CREATE TABLE item (
                namespace TEXT NOT NULL,
                collection TEXT NOT NULL,
                key TEXT NOT NULL,
                partition TEXT NOT NULL,
                etag INTEGER NOT NULL,
                expires_at INTEGER,
                content_type TEXT,
                metadata BLOB,
                value BLOB NOT NULL,
                PRIMARY KEY (namespace, collection, key, partition)
              ) STRICT, WITHOUT ROWID
              """,
                  """
              CREATE INDEX item_partition ON item (namespace, collection, partition, key)
                WHERE partition <> ''
              """,
                  "CREATE INDEX item_expiry ON item (expires_at) WHERE expires_at IS NOT NULL",
                  Remembered.table(""),
                  Remembered.index(""),
                  """
              CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL)
                STRICT, WITHOUT ROWID
              """,
                  "INSERT INTO meta VALUES ('etag_ceiling', 1)")));

  /** The version this build writes. */
  int version() {
    return steps.size();
  }

  /**
   * Brings the database to {@link #version}, in one transaction.
   *
   * @param isNew whether the file is known to hold nothing
   * @throws DatabaseRefusedException where it is another program's or a newer Prism's
   */
  @Override
  public void bringUp(Connection connection, DatabaseFile file, boolean isNew) throws SQLException {
    int known = version();
    int version = number(connection, "PRAGMA user_version");
    int application = number(connection, "PRAGMA application_id");
    if (!isNew && application != applicationId && !(version == 0 && isEmpty(connection))) {
      throw new DatabaseRefusedException(
          Cause.FOREIGN,
          file.path() + " is a database of another program: give Prism a file of its own");
    }
    if (version > known) {
      throw new DatabaseRefusedException(
          Cause.NEWER_VERSION,
          file.path()
              + " has schema version "
              + version
              + " and this build knows up to "
              + known
              + ": start the newer version of Prism that wrote it, or restore an older backup");
    }
    if (version == known) {
      return;
    }
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      for (List<String> step : steps.subList(version, known)) {
        for (String sql : step) {
          statement.execute(sql);
        }
      }
      statement.execute("PRAGMA application_id = " + applicationId);
      statement.execute("PRAGMA user_version = " + known);
      connection.commit();
    } catch (SQLException | RuntimeException e) {
      connection.rollback(); // or the driver commits what was done so far
      throw e;
    } finally {
      connection.setAutoCommit(true);
    }
  }

  private static boolean isEmpty(Connection connection) throws SQLException {
    return number(connection, "SELECT count(*) FROM sqlite_schema") == 0;
  }

  private static int number(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      return row.next() ? row.getInt(1) : 0;
    }
  }
}
