package dev.prism.plugin.sqlite;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/** Looks for expired rows, to be removed in the shadow of the batches. For one thread. */
final class Expired implements Upkeep.Sweep {
  private final WriteAhead writes;
  private final PreparedStatement anythingExpired;
  private final PreparedStatement anythingToForget;

  Expired(Connection connection, WriteAhead writes) throws SQLException {
    this.writes = writes;
    anythingExpired =
        connection.prepareStatement("SELECT 1 FROM item WHERE expires_at <= ?1 LIMIT 1");
    anythingToForget =
        connection.prepareStatement("SELECT 1 FROM idempotency WHERE created <= ?1 LIMIT 1");
  }

  @Override
  public void step() throws SQLException {
    long now = writes.now();
    if (writes.isSweepDue()) {
      // Due for a tick, and no batch came by.
      writes.sweepNow();
    } else if (found(anythingExpired, now) || found(anythingToForget, now - Remembered.MILLIS)) {
      writes.sweepIsDue();
    }
  }

  private static boolean found(PreparedStatement statement, long upTo) throws SQLException {
    statement.setLong(1, upTo);
    try (ResultSet row = statement.executeQuery()) {
      return row.next();
    }
  }
}
