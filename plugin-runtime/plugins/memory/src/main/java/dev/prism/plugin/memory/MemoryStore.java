package dev.prism.plugin.memory;

import com.google.rpc.Status;
import dev.prism.plugin.memory.StoredItem.Content;
import dev.prism.sdk.Capability;
import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.sdk.keyvalue.Item;
import dev.prism.sdk.keyvalue.Key;
import dev.prism.sdk.keyvalue.KeyValueStore;
import dev.prism.sdk.keyvalue.Scan;
import dev.prism.sdk.keyvalue.ScanSink;
import dev.prism.sdk.keyvalue.Unit;
import dev.prism.sdk.keyvalue.UnitResult;
import dev.prism.sdk.keyvalue.Write;
import dev.prism.sdk.keyvalue.Write.Condition;
import dev.prism.sdk.keyvalue.Write.Expiry;
import dev.prism.sdk.keyvalue.WriteResult;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Items in concurrent ordered maps. Reads and writes come on the link's one thread, so they need no
 * lock and see each other whole; scans come on other threads, and see an atomic batch whole within
 * a page, because a page during which one was applied is read again.
 */
final class MemoryStore implements KeyValueStore {
  private static final Execution EXECUTION = new Execution(4, true, false);
  private static final Set<Capability> CAPABILITIES =
      EnumSet.of(
          Capability.TTL,
          Capability.PRECONDITIONS,
          Capability.COMPARE_AND_SWAP,
          Capability.GLOBAL_SCAN,
          Capability.ATOMIC_BATCH);

  /** How many expired items a call removes beside its own work. */
  private static final int SWEEP = 32;

  private final InstantSource clock;
  private final long maxBytes;
  private final Map<String, Map<String, Table>> namespaces = new ConcurrentHashMap<>();
  private final TreeSet<Expiring> expiring = new TreeSet<>();
  private long number;
  private long bytes;

  /** Odd while an atomic batch is being applied. */
  private volatile long atomicBatches;

  /** An item that will expire, and the table that it is in. */
  private record Expiring(StoredItem stored, Table table, String namespace)
      implements Comparable<Expiring> {
    @Override
    public int compareTo(Expiring other) {
      return StoredItem.BY_EXPIRY.compare(stored, other.stored);
    }
  }

  MemoryStore(InstantSource clock, long maxBytes) {
    this.clock = clock;
    this.maxBytes = maxBytes;
  }

  @Override
  public Set<Capability> capabilities() {
    return CAPABILITIES;
  }

  @Override
  public Set<Consistency.Level> consistencyLevels() {
    // Reads see every acknowledged write, whatever was asked for.
    return EnumSet.allOf(Consistency.Level.class);
  }

  @Override
  public Execution execution() {
    return EXECUTION;
  }

  @Override
  public List<@Nullable Item> read(
      String namespace, Consistency consistency, List<Key> keys, long maxBytes) {
    // All of them, however large: they are in memory already.
    long now = clock.millis();
    sweep(now, SWEEP);
    @Nullable Item[] items = new Item[keys.size()];
    for (int i = 0; i < items.length; i++) {
      Key key = keys.get(i);
      Table table = table(namespace, key.collection());
      StoredItem stored = table == null ? null : table.get(key);
      items[i] = stored == null ? null : stored.item(now);
    }
    return Arrays.asList(items);
  }

  @Override
  public List<UnitResult> write(String namespace, List<Unit> units) {
    long now = clock.millis();
    sweep(now, SWEEP);
    List<UnitResult> results = new ArrayList<>(units.size());
    for (Unit unit : units) {
      results.add(
          unit.atomic()
              ? writeAtomic(namespace, unit.writes(), now)
              : new UnitResult.Applied(
                  unit.writes().stream().map(write -> write(namespace, write, now)).toList()));
    }
    return results;
  }

  private WriteResult write(String namespace, Write write, long now) {
    Change change = plan(namespace, write, now);
    WriteResult full = room(change.growth(), now);
    if (full != null) {
      return full;
    }
    apply(namespace, change);
    return change.result();
  }

  private UnitResult writeAtomic(String namespace, List<Write> writes, long now) {
    // Each key is there once, so what one write finds does not depend on the others.
    List<Change> changes = new ArrayList<>(writes.size());
    long growth = 0;
    for (Write write : writes) {
      Change change = plan(namespace, write, now);
      if (change.result() instanceof WriteResult.Failed failed) {
        return new UnitResult.Failed(failed.status());
      }
      changes.add(change);
      growth += change.growth();
    }
    WriteResult.Failed full = room(growth, now);
    if (full != null) {
      return new UnitResult.Failed(full.status());
    }
    long before = atomicBatches;
    atomicBatches = before + 1;
    try {
      changes.forEach(change -> apply(namespace, change));
    } finally {
      atomicBatches = before + 2;
    }
    return new UnitResult.Applied(changes.stream().map(Change::result).toList());
  }

  /**
   * What a write will do.
   *
   * @param before the item there, expired or not
   * @param after what is to be there; null: none
   * @param changes false where the write does nothing
   */
  private record Change(
      Key key,
      @Nullable StoredItem before,
      @Nullable Content after,
      boolean changes,
      WriteResult result) {
    long growth() {
      if (!changes) {
        return 0;
      }
      if (after == null) {
        return before == null ? 0 : -before.bytes();
      }
      return before == null ? StoredItem.bytes(key, after) : before.growth(after);
    }
  }

