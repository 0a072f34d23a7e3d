package dev.prism.plugin.redis;

import dev.prism.sdk.keyvalue.Item;
import dev.prism.sdk.keyvalue.Key;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Protocol.Command;

/** Reads of items, each one round trip. */
final class ItemReads {
  private ItemReads() {}

  /** As {@link dev.prism.sdk.keyvalue.KeyValueStore#read}. */
  static List<@Nullable Item> read(
      RedisConnection connection, ItemNames names, List<Key> keys, long maxBytes) {
    if (keys.size() == 1) {
      return Collections.singletonList(
          item(connection.call(Command.GET, names.item(keys.getFirst()))));
    }
    return read(connection, names, keys, Bytes.list(maxBytes));
  }

  /** The same without values; as many as {@code maxBytes} of the rest allow, and at least one. */
  static List<@Nullable Item> heads(
      RedisConnection connection, ItemNames names, List<Key> keys, long maxBytes) {
    return read(connection, names, keys, Bytes.list(maxBytes, "heads"));
  }

  private static List<@Nullable Item> read(
      RedisConnection connection, ItemNames names, List<Key> keys, List<byte[]> arguments) {
    List<byte[]> stored = new ArrayList<>(keys.size());
    for (Key key : keys) {
      stored.add(names.item(key));
    }
    List<?> found = (List<?>) connection.call(Script.READ, stored, arguments);
    List<@Nullable Item> items = new ArrayList<>(found.size());
    for (Object each : found) {
      items.add(item(each));
    }
    return items;
  }

  private static @Nullable Item item(@Nullable Object stored) {
    return stored == null ? null : StoredItem.decode((byte[]) stored);
  }
}
