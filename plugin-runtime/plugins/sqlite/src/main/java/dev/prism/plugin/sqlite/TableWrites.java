package dev.prism.plugin.sqlite;

import dev.prism.sdk.reader.Chunk;
import dev.prism.sdk.reader.PageSize;
import dev.prism.sdk.reader.Patience;
import dev.prism.sdk.reader.Query;
import dev.prism.sdk.sql.SqlReads;
import dev.prism.sdk.sql.SqlWrites;
import dev.prism.sdk.sql.StatementCache;
import dev.prism.sdk.transact.Cell;
import dev.prism.sdk.transact.Outgoing;
import dev.prism.sdk.transact.TableWrite;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.sqlite.SQLiteConnection;

/** The connection of a tables file that writes. Within a transaction that {@link Commits} ends. */
final class TableWrites extends Statements {
  /**
   * What a write adds to the log, about, besides the values: a page of the table and of indexes.
   */
  private static final long WRITE_BYTES = 3 * 4096;

  final MailboxRows mailbox;
  final Processed processed;
  final Remembered remembered;
  private final SQLiteConnection connection;
  private final StatementCache statements;
  private final SqlWrites writes = new SqlWrites(new SqliteDialect());
  private final SqlReads reads = new SqlReads(new SqliteDialect());
  private final PreparedStatement lock;
  private final PreparedStatement fence;
  private final PreparedStatement savepoint;
  private final PreparedStatement undo;
  private final PreparedStatement keep;

  TableWrites(Connection connection) throws SQLException {
    super(enforcing(connection));
    this.connection = (SQLiteConnection) connection;
    this.statements = new StatementCache(connection);
    this.mailbox = new MailboxRows(this);
    this.processed = new Processed(this);
    this.remembered = new Remembered(this, TablesSchema.OWN);
    this.lock = prepare("DELETE FROM prism_version WHERE FALSE");
    this.fence = prepare("UPDATE prism_version SET version = version");
    this.savepoint = prepare("SAVEPOINT one");
    this.undo = prepare("ROLLBACK TO one");
    this.keep = prepare("RELEASE one");
  }

  /** SQLite looks at foreign keys where it is told to, and not within a transaction. */
  private static Connection enforcing(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA foreign_keys = ON");
    }
    return connection;
  }

  /** Changes what means nothing; see {@link Commits}. */
  void fence() throws SQLException {
    fence.executeUpdate();
  }

  /**
   * Keeps other programs from writing until the transaction ends: what it reads stays so. Waits for
   * one that writes now, two seconds at most.
   */
  void lock() throws SQLException {
    lock.executeUpdate();
  }

  /** What follows can be undone by itself. */
  void savepoint() throws SQLException {
    savepoint.execute();
  }

  /**
   * Undoes what came after {@link #savepoint}.
   *
   * @throws SQLException where the failure has undone all of the transaction
   */
  void undo() throws SQLException {
    undo.execute();
    keep.execute();
  }

  /** What came after {@link #savepoint} is part of the transaction. */
  void keep() throws SQLException {
    keep.execute();
  }

  /** Ends the statement that runs now; any thread. */
  void interrupt() {
    try {
      connection.getDatabase().interrupt();
    } catch (SQLException e) {
      throw new IllegalStateException("an open connection can be interrupted", e);
    }
  }

  /** Writes a row; how many rows it changed. */
  int write(TableWrite write) throws SQLException {
    wrote(WRITE_BYTES + bytes(write));
    try {
      return writes.write(statements, write);
    } catch (SQLException e) {
      if (write instanceof TableWrite.Insert && Failures.isOfPrimaryKey(e)) {
        throw SqlWrites.keyExists();
      }
      throw e;
    }
  }

  private static long bytes(TableWrite write) {
    return switch (write) {
      case TableWrite.Insert insert -> bytes(insert.values());
      case TableWrite.Update update -> bytes(update.values());
      case TableWrite.Upsert upsert -> bytes(upsert.values());
      case TableWrite.Delete _ -> 0;
    };
  }

  private static long bytes(List<Cell> cells) {
    long bytes = 0;
    for (Cell cell : cells) {
      bytes += cell.value().getSerializedSize();
    }
    return bytes;
  }

  /** Puts a message in its mailbox. */
  void put(Outgoing message, long now) throws SQLException {
    wrote(WRITE_BYTES + message.message().bytes());
    if (!mailbox.add(message, now)) {
      throw PrismException.of(
          Reason.KEY_EXISTS, "the mailbox '" + message.mailbox() + "' has a message with this id");
    }
  }

  /** Reads rows. */
  Chunk select(Query query, PageSize size, Patience patience) throws SQLException {
    return reads.select(statements, query, size, patience, false);
  }
}