  private Change plan(String namespace, Write write, long now) {
    Key key = write.key();
    Table table = table(namespace, key.collection());
    StoredItem before = table == null ? null : table.get(key);
    StoredItem present = before == null || before.isExpired(now) ? null : before;
    return switch (write) {
      case Write.Put put -> {
        Status refusal = refusal(put.condition(), present);
        yield refusal != null
            ? unchanged(key, new WriteResult.Failed(refusal))
            : written(
                key,
                before,
                new Content(
                    put.value(),
                    ++number,
                    expiry(put.expiry(), present),
                    put.contentType(),
                    put.metadata()));
      }
      case Write.Delete delete -> {
        Status refusal = refusal(delete.condition(), present);
        yield refusal != null
            ? unchanged(key, new WriteResult.Failed(refusal))
            : new Change(key, before, null, true, new WriteResult.Deleted(present != null));
      }
      case Write.CompareAndSwap swap -> {
        byte[] expected = swap.expected();
        boolean asExpected =
            present == null ? expected == null : expected != null && present.hasValue(expected);
        yield !asExpected
            ? unchanged(key, new WriteResult.NotSwapped(present == null ? null : present.item()))
            : written(
                key,
                before,
                new Content(
                    swap.value(),
                    ++number,
                    expiry(swap.expiry(), present),
                    swap.contentType(),
                    swap.metadata()));
      }
      case Write.Expire expire ->
          present == null
              ? unchanged(key, new WriteResult.Expired(false, Item.NEVER))
              : new Change(
                  key,
                  before,
                  present.expiring(expire.expiresAtMillis()),
                  true,
                  new WriteResult.Expired(true, expire.expiresAtMillis()));
    };
  }

  private static Change written(Key key, @Nullable StoredItem before, Content content) {
    return new Change(
        key,
        before,
        content,
        true,
        new WriteResult.Written(content.etag(), content.expiresAtMillis()));
  }

  private static Change unchanged(Key key, WriteResult result) {
    return new Change(key, null, null, false, result);
  }

  private static long expiry(Expiry expiry, @Nullable StoredItem present) {
    return switch (expiry) {
      case Expiry.Never never -> Item.NEVER;
      case Expiry.At at -> at.millis();
      case Expiry.Keep keep -> present == null ? Item.NEVER : present.expiresAtMillis();
    };
  }

  private static @Nullable Status refusal(Condition condition, @Nullable StoredItem present) {
    return switch (condition) {
      case Condition.None none -> null;
      case Condition.IfEtag(String etag) ->
          present != null && present.hasEtag(etag)
              ? null
              : PrismException.status(
                  Reason.ETAG_MISMATCH, "the item's etag is another; read it and decide again");
      case Condition.IfAbsent absent ->
          present == null
              ? null
              : PrismException.status(Reason.KEY_EXISTS, "there is an item under this key");
      case Condition.IfPresent there ->
          present != null
              ? null
              : PrismException.status(Reason.KEY_ABSENT, "there is no item under this key");
    };
  }

  private WriteResult.@Nullable Failed room(long growth, long now) {
    if (growth <= 0 || bytes + growth <= maxBytes) {
      return null;
    }
    sweep(now, Integer.MAX_VALUE);
    if (bytes + growth <= maxBytes) {
      return null;
    }
    return new WriteResult.Failed(
        PrismException.status(
            Reason.BACKEND_FULL,
            "the memory backend holds all that it may (PRISM_MEMORY_MAX_BYTES); remove items"));
  }

  private void apply(String namespace, Change change) {
    if (!change.changes()) {
      return;
    }
    Key key = change.key();
    Table table = table(namespace, key.collection());
    Content after = change.after();
    if (table == null) {
      if (after == null) {
        return;
      }
      table =
          namespaces
              .computeIfAbsent(namespace, name -> new ConcurrentHashMap<>())
              .computeIfAbsent(key.collection(), name -> new Table());
    }
    // What a sweep on the way here has removed is not there any more.
    StoredItem stored = table.get(key);
    if (stored != null) {
      forget(namespace, table, stored);
    }
    if (after == null) {
      if (stored != null) {
        remove(namespace, table, key);
      }
      return;
    }
    if (stored != null) {
      stored.set(after);
    } else {
      stored = new StoredItem(key, after);
      table.put(stored);
    }
    bytes += stored.bytes();
    if (stored.expires()) {
      expiring.add(new Expiring(stored, table, namespace));
    }
  }

  private void forget(String namespace, Table table, StoredItem stored) {
    bytes -= stored.bytes();
    if (stored.expires()) {
      expiring.remove(new Expiring(stored, table, namespace));
    }
  }

  private void remove(String namespace, Table table, Key key) {
    table.remove(key);
    Map<String, Table> tables = namespaces.get(namespace);
    if (table.isEmpty() && tables != null) {
      tables.remove(key.collection());
      if (tables.isEmpty()) {
        namespaces.remove(namespace);
      }
    }
  }

  /** Removes expired items, the first to expire first. */
  private void sweep(long now, int most) {
    for (int i = 0; i < most && !expiring.isEmpty(); i++) {
      Expiring first = expiring.first();
      if (!first.stored().isExpired(now)) {
        return;
      }
      forget(first.namespace(), first.table(), first.stored());
      remove(first.namespace(), first.table(), first.stored().key());
    }
  }

  /** The items of a collection, or null where it has none; any thread. */
  @Nullable Table table(String namespace, String collection) {
    Map<String, Table> tables = namespaces.get(namespace);
    return tables == null ? null : tables.get(collection);
  }

  @Override
  public void scan(String namespace, Consistency consistency, Scan scan, ScanSink sink) {
    new MemoryScan(scan, () -> table(namespace, scan.collection()), clock, () -> atomicBatches)
        .run(sink);
  }

  @Override
  public void ping() {
    // It answers for as long as its process does.
  }

  @Override
  public void close() {
    namespaces.clear();
    expiring.clear();
    bytes = 0;
  }
}
