package dev.prism.plugin.memory;

import dev.prism.sdk.keyvalue.Key;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * One collection of one namespace: all items in key order and, of each partition that has an item
 * with another key than its name, its items in key order. One thread writes and gets; any thread
 * scans.
 */
final class Table {
  /** By the UTF-8 bytes of the key, which is the order of its code points; then the partition. */
  static final Comparator<Key> ORDER = Table::compare;

  /** For gets: a search in order compares a dozen keys where this compares one. */
  private final Map<Key, StoredItem> byKey = new HashMap<>();

  private final ConcurrentNavigableMap<Key, StoredItem> items = new ConcurrentSkipListMap<>(ORDER);
  private final ConcurrentHashMap<String, ConcurrentNavigableMap<Key, StoredItem>> partitions =
      new ConcurrentHashMap<>();

  @Nullable StoredItem get(Key key) {
    return byKey.get(key);
  }

  boolean isEmpty() {
    return byKey.isEmpty();
  }

  void put(StoredItem stored) {
    Key key = stored.key();
    byKey.put(key, stored);
    items.put(key, stored);
    var partition = partitions.get(key.partition());
    if (partition != null) {
      partition.put(key, stored);
    } else if (hasOwnPartition(key)) {
      partition = new ConcurrentSkipListMap<>(ORDER);
      StoredItem named = items.get(named(key.partition()));
      if (named != null) {
        partition.put(named.key(), named);
      }
      partition.put(key, stored);
      partitions.put(key.partition(), partition);
    }
  }

  void remove(Key key) {
    byKey.remove(key);
    items.remove(key);
    var partition = partitions.get(key.partition());
    if (partition != null) {
      partition.remove(key);
      if (partition.isEmpty()) {
        partitions.remove(key.partition());
      }
    }
  }

  /** Whether there is an item with another key than its partition's name. */
  boolean isPartitioned() {
    return !partitions.isEmpty();
  }

  /** All items, in order. */
  ConcurrentNavigableMap<Key, StoredItem> all() {
    return items;
  }

  /** A partition's items, in order. */
  ConcurrentNavigableMap<Key, StoredItem> partition(String partition) {
    var own = partitions.get(partition);
    if (own != null) {
      return own;
    }
    var alone = new ConcurrentSkipListMap<Key, StoredItem>(ORDER);
    StoredItem named = items.get(named(partition));
    if (named != null) {
      alone.put(named.key(), named);
    }
    return alone;
  }

  /** The place of the item whose key names the partition, as every key does by default. */
  private static Key named(String partition) {
    return new Key("", partition, partition);
  }

  private static boolean hasOwnPartition(Key key) {
    return !key.partition().equals(key.key());
  }

  private static int compare(Key a, Key b) {
    int byKey = compareCodePoints(a.key(), b.key());
    return byKey != 0 ? byKey : compareCodePoints(a.partition(), b.partition());
  }

  /**
   * UTF-8 keeps the order of code points; UTF-16 does not, for characters beyond the first plane.
   */
  private static int compareCodePoints(String a, String b) {
    int length = Math.min(a.length(), b.length());
    for (int i = 0; i < length; i++) {
      char left = a.charAt(i);
      char right = b.charAt(i);
      if (left != right) {
        boolean leftPair = Character.isSurrogate(left);
        boolean rightPair = Character.isSurrogate(right);
        // A surrogate stands for a code point above every char that is none.
        return leftPair == rightPair ? left - right : leftPair ? 1 : -1;
      }
    }
    return a.length() - b.length();
  }
}
