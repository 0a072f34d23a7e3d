package dev.prism.plugin.postgres;

import dev.prism.sdk.reader.Chunk;
import dev.prism.sdk.reader.PageSize;
import dev.prism.sdk.reader.Patience;
import dev.prism.sdk.reader.Query;
import dev.prism.sdk.rows.Table;
import dev.prism.sdk.sql.SqlReads;
import dev.prism.sdk.sql.SqlWrites;
import dev.prism.sdk.transact.Inbox;
import dev.prism.sdk.transact.Isolation;
import dev.prism.sdk.transact.Once;
import dev.prism.sdk.transact.Outgoing;
import dev.prism.sdk.transact.TableWrite;
import dev.prism.sdk.transact.Transaction;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A transaction on a connection that is its own until it ends. What fails undoes all of it, before
 * the caller is told.
 */
final class TableTransaction implements Transaction {
  private static final Logger LOG = LoggerFactory.getLogger(TableTransaction.class);

  /** How often it is begun anew where another one got in the way of its first step. */
  private static final int MOST_BEGINNINGS = 5;

  /** How long a commit may take once it is sent. */
  private static final int COMMIT_MILLIS = 10_000;

  /** The server ends what waits so long after the caller's time was up. */
  private static final long GRACE_MILLIS = 1000;

  private static final SqlReads READS = new SqlReads(new PostgresDialect());
  private static final SqlWrites WRITES = new SqlWrites(new PostgresDialect());

  private static final String IS_PRIMARY_KEY =
      """
      SELECT FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
        JOIN pg_namespace s ON s.oid = c.relnamespace
      WHERE s.nspname = ? AND c.relname = ? AND k.conname = ? AND k.contype = 'p'
        AND (c.oid = ?::regclass OR ?::regclass IN (SELECT pg_partition_ancestors(c.oid)))
      """;

  private final Slot slot;
  private final String schema;
  private final String namespace;
  private final Patience patience;
  private final Home home;
  private final Set<String> mailboxes = new HashSet<>();
  private volatile boolean ended;

  /** What a transaction comes from. */
  interface Home {
    /** The connection is free again. */
    void give(Slot slot);

    /** Mailboxes have got messages. */
    void changed(Set<String> mailboxes);

    /** A table is not as it was. */
    void forgetTables();
  }

  /** How it began. */
  sealed interface Opening {
    /** It runs. */
    record Runs() implements Opening {}

    /** Its idempotency key is known, with this response. */
    @SuppressWarnings("ArrayRecordComponent") // nobody compares them
    record Known(byte[] response) implements Opening {}

    /** The inbox knows its message. */
    record Processed() implements Opening {}
  }

  /**
   * @param slot a connection that nobody else has
   * @param schema of Prism's own tables
   */
  TableTransaction(Slot slot, String schema, String namespace, Patience patience, Home home) {
    this.slot = slot;
    this.schema = schema;
    this.namespace = namespace;
    this.patience = patience;
    this.home = home;
  }

  /**
   * Begins. Where its idempotency key or message is another's that has just committed, a snapshot
   * that was taken before does not show that: it begins anew.
   *
   * @param stepByStep whether its caller may let it wait
   */
  Opening open(
      @Nullable Isolation isolation,
      @Nullable Inbox inbox,
      @Nullable Once once,
      boolean stepByStep) {
    for (int left = MOST_BEGINNINGS; ; left--) {
      try {
        return slot.read(
            open -> {
              open.connection().setAutoCommit(false);
              return run(open, null, () -> opening(open, isolation, inbox, once, stepByStep));
            });
      } catch (PrismException e) {
        if (left == 1 || ended || e.reason() != Reason.TRANSACTION_CONFLICT) {
          throw e;
        }
      }
    }
  }

  private Opening opening(
      Slot open,
      @Nullable Isolation isolation,
      @Nullable Inbox inbox,
      @Nullable Once once,
      boolean stepByStep)
      throws SQLException {
    if (isolation != null && isolation != Isolation.READ_COMMITTED) {
      open.prepare("SET TRANSACTION ISOLATION LEVEL " + isolation.name().replace('_', ' '))
          .execute();
    }
    if (stepByStep) {
      PreparedStatement wait =
          open.prepare("SELECT set_config('idle_in_transaction_session_timeout', ?, true)");
      wait.setString(1, Long.toString(patience.leftMillis() + GRACE_MILLIS));
      wait.execute();
    }
    byte[] response = once == null ? null : known(open, once);
    if (response != null) {
      return new Opening.Known(response);
    }
    return inbox == null || isFirst(open, inbox) ? new Opening.Runs() : new Opening.Processed();
  }

  /** The response remembered under the key, which otherwise is this transaction's. */
  private byte @Nullable [] known(Slot open, Once once) throws SQLException {
    return known(open, schema, namespace, once);
  }

  /** As {@link #known(Slot, Once)}, within whatever transaction the connection is in. */
  static byte @Nullable [] known(Slot open, String schema, String namespace, Once once)
      throws SQLException {
    PreparedStatement take =
        open.prepare("SELECT fingerprint, response FROM " + schema + ".take_key(?, ?, ?, ?)");
    take.setString(1, namespace);
    take.setString(2, once.scope());
    take.setBytes(3, Mailboxes.bytes(once.key()));
    take.setBytes(4, once.fingerprint());
    try (ResultSet row = take.executeQuery()) {
      row.next();
      byte[] fingerprint = row.getBytes(1);
      if (fingerprint != null && !Arrays.equals(fingerprint, once.fingerprint())) {
        throw PrismException.of(
            Reason.IDEMPOTENCY_KEY_REUSED,
            "this idempotency key came with another request before: use a new one");
      }
      return fingerprint == null ? null : row.getBytes(2);
    }
  }

