package dev.prism.sdk.runtime;

import dev.prism.sdk.CallContext;
import dev.prism.sdk.Capability;
import dev.prism.sdk.Plugin;
import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.sdk.keyvalue.Item;
import dev.prism.sdk.keyvalue.Key;
import dev.prism.sdk.keyvalue.KeyValueStore;
import dev.prism.sdk.keyvalue.Scan;
import dev.prism.sdk.keyvalue.ScanSink;
import dev.prism.sdk.keyvalue.Unit;
import dev.prism.sdk.keyvalue.UnitResult;
import dev.prism.sdk.keyvalue.Write;
import dev.prism.sdk.keyvalue.WriteResult;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/** A store that remembers what it was given, and does as a test says. */
final class FakeStore implements KeyValueStore, Plugin {
  Set<Capability> capabilities = EnumSet.allOf(Capability.class);
  Set<Consistency.Level> consistencyLevels = EnumSet.allOf(Consistency.Level.class);
  Execution execution = new Execution(2, false, true);

  /** What a write throws; null: nothing. */
  volatile RuntimeException failure;

  /** Taken by each write before it does anything; a test that holds them back drains it. */
  final Semaphore gate = new Semaphore(Integer.MAX_VALUE / 2);

  /** How many keys a read takes before it has as many bytes as it may have. */
  volatile int mostRead = Integer.MAX_VALUE;

  /** As long as it holds a scan works without anything to hand out. */
  volatile BooleanSupplier isSearching = () -> false;

  final List<List<Key>> reads = Collections.synchronizedList(new ArrayList<>());
  final List<List<Unit>> writes = Collections.synchronizedList(new ArrayList<>());
  final List<String> traceparents = Collections.synchronizedList(new ArrayList<>());
  final AtomicInteger atWork = new AtomicInteger();
  volatile boolean closed;

  @Override
  public String name() {
    return "fake";
  }

  @Override
  public String backendType() {
    return "custom";
  }

  @Override
  public Optional<KeyValueStore> keyValue(PluginConfig config) {
    return Optional.of(this);
  }

  @Override
  public Set<Capability> capabilities() {
    return capabilities;
  }

  @Override
  public Set<Consistency.Level> consistencyLevels() {
    return consistencyLevels;
  }

  @Override
  public Execution execution() {
    return execution;
  }

  @Override
  public List<Item> read(String namespace, Consistency consistency, List<Key> keys, long maxBytes) {
    reads.add(List.copyOf(keys));
    traceparents.add(CallContext.current().orElseThrow().traceparent().orElse("none"));
    atWork.incrementAndGet();
    gate.acquireUninterruptibly();
    atWork.decrementAndGet();
    if (failure != null) {
      throw failure;
    }
    return keys.stream()
        .limit(mostRead)
        .map(key -> new Item(key.key().getBytes(), "e", Item.NEVER, "", Map.of()))
        .toList();
  }

  @Override
  public List<UnitResult> write(String namespace, List<Unit> units) {
    traceparents.add(CallContext.current().orElseThrow().traceparent().orElse("none"));
    writes.add(List.copyOf(units));
    atWork.incrementAndGet();
    gate.acquireUninterruptibly();
    atWork.decrementAndGet();
    if (failure != null) {
      throw failure;
    }
    return units.stream()
        .<UnitResult>map(
            unit -> new UnitResult.Applied(unit.writes().stream().map(FakeStore::result).toList()))
        .toList();
  }

  private static WriteResult result(Write write) {
    return switch (write) {
      case Write.Delete delete -> new WriteResult.Deleted(true);
      case Write.Expire expire -> new WriteResult.Expired(true, expire.expiresAtMillis());
      default -> new WriteResult.Written("e-" + write.key().key(), Item.NEVER);
    };
  }

  @Override
  public void scan(String namespace, Consistency consistency, Scan scan, ScanSink sink) {
    Item item = new Item(new byte[0], "e", Item.NEVER, "", Map.of());
    boolean wanted = true;
    while (wanted && isSearching.getAsBoolean()) {
      wanted = sink.accept(List.of());
    }
    for (int i = 0; i < 3 && wanted; i++) {
      String key = "k" + i;
      wanted = sink.accept(List.of(new ScanSink.Entry(new Key(scan.collection(), key, key), item)));
    }
  }

  @Override
  public void ping() {}

  @Override
  public void close() {
    closed = true;
  }
}
