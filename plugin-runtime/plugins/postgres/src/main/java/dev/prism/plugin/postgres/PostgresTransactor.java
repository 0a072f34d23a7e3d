package dev.prism.plugin.postgres;

import dev.prism.plugin.postgres.Database.Purpose;
import dev.prism.plugin.postgres.TableTransaction.Opening;
import dev.prism.sdk.Capability;
import dev.prism.sdk.queue.Consumer;
import dev.prism.sdk.queue.Signal;
import dev.prism.sdk.queue.Signals;
import dev.prism.sdk.reader.Patience;
import dev.prism.sdk.rows.Table;
import dev.prism.sdk.transact.Isolation;
import dev.prism.sdk.transact.Settlement;
import dev.prism.sdk.transact.SettlementResult;
import dev.prism.sdk.transact.Start;
import dev.prism.sdk.transact.Started;
import dev.prism.sdk.transact.TableWrite;
import dev.prism.sdk.transact.Transactor;
import dev.prism.sdk.transact.WriteOutcome;
import dev.prism.sdk.transact.WriteUnit;
import dev.prism.status.PrismException;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Transactions on the tables of namespaces' schemas, and mailboxes in Prism's own, which commit
 * with them. Several processes may serve one database.
 *
 * <p>docs/postgres.md says what is promised.
 */
final class PostgresTransactor implements Transactor, TableCatalog.Reading {
  /** Transactions step by step that are open or wait for a connection. */
  private static final int MOST_TRANSACTIONS = 64;

  private static final int SETTLING = 2;
  private static final int SWEEP_ROWS = 1000;
  private static final long INBOX_MILLIS = TimeUnit.DAYS.toMillis(8);
  private static final long REMEMBER_MILLIS = TimeUnit.HOURS.toMillis(25);
  private static final long SWEEP_NANOS = TimeUnit.MINUTES.toNanos(1);

  /** What a process says when it begins to hear. */
  private static final long COME = 0;

  private final String schema;
  private final TableCatalog catalog;
  private final Slots writing;
  private final Slots stepping;
  private final Slots claiming;
  private final Slots settling;
  private final Slot tending;
  private final Slot probe;
  private final Presence presence;
  private final Notifier notifier;
  private final Ticker upkeep;
  private final Signals<Long> signals = new Signals<>();
  private final AtomicInteger nextOwner = new AtomicInteger(1);

  /** Readers that have gone while the server did not answer. */
  private final Queue<Long> gone = new ConcurrentLinkedQueue<>();

  private long nextSweep = System.nanoTime() + SWEEP_NANOS; // the upkeep's thread's own

  /** Opens what is needed when it is needed; the server may not be there yet. */
  PostgresTransactor(PostgresSettings settings, InstantSource clock) {
    Database database = new Database(settings);
    String channel = settings.schema() + "_mailbox";
    int connections = settings.connections();
    long acquireMillis = settings.acquireMillis();
    this.schema = settings.schema();
    this.catalog = new TableCatalog(settings.tablesSchema(), schema, clock);
    this.writing = new Slots(database, Purpose.TRANSACTIONS, connections, acquireMillis);
    this.stepping = new Slots(database, Purpose.TRANSACTIONS, connections, acquireMillis);
    this.claiming = new Slots(database, Purpose.RELAXED, connections, acquireMillis);
    this.settling = new Slots(database, Purpose.DURABLE, SETTLING, acquireMillis);
    this.tending = new Slot(database, Purpose.RELAXED);
    this.probe = new Slot(database, Purpose.PROBE);
    this.presence = new Presence(database, channel, this::heard, this::come);
    this.notifier = new Notifier(new Slot(database, Purpose.RELAXED), channel);
    this.upkeep = new Ticker("prism-transact-upkeep", this::tick);
    presence.start();
    upkeep.start();
  }

  @Override
  public Set<Capability> capabilities() {
    return EnumSet.of(
        Capability.MAILBOX,
        Capability.INBOX,
        Capability.ANY_SELECT,
        Capability.ROW_LOCKS,
        Capability.IDEMPOTENCY,
        Capability.DURABLE);
  }

  @Override
  public Set<Isolation> isolationLevels() {
    return EnumSet.allOf(Isolation.class);
  }

  @Override
  public int transactions() {
    return MOST_TRANSACTIONS;
  }

  @Override
  public @Nullable Table table(String namespace, String name) {
    return catalog.table(this, namespace, name);
  }

  @Override
  public <T> T read(TableCatalog.Work<T> work) {
    return claiming.read(slot -> work.run(slot.statements()));
  }

  // ---- transactions ----

  @Override
  public WriteOutcome write(String namespace, WriteUnit unit, Patience patience) {
    try (TableTransaction transaction = take(writing, namespace, patience)) {
      return switch (transaction.open(unit.isolation(), unit.inbox(), unit.once(), false)) {
        case Opening.Known(byte[] response) -> new WriteOutcome.Replayed(response);
        case Opening.Processed _ -> new WriteOutcome.AlreadyProcessed();
        case Opening.Runs _ -> {
          List<Integer> rows = new ArrayList<>(unit.writes().size());
          for (TableWrite write : unit.writes()) {
            rows.add(transaction.write(write));
          }
          transaction.put(unit.messages());
          if (unit.once() != null) {
            transaction.remember(unit.once(), unit.encode().apply(rows));
          }
          transaction.commit();
          yield new WriteOutcome.Committed(rows);
        }
      };
    }
  }

