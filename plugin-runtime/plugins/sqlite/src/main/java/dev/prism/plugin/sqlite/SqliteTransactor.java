package dev.prism.plugin.sqlite;

import dev.prism.plugin.sqlite.MailboxRows.Held;
import dev.prism.sdk.Capability;
import dev.prism.sdk.queue.Ack;
import dev.prism.sdk.queue.AckResult;
import dev.prism.sdk.queue.Consumer;
import dev.prism.sdk.queue.Leases;
import dev.prism.sdk.queue.Receipt;
import dev.prism.sdk.queue.Signals;
import dev.prism.sdk.reader.Patience;
import dev.prism.sdk.rows.Table;
import dev.prism.sdk.transact.Isolation;
import dev.prism.sdk.transact.Once;
import dev.prism.sdk.transact.Outgoing;
import dev.prism.sdk.transact.Settlement;
import dev.prism.sdk.transact.SettlementResult;
import dev.prism.sdk.transact.Start;
import dev.prism.sdk.transact.Started;
import dev.prism.sdk.transact.TableWrite;
import dev.prism.sdk.transact.Transactor;
import dev.prism.sdk.transact.WriteOutcome;
import dev.prism.sdk.transact.WriteUnit;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Transactions on the tables of a namespace's file, and mailboxes in it. Each file has one writer;
 * see {@link TableLane}. Every transaction is serializable, and has all rows that it reads to
 * itself.
 *
 * <p>docs/sqlite.md says what is promised.
 */
final class SqliteTransactor implements Transactor {
  /** Transactions step by step that are open or wait for those that are. */
  private static final int MOST_TRANSACTIONS = 64;

  /** How long acknowledgements wait for a transaction that has the file alone. */
  private static final long ACK_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final TablesFiles files;
  private final InstantSource clock;
  private final Signals<Name> signals = new Signals<>();
  private final AtomicLong nextOwner = new AtomicLong(1);
  private final AtomicLong nextToken = new AtomicLong(new SecureRandom().nextLong());

  private record Name(String namespace, String mailbox) {}

