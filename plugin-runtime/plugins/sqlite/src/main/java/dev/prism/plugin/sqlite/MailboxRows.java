package dev.prism.plugin.sqlite;

import dev.prism.sdk.queue.Message;
import dev.prism.sdk.queue.Stored;
import dev.prism.sdk.transact.Outgoing;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The messages of a file's mailboxes. Of those of a key only the first is ever due, and the next
 * one once that is gone; one that is dead is not among them.
 */
final class MailboxRows {
  /** {@code due} of a message that waits for an earlier one of its key. */
  private static final long BLOCKED = Long.MAX_VALUE;

  /** token is 0 where nobody has it; due is when it may be delivered, or comes back. */
  static final String TABLE =
      """
      CREATE TABLE prism_mailbox (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        mailbox TEXT NOT NULL,
        id TEXT NOT NULL,
        key BLOB,
        written INTEGER NOT NULL,
        deliver_at INTEGER NOT NULL,
        due INTEGER NOT NULL,
        owner INTEGER NOT NULL DEFAULT 0,
        token INTEGER NOT NULL DEFAULT 0,
        attempts INTEGER NOT NULL DEFAULT 0,
        dead TEXT,
        headers BLOB,
        payload BLOB NOT NULL
      ) STRICT
      """;

  static final String IDS = "CREATE UNIQUE INDEX prism_mailbox_id ON prism_mailbox (mailbox, id)";

  static final String DUE =
      "CREATE INDEX prism_mailbox_due ON prism_mailbox (mailbox, due, seq) WHERE dead IS NULL";

  static final String KEYS =
      """
      CREATE INDEX prism_mailbox_key ON prism_mailbox (mailbox, key, seq)
        WHERE dead IS NULL AND key IS NOT NULL
      """;

  static final String OWNERS =
      "CREATE INDEX prism_mailbox_owner ON prism_mailbox (owner) WHERE owner <> 0";

  private final PreparedStatement hasId;
  private final PreparedStatement add;
  private final PreparedStatement due;
  private final PreparedStatement lease;
  private final PreparedStatement nextDue;
  private final PreparedStatement find;
  private final PreparedStatement remove;
  private final PreparedStatement bury;
  private final PreparedStatement unblock;
  private final PreparedStatement postpone;
  private final PreparedStatement release;
  private final PreparedStatement releaseAll;

  /** A message that may be delivered. */
  record Due(Stored stored, int attempts) {}

  /** A delivery in force, and its message's key. */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  record Held(long seq, String mailbox, byte @Nullable [] key) {}

  MailboxRows(Statements statements) throws SQLException {
    hasId = statements.prepare("SELECT 1 FROM prism_mailbox WHERE mailbox = ?1 AND id = ?2");
    add =
        statements.prepare(
            """
            INSERT INTO prism_mailbox (mailbox, id, key, written, deliver_at, due, headers, payload)
            VALUES (?1, ?2, ?3, ?4, ?5,
              CASE WHEN ?3 IS NOT NULL AND EXISTS (
                SELECT 1 FROM prism_mailbox WHERE mailbox = ?1 AND key = ?3 AND dead IS NULL)
              THEN ?6 ELSE max(?4, ?5) END, ?7, ?8)
            """);
    due =
        statements.prepare(
            """
            SELECT seq, id, key, written, headers, payload, attempts FROM prism_mailbox
            WHERE mailbox = ?1 AND dead IS NULL AND due <= ?2 ORDER BY due, seq LIMIT ?3
            """);
    lease =
        statements.prepare(
            """
            UPDATE prism_mailbox SET due = ?2, owner = ?3, token = ?4, attempts = attempts + 1
            WHERE seq = ?1
            """);
    nextDue =
        statements.prepare(
            "SELECT min(due) FROM prism_mailbox WHERE mailbox = ?1 AND dead IS NULL AND due > ?2");
    find =
        statements.prepare(
            """
            SELECT key FROM prism_mailbox
            WHERE seq = ?1 AND mailbox = ?2 AND token = ?3 AND token <> 0 AND due > ?4
              AND dead IS NULL
            """);
    remove = statements.prepare("DELETE FROM prism_mailbox WHERE seq = ?1");
    bury =
        statements.prepare(
            "UPDATE prism_mailbox SET dead = ?2, owner = 0, token = 0 WHERE seq = ?1");
    unblock =
        statements.prepare(
            """
            UPDATE prism_mailbox SET due = max(deliver_at, ?3)
            WHERE due = ?4 AND seq = (
              SELECT min(seq) FROM prism_mailbox WHERE mailbox = ?1 AND key = ?2 AND dead IS NULL)
            """);
    postpone =
        statements.prepare(
            "UPDATE prism_mailbox SET due = ?2, owner = ?3, token = ?4 WHERE seq = ?1");
    release =
        statements.prepare(
            """
            UPDATE prism_mailbox SET due = ?2, owner = 0, token = 0
            WHERE owner = ?1 AND owner <> 0 AND due > ?2
            """);
    releaseAll =
        statements.prepare(
            "UPDATE prism_mailbox SET due = ?1, owner = 0, token = 0 WHERE owner <> 0");
  }

