package dev.prism.plugin.dynamodb;

import dev.prism.sdk.Capability;
import dev.prism.sdk.queue.Ack;
import dev.prism.sdk.queue.AckResult;
import dev.prism.sdk.queue.Consumer;
import dev.prism.sdk.queue.Receipt;
import dev.prism.sdk.queue.Signals;
import dev.prism.sdk.reader.Patience;
import dev.prism.sdk.rows.Table;
import dev.prism.sdk.transact.Cell;
import dev.prism.sdk.transact.Inbox;
import dev.prism.sdk.transact.Isolation;
import dev.prism.sdk.transact.Once;
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
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Transactions on the tables of namespaces, each by one TransactWriteItems. Several processes may
 * serve the same tables.
 *
 * <p>docs/dynamodb.md says what is promised.
 */
final class DynamoTransactor implements Transactor {
  /** Transactions step by step that are open. */
  private static final int MOST_TRANSACTIONS = 64;

  /**
   * How many writes are under way at once, each on a connection: others wait for their turn. A
   * large one has several places, so that all together have as many bytes as the largest.
   */
  private static final int PLACES = 64;

  private static final long PLACE_BYTES = AllOrNone.MOST_BYTES / PLACES;

  /** How long it is looked whether something is remembered, while DynamoDB throttles the table. */
  private static final long PATIENCE_MILLIS = 2000;

  /** Requests of mailboxes under way at once, each on a connection. */
  private static final int MAILBOX_REQUESTS = 32;

  private final InstantSource clock;
  private final Dynamo dynamo;
  private final ItemTable items;
  private final TableCatalog catalog;
  private final TransactWrites writes;
  private final Etags calls = new Etags();
  private final Semaphore places = new Semaphore(PLACES, true);
  private final Held held = new Held();
  private final Turns turns = new Turns();
  private final Heads heads = new Heads();
  private final Together together = new Together(MAILBOX_REQUESTS);
  private final Signals<Name> signals = new Signals<>();

  /** By their mailbox, and by who owns what they are delivered. */
  private final Map<Name, Map<Long, MailboxConsumer>> readers = new ConcurrentHashMap<>();

  private final AtomicLong nextOwner = new AtomicLong(new SecureRandom().nextLong());

  /** A mailbox of a namespace. */
  private record Name(String namespace, String mailbox) {}

  /** Opens what is needed when it is needed; DynamoDB may not be there yet. */
  DynamoTransactor(DynamoSettings settings, InstantSource clock) {
    this.clock = clock;
    this.dynamo = new Dynamo(settings);
    this.items = new ItemTable(dynamo, settings);
    this.catalog = new TableCatalog(dynamo, settings);
    this.writes = new TransactWrites(dynamo, catalog, items);
  }

  @Override
  public Set<Capability> capabilities() {
    return EnumSet.of(
        Capability.MAILBOX, Capability.INBOX, Capability.IDEMPOTENCY, Capability.DURABLE);
  }

