package dev.prism.benchmarks;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * What an application would write that keeps values in PostgreSQL without Prism: prepared
 * statements on a pool of JDBC connections, each statement a transaction of its own.
 */
final class PooledPostgres implements Store {
  private final Pool<Prepared> pool;

  PooledPostgres(String jdbcUrl, int connections) throws SQLException {
    List<Prepared> all = new ArrayList<>(connections);
    for (int i = 0; i < connections; i++) {
      Connection connection = DriverManager.getConnection(jdbcUrl + "&prepareThreshold=1");
      if (i == 0) {
        try (Statement statement = connection.createStatement()) {
          statement.execute(
              "CREATE TABLE IF NOT EXISTS direct (key text PRIMARY KEY, value bytea NOT NULL)");
        }
      }
      all.add(
          new Prepared(
              connection,
              connection.prepareStatement(
                  "INSERT INTO direct VALUES (?, ?)"
                      + " ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value"),
              connection.prepareStatement("SELECT value FROM direct WHERE key = ?")));
    }
    this.pool = new Pool<>(all);
  }

  private record Prepared(Connection connection, PreparedStatement put, PreparedStatement get)
      implements AutoCloseable {
    @Override
    public void close() throws SQLException {
      connection.close();
    }
  }

  @Override
  public void put(String key, byte[] value) throws Exception {
    pool.with(
        prepared -> {
          prepared.put().setString(1, key);
          prepared.put().setBytes(2, value);
          return prepared.put().executeUpdate();
        });
  }

  @Override
  public byte[] get(String key) throws Exception {
    return pool.with(
        prepared -> {
          prepared.get().setString(1, key);
          try (ResultSet row = prepared.get().executeQuery()) {
            row.next();
            return row.getBytes(1);
          }
        });
  }

  @Override
  public void close() {
    pool.close();
  }
}