  /** Puts a message at the end of its mailbox; false where that has one with its id. */
  boolean add(Outgoing outgoing, long now) throws SQLException {
    hasId.setString(1, outgoing.mailbox());
    hasId.setString(2, outgoing.messageId());
    try (ResultSet row = hasId.executeQuery()) {
      if (row.next()) {
        return false;
      }
    }
    Message message = outgoing.message();
    add.setString(1, outgoing.mailbox());
    add.setString(2, outgoing.messageId());
    add.setBytes(3, message.key().length == 0 ? null : message.key());
    add.setLong(4, now);
    add.setLong(5, message.deliverAtMillis());
    add.setLong(6, BLOCKED);
    add.setBytes(7, QueueRows.headers(message.headers()));
    add.setBytes(8, message.payload());
    add.executeUpdate();
    add.clearParameters();
    return true;
  }

  /** What may be delivered, within both bounds but for the first; the longest due first. */
  List<Due> due(String mailbox, int most, long mostBytes, long now) throws SQLException {
    due.setString(1, mailbox);
    due.setLong(2, now);
    due.setInt(3, most);
    List<Due> found = new ArrayList<>();
    long bytes = 0;
    try (ResultSet row = due.executeQuery()) {
      while (row.next()) {
        Message message =
            new Message(
                Rows.bytes(row, 3), QueueRows.headers(row.getBytes(5)), Rows.bytes(row, 6), 0);
        bytes += message.bytes();
        if (bytes > mostBytes && !found.isEmpty()) {
          break;
        }
        found.add(
            new Due(
                new Stored(0, row.getLong(1), row.getString(2), message, row.getLong(4)),
                row.getInt(7)));
      }
    }
    return found;
  }

  void lease(long seq, long deadline, long owner, long token) throws SQLException {
    lease.setLong(1, seq);
    lease.setLong(2, deadline);
    lease.setLong(3, owner);
    lease.setLong(4, token);
    lease.executeUpdate();
  }

  /** When the next message is due after now; {@link Long#MAX_VALUE} where none is. */
  long nextDue(String mailbox, long now) throws SQLException {
    nextDue.setString(1, mailbox);
    nextDue.setLong(2, now);
    try (ResultSet row = nextDue.executeQuery()) {
      long at = row.next() ? row.getLong(1) : 0;
      return row.wasNull() ? Long.MAX_VALUE : at;
    }
  }

  /** A delivery; null where it is not in force. */
  @Nullable Held find(String mailbox, long seq, long token, long now) throws SQLException {
    find.setLong(1, seq);
    find.setString(2, mailbox);
    find.setLong(3, token);
    find.setLong(4, now);
    try (ResultSet row = find.executeQuery()) {
      return row.next() ? new Held(seq, mailbox, row.getBytes(1)) : null;
    }
  }

  /** The message is processed. */
  void remove(Held held, long now) throws SQLException {
    remove.setLong(1, held.seq());
    remove.executeUpdate();
    unblock(held, now);
  }

  /** The message is delivered to nobody any more. */
  void bury(Held held, String reason, long now) throws SQLException {
    bury.setLong(1, held.seq());
    bury.setString(2, reason);
    bury.executeUpdate();
    unblock(held, now);
  }

  private void unblock(Held held, long now) throws SQLException {
    if (held.key() != null) {
      unblock.setString(1, held.mailbox());
      unblock.setBytes(2, held.key());
      unblock.setLong(3, now);
      unblock.setLong(4, BLOCKED);
      unblock.executeUpdate();
    }
  }

  /**
   * The message comes back at a time.
   *
   * @param token of its delivery, where that stays in force until then; otherwise 0, and the owner
   *     0
   */
  void postpone(Held held, long due, long owner, long token) throws SQLException {
    postpone.setLong(1, held.seq());
    postpone.setLong(2, due);
    postpone.setLong(3, owner);
    postpone.setLong(4, token);
    postpone.executeUpdate();
  }

  /** What a reader has comes back at once. */
  void release(long owner, long now) throws SQLException {
    release.setLong(1, owner);
    release.setLong(2, now);
    release.executeUpdate();
  }

  /** What the readers of a process before this one had comes back at once. */
  void releaseAll(long now) throws SQLException {
    releaseAll.setLong(1, now);
    releaseAll.executeUpdate();
  }
}