  SqliteTransactor(TablesFiles files, InstantSource clock) {
    this.files = files;
    this.clock = clock;
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

  /** One look at a time, so that there is a reader for it beside those that read. */
  @Override
  public synchronized @Nullable Table table(String namespace, String name) {
    TablesFile file = files.find(namespace);
    return file == null ? null : file.readers().with(reads -> reads.table(name)).orElse(null);
  }

  private TableLane lane(String namespace) {
    return files.create(namespace).lane();
  }

  // ---- transactions ----

  @Override
  public WriteOutcome write(String namespace, WriteUnit unit, Patience patience) {
    WriteOutcome outcome = lane(namespace).run(tables -> write(tables, namespace, unit), patience);
    if (outcome instanceof WriteOutcome.Committed) {
      Set<String> mailboxes = new HashSet<>();
      unit.messages().forEach(message -> mailboxes.add(message.mailbox()));
      raise(namespace, mailboxes);
    }
    return outcome;
  }

  private WriteOutcome write(TableWrites tables, String namespace, WriteUnit unit)
      throws SQLException {
    long now = clock.millis();
    Once once = unit.once();
    byte[] response = once == null ? null : known(tables, namespace, once);
    if (response != null) {
      return new WriteOutcome.Replayed(response);
    }
    if (unit.inbox() != null && !tables.processed.add(unit.inbox(), now)) {
      return new WriteOutcome.AlreadyProcessed();
    }
    List<Integer> rows = new ArrayList<>(unit.writes().size());
    for (TableWrite write : unit.writes()) {
      rows.add(tables.write(write));
    }
    for (Outgoing message : unit.messages()) {
      tables.put(message, now);
    }
    if (once != null) {
      remember(tables, namespace, once, unit.encode().apply(rows));
    }
    return new WriteOutcome.Committed(rows);
  }

  /** The response remembered under a key; null where there is none. */
  private static byte @Nullable [] known(TableWrites tables, String namespace, Once once)
      throws SQLException {
    Remembered.Known known =
        tables.remembered.find(namespace, once.scope(), once.key(), once.fingerprint());
    if (known == null) {
      return null;
    }
    if (!known.same()) {
      throw PrismException.of(Reason.IDEMPOTENCY_KEY_REUSED, Failures.keyReused().getMessage());
    }
    return known.response();
  }

  private void remember(TableWrites tables, String namespace, Once once, byte[] response)
      throws SQLException {
    tables.remembered.add(
        namespace, once.scope(), once.key(), clock.millis(), once.fingerprint(), response);
  }

  @Override
  public Started begin(String namespace, Start start, Patience patience) {
    TableSession session =
        new TableSession(
            tables -> opening(tables, namespace, start),
            start,
            patience,
            clock,
            mailboxes -> raise(namespace, mailboxes));
    return lane(namespace).begin(session, patience);
  }

  private Optional<Started> opening(TableWrites tables, String namespace, Start start)
      throws SQLException {
    Once once = start.once();
    if (once != null) {
      if (known(tables, namespace, once) != null) {
        return Optional.of(new Started.Replayed());
      }
      remember(tables, namespace, once, new byte[0]);
    }
    return start.inbox() != null && !tables.processed.add(start.inbox(), clock.millis())
        ? Optional.of(new Started.AlreadyProcessed())
        : Optional.empty();
  }

  // ---- mailboxes ----

  private void raise(String namespace, Set<String> mailboxes) {
    mailboxes.forEach(mailbox -> signals.raise(new Name(namespace, mailbox)));
  }

  /** A token that no other delivery has. */
  long token() {
    long token = nextToken.getAndIncrement();
    return token == 0 ? nextToken.getAndIncrement() : token; // 0 is nobody's
  }

  @Override
  public Consumer read(String namespace, String mailbox, long ackTimeoutMillis) {
    return new MailboxConsumer(
        this,
        lane(namespace),
        clock,
        signals.of(new Name(namespace, mailbox)),
        mailbox,
        ackTimeoutMillis,
        nextOwner.getAndIncrement());
  }

  @Override
  public List<SettlementResult> acknowledge(String namespace, List<Settlement> settlements) {
    Set<String> changed = new HashSet<>();
    List<SettlementResult> results =
        lane(namespace)
            .within(ACK_NANOS, tables -> settle(tables, namespace, settlements, changed))
            .orElseThrow(
                () ->
                    PrismException.of(
                        Reason.OVERLOADED,
                        "a transaction has the namespace's tables alone; try again after it"));
    raise(namespace, changed);
    return results;
  }

  private List<SettlementResult> settle(
      TableWrites tables, String namespace, List<Settlement> settlements, Set<String> changed)
      throws SQLException {
    List<SettlementResult> results = new ArrayList<>(settlements.size());
    for (Settlement settlement : settlements) {
      results.add(settle(tables, namespace, settlement, changed));
    }
    return results;
  }

  private SettlementResult settle(
      TableWrites tables, String namespace, Settlement settlement, Set<String> changed)
      throws SQLException {
    Once once = settlement.once();
    byte[] response;
    try {
      response = once == null ? null : known(tables, namespace, once);
    } catch (PrismException reused) {
      return new SettlementResult.Failed(reused.status());
    }
    if (response != null) {
      return new SettlementResult.Replayed(response);
    }
    List<AckResult> results = new ArrayList<>(settlement.acks().size());
    for (Ack ack : settlement.acks()) {
      results.add(settle(tables, ack, changed));
    }
    if (once != null) {
      remember(tables, namespace, once, settlement.encode().apply(results));
    }
    return new SettlementResult.Settled(results);
  }

  private AckResult settle(TableWrites tables, Ack ack, Set<String> changed) throws SQLException {
    long now = clock.millis();
    Receipt receipt = ack.receipt();
    Held held = tables.mailbox.find(receipt.topic(), receipt.offset(), receipt.token(), now);
    if (held == null) {
      return Leases.expired();
    }
    if (ack.outcome() instanceof Ack.Outcome.Extended(long byMillis)) {
      tables.mailbox.postpone(held, now + byMillis, receipt.owner(), receipt.token());
      return new AckResult.Taken(now + byMillis);
    }
    switch (ack.outcome()) {
      case Ack.Outcome.Done _ -> tables.mailbox.remove(held, now);
      case Ack.Outcome.Dead(String _, String reason) -> tables.mailbox.bury(held, reason, now);
      case Ack.Outcome.Again(long delayMillis) ->
          tables.mailbox.postpone(held, now + delayMillis, 0, 0);
      case Ack.Outcome.Extended _ -> throw new IllegalStateException("done above");
    }
    changed.add(receipt.topic());
    return new AckResult.Taken(0);
  }

  @Override
  public void ping() {
    // The disk is asked by the values' own ping.
  }

  @Override
  public void close() {
    files.close();
  }
}
