package dev.prism.plugin.redis;

import dev.prism.sdk.keyvalue.Item;
import dev.prism.sdk.keyvalue.Unit;
import dev.prism.sdk.keyvalue.UnitResult;
import dev.prism.sdk.keyvalue.Write;
import dev.prism.sdk.keyvalue.WriteResult;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * A batch of puts on no condition: one transaction, which the server syncs once and which costs it
 * half of what a script does (docs/decisions/redis-items.md).
 */
final class PlainPuts {
  private static final Logger LOG = LoggerFactory.getLogger(PlainPuts.class);
  private static final byte[] SCORE = Bytes.of(0);
  private static final byte[] AT = Bytes.of("PXAT");

  private final ItemNames names;
  private final List<byte[]> staying = new ArrayList<>();
  private final List<byte[]> entries = new ArrayList<>();
  private final Map<String, List<byte[]>> named = new LinkedHashMap<>();
  private final Map<String, List<byte[]>> placed = new LinkedHashMap<>();

  private PlainPuts(ItemNames names) {
    this.names = names;
  }

  /** Whether there is nothing to look at before. */
  static boolean are(List<Unit> units) {
    return units.stream()
        .allMatch(
            unit ->
                unit.idempotency() == null && unit.writes().stream().allMatch(PlainPuts::isPlain));
  }

  private static boolean isPlain(Write write) {
    return write instanceof Write.Put put
        && put.condition() instanceof Write.Condition.None
        && !(put.expiry() instanceof Write.Expiry.Keep);
  }

  static List<UnitResult> run(
      RedisConnection connection, ItemNames names, List<Unit> units, Etags etags) {
    PlainPuts puts = new PlainPuts(names);
    connection.send(Command.MULTI);
    List<UnitResult> results = new ArrayList<>(units.size());
    for (Unit unit : units) {
      List<WriteResult> written = new ArrayList<>(unit.writes().size());
      for (Write write : unit.writes()) {
        written.add(puts.add(connection, (Write.Put) write, etags.next()));
      }
      results.add(new UnitResult.Applied(written));
    }
    puts.send(connection);
    connection.send(Command.EXEC);
    check(connection.replies());
    return results;
  }

  private WriteResult add(RedisConnection connection, Write.Put put, byte[] etag) {
    String collection = put.key().collection();
    byte[] name = ItemNames.name(put.key());
    byte[] place = ItemNames.place(put.key());
    byte[] key = names.item(collection, name);
    long expiry = put.expiry() instanceof Write.Expiry.At(long millis) ? millis : Item.NEVER;
    byte[] item = StoredItem.encode(put.value(), etag, expiry, put.contentType(), put.metadata());
    if (expiry == Item.NEVER) {
      staying.add(key);
      staying.add(item);
    } else {
      byte[] at = Bytes.of(expiry);
      connection.send(Command.SET, key, item, AT, at);
      entries.add(at);
      entries.add(ItemNames.entry(collection, name));
    }
    sort(named, collection, name);
    if (place != null) {
      sort(placed, collection, place);
    }
    return new WriteResult.Written(StoredItem.etag(etag), expiry);
  }

  private static void sort(Map<String, List<byte[]>> sets, String collection, byte[] member) {
    List<byte[]> members = sets.computeIfAbsent(collection, _ -> new ArrayList<>());
    members.add(SCORE);
    members.add(member);
  }

  private void send(RedisConnection connection) {
    if (!staying.isEmpty()) {
      connection.send(Command.MSET, staying.toArray(byte[][]::new));
    }
    named.forEach((collection, members) -> add(connection, names.names(collection), members));
    placed.forEach((collection, members) -> add(connection, names.places(collection), members));
    if (!entries.isEmpty()) {
      add(connection, names.expiring(), entries);
    }
  }

  private static void add(RedisConnection connection, byte[] set, List<byte[]> members) {
    members.addFirst(set);
    connection.send(Command.ZADD, members.toArray(byte[][]::new));
  }

  /** Throws what the server says against it: before the transaction, of which nothing is done. */
  private static void check(List<Object> replies) {
    for (Object reply : replies) {
      if (reply instanceof JedisDataException refused) {
        throw refused;
      }
    }
    for (Object each : (List<?>) replies.getLast()) {
      if (each instanceof JedisDataException refused) {
        // Only a name can be: somebody else has made it something else. The rest is done.
        LOG.error("an item is written, and is in no scan", refused);
        throw PrismException.of(
            Reason.OUTCOME_UNKNOWN, "what has the name of an index at the server is none");
      }
    }
  }
}
