package dev.prism.benchmarks;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/**
 * What an application would write that keeps messages in SQLite without Prism and wants it fast:
 * one thread inserts what all callers have handed over since its last commit, and syncs once for
 * all of them. The table, the log and the syncing are those of the SQLite plugin.
 */
final class DirectSqlite extends BatchingDirect {
  private final Connection connection;
  private final PreparedStatement insert;
  private long offset;

  DirectSqlite(Path file) throws SQLException {
    connection = DriverManager.getConnection("jdbc:sqlite:" + file);
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA journal_mode = WAL");
      statement.execute("PRAGMA synchronous = FULL");
      statement.execute("PRAGMA wal_autocheckpoint = 8192");
      statement.execute("PRAGMA cache_size = -8192");
      statement.execute(
          """
          CREATE TABLE message (topic INTEGER NOT NULL, offset INTEGER NOT NULL,
            published INTEGER NOT NULL, deliver_at INTEGER NOT NULL, key BLOB, headers BLOB,
            payload BLOB NOT NULL, PRIMARY KEY (topic, offset)) STRICT, WITHOUT ROWID
          """);
    }
    connection.setAutoCommit(false);
    insert = connection.prepareStatement("INSERT INTO message VALUES (1, ?1, ?2, 0, ?3, NULL, ?4)");
    start();
  }

  @Override
  void commit(List<Insert> batch) throws SQLException {
    long now = System.currentTimeMillis();
    for (Insert each : batch) {
      insert.setLong(1, offset++);
      insert.setLong(2, now);
      insert.setBytes(3, each.key());
      insert.setBytes(4, each.payload());
      insert.executeUpdate();
    }
    connection.commit();
  }

  @Override
  void disconnect() {
    try {
      connection.close();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
