package dev.prism.plugin.dynamodb;

import dev.prism.sdk.Capability;
import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.sdk.keyvalue.Item;
import dev.prism.sdk.keyvalue.Key;
import dev.prism.sdk.keyvalue.KeyValueStore;
import dev.prism.sdk.keyvalue.Scan;
import dev.prism.sdk.keyvalue.ScanSink;
import dev.prism.sdk.keyvalue.Unit;
import dev.prism.sdk.keyvalue.UnitResult;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * Values in one table. DynamoDB takes one request a connection at a time, so that a batch is as few
 * requests as it can be, side by side.
 *
 * <p>docs/dynamodb.md says what is promised.
 */
final class DynamoStore implements KeyValueStore {
  /** How long a call is tried again while DynamoDB throttles it; others wait behind it. */
  private static final long PATIENCE_MILLIS = 2000;

  /** How many requests of a batch of writes are under way at once. */
  private static final int WRITES_UNDER_WAY = 32;

  private final InstantSource clock;
  private final Execution execution;
  private final Dynamo dynamo;
  private final ItemTable table;
  private final Etags etags = new Etags();
  private final Together together = new Together(WRITES_UNDER_WAY);

  /** Opens what is needed when it is needed; DynamoDB may not be there yet. */
  DynamoStore(DynamoSettings settings, InstantSource clock) {
    this.clock = clock;
    this.execution = new Execution(settings.connections(), false, true);
    this.dynamo = new Dynamo(settings);
    this.table = new ItemTable(dynamo, settings);
  }

  @Override
  public Set<Capability> capabilities() {
    return EnumSet.of(
        Capability.TTL,
        Capability.PRECONDITIONS,
        Capability.COMPARE_AND_SWAP,
        Capability.ATOMIC_BATCH,
        Capability.IDEMPOTENCY,
        Capability.DURABLE);
  }

  /** A consistent read is a bounded one, too: DynamoDB does not say how old another is. */
  @Override
  public Set<Consistency.Level> consistencyLevels() {
    return EnumSet.allOf(Consistency.Level.class);
  }

  @Override
  public int maxValueBytes() {
    return ItemAttributes.MOST_VALUE_BYTES;
  }

  @Override
  public Execution execution() {
    return execution;
  }

  private ItemReads reads(String namespace, boolean consistent) {
    table.need(namespace);
    return new ItemReads(
        dynamo,
        table.name(),
        namespace,
        consistent,
        clock.millis(),
        Deadline.within(PATIENCE_MILLIS));
  }

  private static boolean isConsistent(Consistency consistency) {
    return consistency.level() != Consistency.Level.EVENTUAL;
  }

  @Override
  public List<@Nullable Item> read(
      String namespace, Consistency consistency, List<Key> keys, long maxBytes) {
    return reads(namespace, isConsistent(consistency)).read(keys, maxBytes);
  }

  @Override
  public List<UnitResult> write(String namespace, List<Unit> units) {
    return new ItemWrites(reads(namespace, true), etags, units).run(together);
  }

  @Override
  public void scan(String namespace, Consistency consistency, Scan scan, ScanSink sink) {
    String partition = scan.partition();
    if (partition == null) {
      throw new IllegalStateException("a scan of all partitions is not declared");
    }
    Map<String, AttributeValue> after =
        reads(namespace, isConsistent(consistency)).start(scan, partition);
    long left = scan.limit();
    while (after != null && left > 0) {
      ItemReads.Page page =
          reads(namespace, isConsistent(consistency)).page(scan, partition, after, left);
      // A sink that is given nothing says whether anybody waits: pages may hold expired items
      // alone.
      if (page.entries().isEmpty()
          ? !sink.accept(List.of())
          : !ItemReads.give(page.entries(), sink)) {
        return;
      }
      left -= page.entries().size();
      after = page.next();
    }
  }

  @Override
  public void ping() {
    if (!dynamo.probe(client -> client.describeTable(ask -> ask.tableName(table.name())))) {
      table.missing(); // the next call looks what is to be done about it
    }
  }

  @Override
  public void close() {
    together.close();
    dynamo.close();
  }
}
