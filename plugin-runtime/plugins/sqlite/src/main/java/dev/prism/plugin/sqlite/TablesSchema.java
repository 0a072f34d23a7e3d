package dev.prism.plugin.sqlite;

import dev.prism.plugin.sqlite.DatabaseRefusedException.Cause;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/**
 * What Prism has in a namespace's tables file beside the tables of its users: tables whose names
 * begin with {@value #OWN}, and their version. {@code user_version} and {@code application_id} are
 * the users'.
 */
final class TablesSchema implements Opened.Preparing {
  /** Tables of this prefix are Prism's own, and no collections. */
  static final String OWN = "prism_";

  /** What leads from each version to the next; a released step is never changed. */
  private static final List<List<String>> STEPS =
      List.of(
          List.of(
              MailboxRows.TABLE,
              MailboxRows.IDS,
              MailboxRows.DUE,
              MailboxRows.KEYS,
              MailboxRows.OWNERS,
              Processed.TABLE,
              Processed.INDEX,
              Remembered.table(OWN),
              Remembered.index(OWN)));

  @Override
  public void bringUp(Connection connection, DatabaseFile file, boolean isNew) throws SQLException {
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      int version = version(statement);
      if (version == STEPS.size()) {
        return; // without a write, which another program's would keep waiting
      }
      if (version > STEPS.size()) {
        throw new DatabaseRefusedException(
            Cause.NEWER_VERSION,
            file.path()
                + " was used by a newer version of Prism: start that one, or restore a backup");
      }
      statement.execute("CREATE TABLE IF NOT EXISTS prism_version (version INTEGER NOT NULL)");
      for (List<String> step : STEPS.subList(version, STEPS.size())) {
        for (String sql : step) {
          statement.execute(sql);
        }
      }
      statement.execute("DELETE FROM prism_version");
      try (PreparedStatement insert =
          connection.prepareStatement("INSERT INTO prism_version VALUES (?)")) {
        insert.setInt(1, STEPS.size());
        insert.execute();
      }
      connection.commit();
    } catch (SQLException | RuntimeException e) {
      connection.rollback(); // or the driver commits what was done so far
      throw e;
    } finally {
      connection.setAutoCommit(true);
    }
  }

  private static int version(Statement statement) throws SQLException {
    try (ResultSet row =
        statement.executeQuery("SELECT 1 FROM sqlite_schema WHERE name = 'prism_version'")) {
      if (!row.next()) {
        return 0;
      }
    }
    try (ResultSet row = statement.executeQuery("SELECT max(version) FROM prism_version")) {
      return row.next() ? row.getInt(1) : 0;
    }
  }
}
