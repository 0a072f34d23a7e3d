package dev.prism.plugin.postgres;

import dev.prism.sdk.reader.Patience;
import java.sql.Connection;
import java.sql.SQLException;
import org.postgresql.PGConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Cancels what a connection does. The server may be told too late and cancel what comes next, so
 * the connection is not used again.
 */
final class Interruption implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Interruption.class);

  /** A server that does not answer is given up so long after the caller's deadline. */
  private static final int GRACE_MILLIS = 1000;

  private final Slot slot;
  private final Connection connection;

  Interruption(Slot slot, Patience patience) throws SQLException {
    this.slot = slot;
    this.connection = slot.connection();
    int most = (int) Math.min(patience.leftMillis() + GRACE_MILLIS, Integer.MAX_VALUE);
    connection.setNetworkTimeout(Runnable::run, most);
  }

  @Override
  public void run() {
    slot.spend();
    try {
      connection.unwrap(PGConnection.class).cancelQuery();
    } catch (SQLException e) {
      LOG.debug("a statement could not be cancelled; its connection ends by itself", e);
    }
  }
}
