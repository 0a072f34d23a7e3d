package dev.prism.plugin.redis;

import dev.prism.sdk.keyvalue.Key;
import dev.prism.status.PrismException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.Protocol.Command;

/**
 * Has the server forget the names of items that have expired, each second: the items go by
 * themselves. Of the namespaces that this process has been asked for.
 */
final class Sweeping implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Sweeping.class);
  private static final long EVERY_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final int AT_ONCE = 500;

  private final RedisConnections connections;
  private final InstantSource clock;
  private final Set<String> namespaces = ConcurrentHashMap.newKeySet();
  private final Thread thread;
  private volatile boolean closed;

  Sweeping(RedisSettings settings, InstantSource clock) {
    this.connections = new RedisConnections(settings, 1);
    this.clock = clock;
    this.thread = Thread.ofPlatform().name("redis-sweeping").daemon().start(this::run);
  }

  /** Looks after a namespace from now on. */
  void include(String namespace) {
    namespaces.add(namespace);
  }

  private void run() {
    while (!closed) {
      LockSupport.parkNanos(this, EVERY_NANOS);
      for (String namespace : namespaces) {
        try {
          sweep(new ItemNames(namespace));
        } catch (PrismException e) {
          LOG.debug("names of {} stay for now", namespace, e);
        } catch (RuntimeException e) {
          LOG.error("names of {} stay", namespace, e);
        }
      }
    }
  }

  private void sweep(ItemNames names) {
    long settled = AT_ONCE;
    while (settled == AT_ONCE && !closed) {
      settled = connections.read(connection -> sweep(connection, names));
    }
  }

  /** How many of the first entries are settled. */
  private long sweep(RedisConnection connection, ItemNames names) {
    List<?> due =
        (List<?>)
            connection.call(
                Command.ZRANGEBYSCORE,
                names.expiring(),
                Bytes.of("-inf"),
                Bytes.of(clock.millis()),
                Bytes.of("LIMIT"),
                Bytes.of(0),
                Bytes.of(AT_ONCE));
    Map<String, Tidying> collections = new LinkedHashMap<>();
    for (Object each : due) {
      byte[] entry = (byte[]) each;
      Key key = ItemNames.ofEntry(entry);
      collections
          .computeIfAbsent(key.collection(), collection -> new Tidying(names, collection))
          .add(names, entry, key);
    }
    long settled = 0;
    for (Tidying each : collections.values()) {
      settled += (long) connection.call(Script.TIDY, each.keys(), each.arguments());
    }
    return settled;
  }

  /** A call of {@code tidy.lua}. */
  private record Tidying(List<byte[]> keys, List<byte[]> arguments) {
    Tidying(ItemNames names, String collection) {
      this(
          new ArrayList<>(
              List.of(names.expiring(), names.names(collection), names.places(collection))),
          new ArrayList<>());
    }

    void add(ItemNames names, byte[] entry, Key key) {
      byte[] place = ItemNames.place(key);
      keys.add(names.item(key));
      arguments.addAll(Bytes.list(entry, ItemNames.name(key), place == null ? new byte[0] : place));
    }
  }

  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
    connections.close();
  }
}
