package dev.prism.plugin.redis;

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
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Values as strings of a Redis server, with sorted sets of their names to scan. Every read and
 * write goes to the server that the address names, which does one after the other, so that all
 * consistency levels are strong by nature.
 *
 * <p>docs/redis.md says what is promised.
 */
final class RedisStore implements KeyValueStore {
  private final Set<Capability> capabilities;
  private final Execution execution;
  private final RedisConnections reading;
  private final RedisConnections writing;
  private final Server server;
  private final Sweeping sweeping;
  private final Etags etags = new Etags();

  private RedisStore(RedisSettings settings, InstantSource clock, boolean durable) {
    this.capabilities =
        EnumSet.of(
            Capability.TTL,
            Capability.PRECONDITIONS,
            Capability.COMPARE_AND_SWAP,
            Capability.GLOBAL_SCAN,
            Capability.ATOMIC_BATCH,
            Capability.IDEMPOTENCY);
    if (durable) {
      capabilities.add(Capability.DURABLE);
    }
    this.execution = new Execution(settings.poolSize(), false, true);
    this.reading = new RedisConnections(settings, settings.poolSize());
    this.writing = new RedisConnections(settings, 1);
    this.server = new Server(settings);
    this.sweeping = new Sweeping(settings, clock);
  }

  /** Opens it, whether or not the server is there. */
  static RedisStore open(RedisSettings settings, InstantSource clock) {
    return new RedisStore(settings, clock, Server.isDurable(settings));
  }

  @Override
  public Set<Capability> capabilities() {
    return EnumSet.copyOf(capabilities);
  }

  @Override
  public Set<Consistency.Level> consistencyLevels() {
    return EnumSet.allOf(Consistency.Level.class);
  }

  @Override
  public Execution execution() {
    return execution;
  }

  @Override
  public List<@Nullable Item> read(
      String namespace, Consistency consistency, List<Key> keys, long maxBytes) {
    ItemNames names = names(namespace);
    return reading.readAnew(connection -> ItemReads.read(connection, names, keys, maxBytes));
  }

  @Override
  public List<UnitResult> write(String namespace, List<Unit> units) {
    ItemNames names = names(namespace);
    return writing.write(
        connection ->
            PlainPuts.are(units)
                ? PlainPuts.run(connection, names, units, etags)
                : CheckedWrites.run(connection, names, units, etags));
  }

  @Override
  public void scan(String namespace, Consistency consistency, Scan scan, ScanSink sink) {
    new ItemScan(reading, names(namespace), scan).run(sink);
  }

  private ItemNames names(String namespace) {
    sweeping.include(namespace);
    return new ItemNames(namespace);
  }

  @Override
  public void ping() {
    server.ping(reading, writing);
  }

  @Override
  public void close() {
    sweeping.close();
    reading.close();
    writing.close();
    server.close();
  }
}
