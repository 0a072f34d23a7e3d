package dev.prism.benchmarks;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/**
 * What an application would write that keeps messages in PostgreSQL without Prism and wants it
 * fast: one thread inserts what all callers have handed over since its last commit, in as few
 * statements as the driver makes of a batch, and commits once for all of them. The table is that of
 * the plugin, the offsets are a sequence's.
 */
final class DirectPostgres extends BatchingDirect {
  private final Connection connection;
  private final PreparedStatement insert;

  DirectPostgres(String jdbcUrl) throws SQLException {
    connection =
        DriverManager.getConnection(jdbcUrl + "&reWriteBatchedInserts=true&prepareThreshold=1");
    try (Statement statement = connection.createStatement()) {
      statement.execute("DROP TABLE IF EXISTS direct");
      statement.execute(
          """
          CREATE TABLE direct (topic bigint NOT NULL, seq bigint GENERATED ALWAYS AS IDENTITY,
            published bigint NOT NULL, deliver_at bigint NOT NULL, size int NOT NULL, key bytea,
            headers bytea, payload bytea NOT NULL, PRIMARY KEY (topic, seq))
          """);
    }
    connection.setAutoCommit(false);
    insert =
        connection.prepareStatement(
            "INSERT INTO direct (topic, published, deliver_at, size, key, payload)"
                + " VALUES (1, ?, 0, ?, ?, ?)");
    start();
  }

  @Override
  void commit(List<Insert> batch) throws SQLException {
    long now = System.currentTimeMillis();
    for (Insert each : batch) {
      insert.setLong(1, now);
      insert.setInt(2, each.payload().length);
      insert.setBytes(3, each.key());
      insert.setBytes(4, each.payload());
      insert.addBatch();
    }
    insert.executeBatch();
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