  /** All that is read is checked by the commit, so that every transaction is serializable. */
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
    return catalog.table(namespace, name);
  }

  @Override
  public WriteOutcome write(String namespace, WriteUnit unit, Patience patience) {
    Posting posting = posting(namespace);
    posting.add(unit.messages());
    if (posting.isEmpty()) {
      return write(namespace, unit, posting, patience);
    }
    items.need(namespace);
    WriteOutcome outcome =
        turns.at(
            posting.heads(),
            patience.leftMillis(),
            () -> {
              WriteOutcome written = null;
              try {
                written = write(namespace, unit, posting, patience);
                return written;
              } finally {
                remember(posting, written instanceof WriteOutcome.Committed);
              }
            });
    if (outcome instanceof WriteOutcome.Committed) {
      written(namespace, posting);
    }
    return outcome;
  }

  /** What the keys' heads are supposed to be from now on; while it is the posting's turn. */
  private static void remember(Posting posting, boolean committed) {
    if (committed) {
      posting.committed();
    } else {
      posting.refused();
    }
  }

  private WriteOutcome write(String namespace, WriteUnit unit, Posting posting, Patience patience) {
    int taken = Math.clamp(size(unit) / PLACE_BYTES, 1, PLACES);
    try {
      if (!places.tryAcquire(taken, patience.leftMillis(), TimeUnit.MILLISECONDS)) {
        throw Refusals.over();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw PrismException.of(Reason.SHUTTING_DOWN, "the plugin is shutting down");
    }
    try {
      return writes.write(
          unit, posting, remembering(namespace, unit.once(), unit.inbox()), patience);
    } finally {
      places.release(taken);
    }
  }

  /** How much a unit writes, about. */
  private static long size(WriteUnit unit) {
    long size = unit.messages().stream().mapToLong(each -> each.message().bytes()).sum();
    for (TableWrite write : unit.writes()) {
      List<Cell> cells =
          switch (write) {
            case TableWrite.Insert insert -> insert.values();
            case TableWrite.Upsert upsert -> upsert.values();
            case TableWrite.Update update -> update.values();
            case TableWrite.Delete _ -> List.of();
          };
      size += cells.stream().mapToLong(cell -> cell.value().getSerializedSize()).sum();
    }
    return size;
  }

  @Override
  public Started begin(String namespace, Start start, Patience patience) {
    Remembering remembering = remembering(namespace, start.once(), start.inbox());
    return switch (remembering.look()) {
      case Remembering.Known.Nothing _ ->
          new Started.Open(
              new DynamoTransaction(writes, remembering, mailboxes(namespace), held, patience));
      case Remembering.Known.Response _ -> new Started.Replayed();
      case Remembering.Known.Processed _ -> new Started.AlreadyProcessed();
      case Remembering.Known.Done _ -> throw new IllegalStateException("nothing was sent yet");
    };
  }

  /** The table of the values is needed only where something is to be remembered. */
  private Remembering remembering(String namespace, @Nullable Once once, @Nullable Inbox inbox) {
    if (once != null || inbox != null) {
      items.need(namespace);
    }
    return new Remembering(reads(namespace), calls.next(), once, inbox);
  }

  private Supplier<ItemReads> reads(String namespace) {
    return () ->
        new ItemReads(
            dynamo,
            items.name(),
            namespace,
            true,
            clock.millis(),
            Deadline.within(PATIENCE_MILLIS));
  }

  // ---- mailboxes ----

  private Posting posting(String namespace) {
    return new Posting(
        namespace,
        reads(namespace),
        heads,
        message -> taker(new Name(namespace, message.mailbox()), message.message().bytes()));
  }

  /** A reader of this process that waits, and keeps a place. */
  private @Nullable MailboxConsumer taker(Name mailbox, long bytes) {
    for (MailboxConsumer reader : readers(mailbox).values()) {
      if (reader.keep(bytes)) {
        return reader;
      }
    }
    return null;
  }

  private DynamoTransaction.Mailboxes mailboxes(String namespace) {
    return new DynamoTransaction.Mailboxes() {
      @Override
      public Posting posting() {
        items.need(namespace);
        return DynamoTransactor.this.posting(namespace);
      }

      @Override
      public void commit(Posting posting, Patience patience, Runnable commit) {
        turns.at(
            posting.heads(),
            patience.leftMillis(),
            () -> {
              boolean committed = false;
              try {
                commit.run();
                committed = true;
                return true;
              } finally {
                remember(posting, committed);
              }
            });
        written(namespace, posting);
      }
    };
  }

  /**
   * Hands messages that are there now to readers of this process. Of what nobody was handed all are
   * told, and of what waits for its time.
   */
  private void written(String namespace, Posting posting) {
    Set<Name> handed = new HashSet<>();
    Set<Name> news = new HashSet<>();
    posting.later().forEach(mailbox -> news.add(new Name(namespace, mailbox)));
    for (Posting.Ready ready : posting.ready()) {
      Name mailbox = new Name(namespace, ready.outgoing().mailbox());
      (hand(mailbox, ready) ? handed : news).add(mailbox);
    }
    handed.removeAll(news);
    handed.forEach(signals::raise);
    news.forEach(this::news);
  }

  /** Who has taken it is handed it, or one that waits, or the only one there is. */
  private boolean hand(Name mailbox, Posting.Ready ready) {
    MailboxConsumer taker = ready.taker();
    if (taker != null && taker.hand(ready)) {
      return true;
    }
    if (taker != null) { // it reads no more
      MailboxConsumer.giveBack(reads(mailbox.namespace()).get(), ready.item());
      return false;
    }
    Map<Long, MailboxConsumer> all = readers(mailbox);
    for (MailboxConsumer reader : all.values()) {
      if ((reader.isWaiting() || all.size() == 1) && reader.hand(ready)) {
        return true;
      }
    }
    return false;
  }

  /** Has the readers of a mailbox look. */
  private void news(Name mailbox) {
    readers(mailbox).values().forEach(MailboxConsumer::news);
    signals.raise(mailbox);
  }

  @Override
  public Consumer read(String namespace, String mailbox, long ackTimeoutMillis) {
    items.need(namespace);
    long owner = nextOwner.getAndIncrement();
    Name name = new Name(namespace, mailbox);
    MailboxConsumer reader =
        new MailboxConsumer(
            reads(namespace),
            together,
            signals.of(name),
            mailbox,
            ackTimeoutMillis,
            owner,
            () ->
                readers.computeIfPresent(
                    name,
                    (_, all) -> {
                      all.remove(owner);
                      return all.isEmpty() ? null : all;
                    }),
            () -> news(name));
    readers.compute(
        name,
        (_, all) -> {
          Map<Long, MailboxConsumer> with = all == null ? new ConcurrentHashMap<>() : all;
          with.put(owner, reader);
          return with;
        });
    return reader;
  }

  /** Those of a mailbox. */
  private Map<Long, MailboxConsumer> readers(Name mailbox) {
    return readers.getOrDefault(mailbox, Map.of());
  }

  @Override
  public List<SettlementResult> acknowledge(String namespace, List<Settlement> settlements) {
    items.need(namespace);
    List<SettlementResult> results =
        new MailboxSettling(
                dynamo,
                reads(namespace),
                together,
                turns,
                heads,
                receipt -> delivered(namespace, receipt),
                mailbox -> news(new Name(namespace, mailbox)),
                each -> remembering(namespace, each.once(), null))
            .run(settlements);
    for (int i = 0; i < results.size(); i++) {
      if (results.get(i) instanceof SettlementResult.Settled(List<AckResult> settled)) {
        for (int j = 0; j < settled.size(); j++) {
          settled(namespace, settlements.get(i).acks().get(j), settled.get(j));
        }
      }
    }
    return results;
  }

  private MailboxItems.@Nullable Ready delivered(String namespace, Receipt receipt) {
    MailboxConsumer reader = readers(new Name(namespace, receipt.topic())).get(receipt.owner());
    return reader == null ? null : reader.delivered(receipt.offset());
  }

  private void settled(String namespace, Ack ack, AckResult result) {
    if (!(result instanceof AckResult.Taken(long deadlineMillis))) {
      return;
    }
    Name mailbox = new Name(namespace, ack.receipt().topic());
    MailboxConsumer reader = readers(mailbox).get(ack.receipt().owner());
    if (reader == null) {
      return;
    }
    if (ack.outcome() instanceof Ack.Outcome.Extended) {
      reader.extended(ack.receipt().offset(), deadlineMillis);
    } else {
      reader.settled(ack.receipt().offset());
    }
  }

  @Override
  public void ping() {
    if (!dynamo.probe(client -> client.describeTable(ask -> ask.tableName(items.name())))) {
      items.missing(); // the next call looks what is to be done about it
    }
  }

  @Override
  public void close() {
    together.close();
    dynamo.close();
  }
}
