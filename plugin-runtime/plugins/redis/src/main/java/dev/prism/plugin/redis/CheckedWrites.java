package dev.prism.plugin.redis;

import dev.prism.sdk.keyvalue.Item;
import dev.prism.sdk.keyvalue.Key;
import dev.prism.sdk.keyvalue.Unit;
import dev.prism.sdk.keyvalue.UnitResult;
import dev.prism.sdk.keyvalue.Write;
import dev.prism.sdk.keyvalue.Write.Condition;
import dev.prism.sdk.keyvalue.Write.Expiry;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A batch of writes of which the server has to look at something before it does them: one call of
 * {@code write.lua}, which says what it is given and answers.
 */
final class CheckedWrites {
  private static final long REMEMBERED_SECONDS = TimeUnit.HOURS.toSeconds(25);
  private static final byte[] NONE = {};

  private final ItemNames names;
  private final Etags etags;
  private final Map<String, Integer> collections = new LinkedHashMap<>();
  private final List<byte[]> keys = new ArrayList<>();
  private final List<byte[]> arguments = new ArrayList<>();

  private CheckedWrites(ItemNames names, Etags etags) {
    this.names = names;
    this.etags = etags;
  }

  static List<UnitResult> run(
      RedisConnection connection, ItemNames names, List<Unit> units, Etags etags) {
    CheckedWrites writes = new CheckedWrites(names, etags);
    writes.addCollections(units);
    units.forEach(writes::add);
    Script script = units.stream().allMatch(CheckedWrites::frees) ? Script.ERASE : Script.WRITE;
    List<?> answers = (List<?>) connection.call(script, writes.keys, writes.arguments);
    List<UnitResult> results = new ArrayList<>(units.size());
    for (int i = 0; i < units.size(); i++) {
      results.add(UnitAnswer.result(units.get(i), (byte[]) answers.get(i)));
    }
    return results;
  }

  /** Whether the server holds no more after it than before. */
  private static boolean frees(Unit unit) {
    return unit.idempotency() == null
        && unit.writes().stream()
            .allMatch(write -> write instanceof Write.Delete || write instanceof Write.Expire);
  }

  private void addCollections(List<Unit> units) {
    keys.add(names.expiring());
    for (Unit unit : units) {
      for (Write write : unit.writes()) {
        String collection = write.key().collection();
        if (collections.putIfAbsent(collection, collections.size() + 1) == null) {
          keys.add(names.names(collection));
          keys.add(names.places(collection));
        }
      }
    }
    arguments.addAll(Bytes.list(REMEMBERED_SECONDS, collections.size()));
    collections.keySet().forEach(collection -> arguments.add(Bytes.of(collection)));
  }

  private void add(Unit unit) {
    Unit.Idempotency once = unit.idempotency();
    arguments.addAll(Bytes.list(unit.writes().size(), unit.atomic() ? "atomic" : ""));
    arguments.add(once == null ? NONE : once.fingerprint());
    if (once != null) {
      keys.add(names.once(once.scope(), once.key()));
    }
    unit.writes().forEach(this::add);
  }

  private void add(Write write) {
    switch (write) {
      case Write.Put put ->
          add(
              "put",
              put.key(),
              condition(put.condition()),
              at(put.expiry()),
              StoredItem.encode(
                  put.value(),
                  etags.next(),
                  millis(put.expiry()),
                  put.contentType(),
                  put.metadata()),
              NONE);
      case Write.Delete delete ->
          add("delete", delete.key(), condition(delete.condition()), NONE, NONE, NONE);
      case Write.CompareAndSwap swap ->
          add(
              "swap",
              swap.key(),
              NONE,
              at(swap.expiry()),
              StoredItem.encode(
                  swap.value(),
                  etags.next(),
                  millis(swap.expiry()),
                  swap.contentType(),
                  swap.metadata()),
              expected(swap.expected()));
      case Write.Expire(Key key, long millis) ->
          add(
              "expire",
              key,
              NONE,
              millis == Item.NEVER ? NONE : Bytes.of(millis),
              ByteBuffer.allocate(Long.BYTES).putLong(millis).array(),
              NONE);
    }
  }

  private void add(
      String kind, Key key, byte[] condition, byte[] at, byte[] item, byte[] expected) {
    byte[] name = ItemNames.name(key);
    byte[] place = ItemNames.place(key);
    keys.add(names.item(key.collection(), name));
    arguments.addAll(Bytes.list(kind, collections.getOrDefault(key.collection(), 0)));
    arguments.add(name);
    arguments.add(place == null ? NONE : place);
    arguments.add(condition);
    arguments.add(at);
    arguments.add(item);
    arguments.add(expected);
  }

  private static byte[] condition(Condition condition) {
    return switch (condition) {
      case Condition.None _ -> NONE;
      case Condition.IfAbsent _ -> Bytes.of("absent");
      case Condition.IfPresent _ -> Bytes.of("present");
      case Condition.IfEtag(String etag) ->
          ItemNames.joined(Bytes.of("etag"), StoredItem.etag(etag));
    };
  }

  private static byte[] at(Expiry expiry) {
    return switch (expiry) {
      case Expiry.Never _ -> NONE;
      case Expiry.At(long millis) -> Bytes.of(millis);
      case Expiry.Keep _ -> Bytes.of("keep");
    };
  }

  /** What is stored, unless there is one to be kept. */
  private static long millis(Expiry expiry) {
    return expiry instanceof Expiry.At(long millis) ? millis : Item.NEVER;
  }

  private static byte[] expected(byte @Nullable [] value) {
    return value == null ? NONE : ItemNames.joined(new byte[] {'='}, value);
  }
}
