package dev.prism.plugin.dynamodb;

import dev.prism.sdk.keyvalue.Item;
import dev.prism.sdk.keyvalue.Key;
import dev.prism.sdk.keyvalue.Scan;
import dev.prism.sdk.keyvalue.ScanSink;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BatchGetItemResponse;
import software.amazon.awssdk.services.dynamodb.model.KeysAndAttributes;
import software.amazon.awssdk.services.dynamodb.model.QueryResponse;

/**
 * Reads of one namespace, for one call of the store.
 *
 * @param consistent whether they see every write that was acknowledged before, at twice the price
 * @param now what has expired by then is not there
 * @param deadline until when they are made again while DynamoDB throttles them
 */
record ItemReads(
    Dynamo dynamo,
    String table,
    String namespace,
    boolean consistent,
    long now,
    Deadline deadline) {
  /** As many as BatchGetItem takes. */
  private static final int CHUNK = 100;

  private static final int PAGE_ITEMS = 1000;
  private static final long PAGE_BYTES = 256 << 10;

  /** As {@link dev.prism.sdk.keyvalue.KeyValueStore#read}. */
  List<@Nullable Item> read(List<Key> keys, long maxBytes) {
    List<@Nullable Item> items = new ArrayList<>(keys.size());
    if (keys.size() == 1) {
      items.add(live(one(ItemAttributes.key(namespace, keys.getFirst()))));
      return items;
    }
    Map<Key, Item> found = new HashMap<>();
    long bytes = 0;
    for (int from = 0; from < keys.size() && bytes <= maxBytes; ) {
      int to = Math.min(keys.size(), from + CHUNK);
      Set<Key> left = fetch(keys.subList(from, to), found, maxBytes - bytes);
      for (; from < to && bytes <= maxBytes; from++) {
        Key key = keys.get(from);
        if (left.contains(key)) {
          if (from == 0) {
            items.add(live(one(ItemAttributes.key(namespace, key)))); // at least one is answered
          }
          return items;
        }
        Item item = found.get(key);
        items.add(item);
        bytes += item == null ? 0 : item.value().length;
      }
    }
    return items;
  }

  /** One item of the table with all of its attributes; null where there is none. */
  @Nullable Map<String, AttributeValue> one(Map<String, AttributeValue> key) {
    var answer =
        dynamo.read(
            deadline,
            client ->
                client.getItem(get -> get.tableName(table).key(key).consistentRead(consistent)));
    return answer.hasItem() ? answer.item() : null;
  }

  private @Nullable Item live(@Nullable Map<String, AttributeValue> item) {
    return item != null && ItemAttributes.isLive(item, now)
        ? ItemAttributes.value(item, true)
        : null;
  }

  /**
   * Adds the items of these keys to {@code found}.
   *
   * @return the keys that were left out, because the answers were too large together
   */
  private Set<Key> fetch(List<Key> keys, Map<Key, Item> found, long maxBytes) {
    Map<Map<String, AttributeValue>, Key> asked = HashMap.newHashMap(keys.size());
    keys.forEach(key -> asked.put(ItemAttributes.key(namespace, key), key));
    long[] bytes = {0};
    List<Map<String, AttributeValue>> left =
        many(
            List.copyOf(asked.keySet()),
            null,
            item -> {
              Key key = asked.get(keyOf(item));
              if (key != null && ItemAttributes.isLive(item, now)) {
                Item value = ItemAttributes.value(item, true);
                found.put(key, value);
                bytes[0] += value.value().length;
              }
              return bytes[0] <= maxBytes;
            });
    Set<Key> without = new HashSet<>();
    left.forEach(key -> without.add(asked.get(key)));
    return without;
  }

  static Map<String, AttributeValue> keyOf(Map<String, AttributeValue> item) {
    return Map.of(
        ItemAttributes.PARTITION,
        item.get(ItemAttributes.PARTITION),
        ItemAttributes.KEY,
        item.get(ItemAttributes.KEY));
  }

  /** Takes an item, and says whether more may come. */
  @FunctionalInterface
  interface Taker {
    boolean take(Map<String, AttributeValue> item);
  }

  /**
   * Reads items of the table, as they come.
   *
   * @param keys each once, at most 100
   * @param attributes the names of those wanted; null: all
   * @return the keys that were not asked for any more after the taker had enough
   */
  List<Map<String, AttributeValue>> many(
      List<Map<String, AttributeValue>> keys, @Nullable String attributes, Taker taker) {
    List<Map<String, AttributeValue>> left = keys;
    for (int attempt = 0; !left.isEmpty(); ) {
      KeysAndAttributes ask =
          KeysAndAttributes.builder()
              .keys(left)
              .consistentRead(consistent)
              .projectionExpression(attributes)
              .build();
      BatchGetItemResponse answer =
          dynamo.read(
              deadline, client -> client.batchGetItem(b -> b.requestItems(Map.of(table, ask))));
      KeysAndAttributes unprocessed = answer.unprocessedKeys().get(table);
      int before = left.size();
      left = unprocessed == null ? List.of() : unprocessed.keys();
      boolean more = true;
      for (Map<String, AttributeValue> item : answer.responses().getOrDefault(table, List.of())) {
        more &= taker.take(item);
      }
      if (!more) {
        return left;
      }
      // Some are left out where the answer is large enough, or all where DynamoDB throttles them.
      if (left.size() == before && !deadline.pause(attempt++)) {
        throw Failure.THROTTLED.ofRead();
      }
    }
    return left;
  }

  /** Some of a scan, and where it goes on; null where there is nothing left. */
  record Page(List<ScanSink.Entry> entries, @Nullable Map<String, AttributeValue> next) {}

  /** Where a scan begins; null where there is nothing after it. */
  @Nullable Map<String, AttributeValue> start(Scan scan, String partition) {
    byte[] after = ItemAttributes.utf8(scan.startAfter());
    byte[] prefix = ItemAttributes.utf8(scan.prefix());
    if (Arrays.compareUnsigned(after, prefix) < 0 || after.length == 0) {
      return Map.of();
    }
    return scan.startAfter().startsWith(scan.prefix())
        ? ItemAttributes.key(namespace, new Key(scan.collection(), partition, scan.startAfter()))
        : null;
  }

  /**
   * The items of a partition after a key of the table, at most {@code limit}.
   *
   * @param after empty: from the first on
   */
  Page page(Scan scan, String partition, Map<String, AttributeValue> after, long limit) {
    Map<String, AttributeValue> values = new HashMap<>();
    values.put(":pk", ItemAttributes.partition(namespace, scan.collection(), partition));
    if (!scan.prefix().isEmpty()) {
      values.put(":prefix", ItemAttributes.binary(ItemAttributes.utf8(scan.prefix())));
    }
    QueryResponse answer =
        dynamo.read(
            deadline,
            client ->
                client.query(
                    query ->
                        query
                            .tableName(table)
                            .keyConditionExpression(
                                scan.prefix().isEmpty()
                                    ? "pk = :pk"
                                    : "pk = :pk AND begins_with(sk, :prefix)")
                            .expressionAttributeValues(values)
                            .projectionExpression(
                                scan.keysOnly() ? ItemAttributes.ALL_BUT_BODY : null)
                            .exclusiveStartKey(after.isEmpty() ? null : after)
                            .limit((int) Math.min(limit, PAGE_ITEMS))
                            .consistentRead(consistent)));
    List<ScanSink.Entry> entries = new ArrayList<>();
    for (Map<String, AttributeValue> item : answer.items()) {
      if (ItemAttributes.isLive(item, now)) {
        entries.add(
            new ScanSink.Entry(
                new Key(scan.collection(), partition, ItemAttributes.sortKey(item)),
                ItemAttributes.value(item, !scan.keysOnly())));
      }
    }
    return new Page(entries, answer.hasLastEvaluatedKey() ? answer.lastEvaluatedKey() : null);
  }

  /**
   * Gives a page, which is up to 1 MiB, to a sink in parts of its size; false where it has gone.
   */
  static boolean give(List<ScanSink.Entry> entries, ScanSink sink) {
    for (int from = 0; from < entries.size(); ) {
      int to = from;
      for (long bytes = 0; to < entries.size() && bytes <= PAGE_BYTES; to++) {
        ScanSink.Entry entry = entries.get(to);
        bytes += entry.item().value().length + entry.key().key().length();
      }
      if (!sink.accept(entries.subList(from, to))) {
        return false;
      }
      from = to;
    }
    return true;
  }
}
