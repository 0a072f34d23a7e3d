package dev.prism.plugin.sqlite;

import dev.prism.sdk.transact.Inbox;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;

/** The ids of messages that transactions have processed, by who did. */
final class Processed {
  /** How long: at least 7 days. */
  static final long MILLIS = TimeUnit.DAYS.toMillis(8);

  static final String TABLE =
      """
      CREATE TABLE prism_inbox (
        name TEXT NOT NULL,
        id TEXT NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (name, id)
      ) STRICT, WITHOUT ROWID
      """;

  static final String INDEX = "CREATE INDEX prism_inbox_at ON prism_inbox (at)";

  private final PreparedStatement add;
  private final PreparedStatement sweep;

  Processed(Statements statements) throws SQLException {
    add = statements.prepare("INSERT INTO prism_inbox VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING");
    sweep =
        statements.prepare(
            """
            DELETE FROM prism_inbox WHERE (name, id) IN (
              SELECT name, id FROM prism_inbox WHERE at <= ?1 ORDER BY at LIMIT ?2)
            """);
  }

  /** Notes that a message is processed; false where it was before. */
  boolean add(Inbox inbox, long now) throws SQLException {
    add.setString(1, inbox.name());
    add.setString(2, inbox.messageId());
    add.setLong(3, now);
    return add.executeUpdate() > 0;
  }

  /** Forgets some of what came before {@code now - }{@value #MILLIS}; how many. */
  int sweep(long now, int limit) throws SQLException {
    sweep.setLong(1, now - MILLIS);
    sweep.setInt(2, limit);
    return sweep.executeUpdate();
  }
}
