package dev.prism.plugin.nats;

import dev.prism.sdk.Capability;
import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.sdk.keyvalue.Item;
import dev.prism.sdk.keyvalue.Key;
import dev.prism.sdk.keyvalue.KeyValueStore;
import dev.prism.sdk.keyvalue.Scan;
import dev.prism.sdk.keyvalue.ScanSink;
import dev.prism.sdk.keyvalue.Unit;
import dev.prism.sdk.keyvalue.UnitResult;
import io.nats.client.api.StreamConfiguration;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Values in KV buckets, one a collection.
 *
 * <p>docs/nats.md says what is promised; docs/decisions/nats-items.md why it is done so.
 */
final class NatsStore implements KeyValueStore {
  private static final Set<Capability> CAPABILITIES =
      EnumSet.of(
          Capability.TTL,
          Capability.PRECONDITIONS,
          Capability.COMPARE_AND_SWAP,
          Capability.GLOBAL_SCAN,
          Capability.DURABLE);

  /** Batches of reads that are under way at once, on the one connection. */
  private static final int READERS = 4;

  private static final Duration PING = Duration.ofSeconds(1);

  private final NatsLink link;
  private final NatsSettings settings;
  private final InstantSource clock;
  private final Buckets buckets;
  private final Gets gets;
  private final Sweeper sweeper;
  private final Windows windows = new Windows();

  NatsStore(NatsLink link, NatsSettings settings, InstantSource clock) {
    this.link = link;
    this.settings = settings;
    this.clock = clock;
    this.buckets = new Buckets(settings);
    this.gets = new Gets(settings, buckets);
    this.sweeper = new Sweeper(link, settings, buckets, gets, clock);
  }

  @Override
  public Set<Capability> capabilities() {
    return CAPABILITIES;
  }

  /** EVENTUAL is less than the others here, and cheaper; a bounded staleness none at all. */
  @Override
  public Set<Consistency.Level> consistencyLevels() {
    return EnumSet.allOf(Consistency.Level.class);
  }

  @Override
  public Execution execution() {
    return new Execution(READERS, false, true);
  }

  @Override
  public List<@Nullable Item> read(
      String namespace, Consistency consistency, List<Key> keys, long maxBytes) {
    List<Gets.Place> places = new ArrayList<>(keys.size());
    for (Key key : keys) {
      Bucket bucket = Bucket.of(namespace, key.collection());
      places.add(new Gets.Place(bucket, bucket.subject(key)));
    }
    Session session = link.await(settings.timeout().toNanos());
    long now = clock.millis();
    List<@Nullable Item> items = new ArrayList<>(keys.size());
    for (Entry found : gets.last(session, consistency, places, maxBytes)) {
      items.add(found != null && found.isThere(now) ? found.item() : null);
    }
    return items;
  }

  @Override
  public List<UnitResult> write(String namespace, List<Unit> units) {
    Session session = link.await(settings.timeout().toNanos());
    return new ItemWrites(session, settings, buckets, gets, sweeper, clock).write(namespace, units);
  }

  @Override
  public void scan(String namespace, Consistency consistency, Scan scan, ScanSink sink) {
    Bucket bucket = Bucket.of(namespace, scan.collection());
    Session session = link.await(settings.timeout().toNanos());
    StreamConfiguration stream = buckets.look(session, bucket);
    if (stream == null) {
      return;
    }
    long window = windows.take();
    try {
      new ItemScan(link, settings, gets, clock, bucket, consistency, scan, sink, window)
          .run(stream);
    } finally {
      windows.give(window);
    }
  }

  @Override
  public void ping() {
    if (!link.session().answers(PING)) {
      throw Failures.unreachable();
    }
  }

  @Override
  public void close() {
    sweeper.close();
    link.close();
  }
}
