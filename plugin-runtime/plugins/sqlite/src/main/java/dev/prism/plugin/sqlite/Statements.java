package dev.prism.plugin.sqlite;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import org.sqlite.SQLiteConnection;

/**
 * A connection that writes, with the statements of those who extend this. It is always within a
 * transaction that has not begun to read or write; {@link Commits} ends each. Used by one thread at
 * a time.
 */
abstract class Statements implements AutoCloseable {
  private final Connection connection;
  private long written;

  Statements(Connection connection) throws SQLException {
    this.connection = connection;
    connection.setAutoCommit(false);
  }

  final PreparedStatement prepare(String sql) throws SQLException {
    return connection.prepareStatement(sql);
  }

  /** Notes that the log grows by about so many bytes with this transaction. */
  final void wrote(long bytes) {
    written += bytes;
  }

  final long takeWritten() {
    long taken = written;
    written = 0;
    return taken;
  }

  /** How many rows this connection has changed so far. */
  final long changes() throws SQLException {
    return ((SQLiteConnection) connection).getDatabase().total_changes();
  }

  /** Makes the transaction durable; returns after the sync of the log. */
  final void commit() throws SQLException {
    connection.commit();
  }

  final void rollback() throws SQLException {
    written = 0;
    connection.rollback();
  }

  /** Ends the connection and with it what has not been committed. */
  @Override
  public final void close() throws SQLException {
    connection.close();
  }
}