  @Override
  public Started begin(String namespace, Start start, Patience patience) {
    TableTransaction transaction = take(stepping, namespace, patience);
    Opening opening;
    try {
      opening = transaction.open(start.isolation(), start.inbox(), start.once(), true);
    } catch (RuntimeException e) {
      transaction.close();
      throw e;
    }
    if (opening instanceof Opening.Runs) {
      return new Started.Open(transaction);
    }
    transaction.close();
    return opening instanceof Opening.Known
        ? new Started.Replayed()
        : new Started.AlreadyProcessed();
  }

  private TableTransaction take(Slots slots, String namespace, Patience patience) {
    return new TableTransaction(
        slots.take(),
        schema,
        namespace,
        patience,
        new TableTransaction.Home() {
          @Override
          public void give(Slot slot) {
            slots.give(slot);
          }

          @Override
          public void changed(Set<String> mailboxes) {
            PostgresTransactor.this.changed(namespace, mailboxes);
          }

          @Override
          public void forgetTables() {
            catalog.forget();
          }
        });
  }

  // ---- who is to look again ----

  private void heard(String mailbox) {
    long number = Long.parseLong(mailbox);
    if (number == COME) {
      notifier.somebodyCame();
      return;
    }
    signals.raise(number);
  }

  /** This process hears from now on. */
  private void come() {
    notifier.somebodyCame();
    notifier.changed(COME);
    signals.raiseAll();
  }

  private void changed(String namespace, Set<String> mailboxes) {
    for (String mailbox : mailboxes) {
      long number = Mailboxes.number(namespace, mailbox);
      signals.raise(number);
      notifier.changed(number);
    }
  }

  // ---- mailboxes ----

  @Override
  public Consumer read(String namespace, String mailbox, long ackTimeoutMillis) {
    long number = Mailboxes.number(namespace, mailbox);
    Signal signal = signals.of(number);
    return new MailboxConsumer(
        claiming,
        signal,
        namespace,
        mailbox,
        ackTimeoutMillis,
        presence.id() << 32 | (nextOwner.getAndIncrement() & 0x7fffffffL),
        owner -> {
          try {
            claiming.read(slot -> release(slot, owner));
          } catch (PrismException e) {
            gone.add(owner); // the server does not answer; it is done when it does
          }
          signal.raise();
          notifier.changed(number);
        });
  }

  private static boolean release(Slot slot, long owner) throws SQLException {
    PreparedStatement release = slot.prepare("SELECT release_messages(?)");
    release.setLong(1, owner);
    return release.execute();
  }

  @Override
  public List<SettlementResult> acknowledge(String namespace, List<Settlement> settlements) {
    MailboxSettling round = new MailboxSettling(schema, namespace, settlements);
    Slot slot = settling.take();
    List<SettlementResult> results;
    try {
      results = slot.write(round::run);
    } finally {
      settling.give(slot);
    }
    changed(namespace, round.changed());
    return results;
  }

  private void tick() {
    for (Long owner = gone.peek(); owner != null; owner = gone.peek()) {
      long each = owner;
      tending.read(slot -> release(slot, each));
      gone.remove();
      signals.raiseAll();
    }
    long self = presence.idOrNone();
    if (self != 0 && tending.<Boolean>read(slot -> Upkeep.releaseDead(slot, self))) {
      signals.raiseAll();
    }
    long arrivals = notifier.arrivals();
    notifier.counted(tending.read(slot -> Upkeep.listeners(slot, notifier.channel())), arrivals);
    if (System.nanoTime() - nextSweep >= 0) {
      nextSweep = System.nanoTime() + SWEEP_NANOS;
      long removed = SWEEP_ROWS;
      while (removed >= SWEEP_ROWS && !upkeep.isStopped()) {
        removed = tending.read(PostgresTransactor::sweep);
      }
    }
  }

  private static long sweep(Slot slot) throws SQLException {
    PreparedStatement sweep = slot.prepare("SELECT sweep_transact(now_ms() - ?, now_ms() - ?, ?)");
    sweep.setLong(1, INBOX_MILLIS);
    sweep.setLong(2, REMEMBER_MILLIS);
    sweep.setInt(3, SWEEP_ROWS);
    try (ResultSet row = sweep.executeQuery()) {
      row.next();
      return row.getLong(1);
    }
  }

  @Override
  public void ping() {
    probe.read(slot -> slot.prepare("SELECT 1").execute());
  }

  @Override
  public void close() {
    upkeep.close();
    notifier.close();
    presence.close();
    writing.close();
    stepping.close();
    claiming.close();
    settling.close();
    tending.close();
    probe.close();
  }
}
