package dev.prism.plugin.dynamodb;

import dev.prism.sdk.Capability;
import dev.prism.sdk.reader.Patience;
import dev.prism.sdk.rows.Table;
import dev.prism.sdk.transact.Cell;
import dev.prism.sdk.transact.Inbox;
import dev.prism.sdk.transact.Isolation;
import dev.prism.sdk.transact.Once;
import dev.prism.sdk.transact.Start;
import dev.prism.sdk.transact.Started;
import dev.prism.sdk.transact.TableWrite;
import dev.prism.sdk.transact.Transactor;
import dev.prism.sdk.transact.WriteOutcome;
import dev.prism.sdk.transact.WriteUnit;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
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

  private final InstantSource clock;
  private final Dynamo dynamo;
  private final ItemTable items;
  private final TableCatalog catalog;
  private final TransactWrites writes;
  private final Etags calls = new Etags();
  private final Semaphore places = new Semaphore(PLACES, true);
  private final Held held = new Held();

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
    return EnumSet.of(Capability.INBOX, Capability.IDEMPOTENCY, Capability.DURABLE);
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
      return writes.write(unit, remembering(namespace, unit.once(), unit.inbox()), patience);
    } finally {
      places.release(taken);
    }
  }

  /** How much a unit writes, about. */
  private static long size(WriteUnit unit) {
    long size = 0;
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
          new Started.Open(new DynamoTransaction(writes, remembering, held, patience));
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
    return new Remembering(
        () ->
            new ItemReads(
                dynamo,
                items.name(),
                namespace,
                true,
                clock.millis(),
                Deadline.within(PATIENCE_MILLIS)),
        calls.next(),
        once,
        inbox);
  }

  @Override
  public void ping() {
    if (!dynamo.probe(client -> client.describeTable(ask -> ask.tableName(items.name())))) {
      items.missing(); // the next call looks what is to be done about it
    }
  }

  @Override
  public void close() {
    dynamo.close();
  }
}