  private boolean isFirst(Slot open, Inbox inbox) throws SQLException {
    PreparedStatement process = open.prepare("SELECT " + schema + ".process_once(?, ?, ?)");
    process.setString(1, namespace);
    process.setString(2, inbox.name());
    process.setBytes(3, Mailboxes.bytes(inbox.messageId()));
    try (ResultSet row = process.executeQuery()) {
      row.next();
      return row.getBoolean(1);
    }
  }

  // ---- steps ----

  @FunctionalInterface
  private interface Step<T> {
    T run() throws SQLException;
  }

  private <T> T step(@Nullable TableWrite write, Slot.Work<T> work) {
    if (ended || patience.isOver()) {
      throw over();
    }
    return slot.further(open -> run(open, write, () -> work.run(open)), Failures::ofTables);
  }

  /** Does a step, interrupted when patience ends; where it fails the transaction is undone. */
  private <T> T run(Slot open, @Nullable TableWrite write, Step<T> step) throws SQLException {
    try {
      if (patience.isOver()) {
        throw over();
      }
      return patience.during(new Interruption(open, patience), step::run);
    } catch (SQLException e) {
      if (Failures.endsConnection(e)) {
        throw e;
      }
      open.connection().rollback();
      throw answer(open, e, write);
    } catch (RuntimeException e) {
      open.connection().rollback();
      throw e;
    }
  }

  private PrismException answer(Slot open, SQLException e, @Nullable TableWrite write)
      throws SQLException {
    if (patience.isOver()) {
      return over();
    }
    if (Failures.isOfChangedTable(e)) {
      home.forgetTables();
      return PrismException.of(
          Reason.BACKEND_UNAVAILABLE, "the table was changed meanwhile; try again");
    }
    if (write instanceof TableWrite.Insert(Table table, var _) && isPrimaryKey(open, e, table)) {
      return SqlWrites.keyExists();
    }
    PrismException answer = Failures.ofTables(e);
    if (answer.reason() == Reason.INTERNAL) {
      LOG.warn("a statement failed: {}", Failures.forLog(e));
    }
    return answer;
  }

  /** Whether a row was to be inserted whose primary key is there, in the table or a part of it. */
  private static boolean isPrimaryKey(Slot open, SQLException e, Table table) throws SQLException {
    ServerErrorMessage message =
        e instanceof PSQLException server ? server.getServerErrorMessage() : null;
    if (!"23505".equals(e.getSQLState()) || message == null) {
      return false;
    }
    PreparedStatement ask = open.prepare(IS_PRIMARY_KEY);
    ask.setString(1, message.getSchema());
    ask.setString(2, message.getTable());
    ask.setString(3, message.getConstraint());
    ask.setString(4, table.physicalName());
    ask.setString(5, table.physicalName());
    try (ResultSet row = ask.executeQuery()) {
      return row.next();
    } finally {
      open.connection().rollback();
    }
  }

  @Override
  public int write(TableWrite write) {
    return step(write, open -> WRITES.write(open.statements(), write));
  }

  @Override
  public void put(List<Outgoing> messages) {
    if (messages.isEmpty()) {
      return;
    }
    step(
        null,
        open -> {
          Mailboxes.put(open, schema, namespace, messages);
          return true;
        });
    messages.forEach(message -> mailboxes.add(message.mailbox()));
  }

  @Override
  public Chunk select(Query query, PageSize size, boolean lock) {
    return step(null, open -> READS.select(open.statements(), query, size, patience, lock));
  }

  /** Keeps the answer to the idempotency key that it began with. */
  void remember(Once once, byte[] response) {
    step(
        null,
        open -> {
          remember(open, schema, namespace, once, response);
          return true;
        });
  }

  /** As {@link #remember(Once, byte[])}, within whatever transaction the connection is in. */
  static void remember(Slot open, String schema, String namespace, Once once, byte[] response)
      throws SQLException {
    PreparedStatement remember =
        open.prepare("SELECT " + schema + ".remember_response(?, ?, ?, ?)");
    remember.setString(1, namespace);
    remember.setString(2, once.scope());
    remember.setBytes(3, Mailboxes.bytes(once.key()));
    remember.setBytes(4, response);
    remember.execute();
  }

  @Override
  public void commit() {
    if (ended || patience.isOver()) {
      throw over();
    }
    slot.further(
        open -> {
          Connection connection = open.connection();
          connection.setNetworkTimeout(Runnable::run, COMMIT_MILLIS);
          try {
            connection.commit();
            return true;
          } catch (SQLException e) {
            if (Failures.endsConnection(e)) {
              throw e;
            }
            connection.rollback();
            throw Failures.ofCommit(e);
          }
        },
        Failures::ofCommit);
    home.changed(mailboxes);
  }

  private static PrismException over() {
    return PrismException.of(
        Reason.DEADLINE_EXCEEDED, "the transaction's time was up: nothing was changed");
  }

  /** Undoes what was not committed, and gives the connection back. */
  @Override
  public synchronized void close() {
    if (ended) {
      return;
    }
    ended = true;
    try {
      slot.further(
          open -> {
            open.connection().rollback();
            open.connection().setAutoCommit(true);
            return true;
          },
          Failures::ofRead);
    } catch (PrismException e) {
      // The connection is gone, and with it what was done on it.
      LOG.debug("a transaction ended with its connection: {}", e.reason());
    } finally {
      home.give(slot);
    }
  }
}
