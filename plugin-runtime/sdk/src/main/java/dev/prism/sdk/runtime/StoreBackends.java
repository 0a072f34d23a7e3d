package dev.prism.sdk.runtime;

import dev.prism.sdk.keyvalue.Item;
import dev.prism.sdk.keyvalue.Key;
import dev.prism.sdk.keyvalue.KeyValueStore;
import dev.prism.sdk.keyvalue.Unit;
import dev.prism.sdk.keyvalue.UnitResult;
import dev.prism.sdk.runtime.Work.Group;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/** A store's {@code read} and {@code write} as a coalescer calls them. */
final class StoreBackends {
  /**
   * The most keys of a batch: beyond it a round trip costs what its rows cost, and a retry one by
   * one takes longer than a caller waits.
   */
  static final int BATCH_KEYS = 256;

  /** The most calls of each kind that wait or run. */
  static final int MOST_PENDING = 4096;

  private static final Comparator<Key> KEY_ORDER =
      Comparator.comparing(Key::collection).thenComparing(Key::partition).thenComparing(Key::key);

  private final KeyValueStore store;
  private final StoreSlots slots;
  private final long answerBytes;
  private final long maxMessageBytes;
  private IntConsumer limitKeys = keys -> {};

  /**
   * @param answerBytes what the answers of one read batch are aimed at
   * @param maxMessageBytes the largest answer of one call, and where a read stops: sizes are not
   *     known before, and all the values of a batch may be more than the heap holds
   */
  StoreBackends(KeyValueStore store, StoreSlots slots, long answerBytes, long maxMessageBytes) {
    this.store = store;
    this.slots = slots;
    this.answerBytes = answerBytes;
    this.maxMessageBytes = maxMessageBytes;
  }

  /**
   * Says who is told, after each read, how many keys the next may have so that its answers fit; set
   * before the first.
   */
  void adapt(IntConsumer limitKeys) {
    this.limitKeys = limitKeys;
  }

  /** The items of the first queries, at least one; of all where their values fit one message. */
  List<List<@Nullable Item>> read(Group group, List<List<Key>> queries) {
    return slots.with(() -> readInPlace(group, queries));
  }

  List<List<@Nullable Item>> readInPlace(Group group, List<List<Key>> queries) {
    List<Key> keys;
    if (queries.size() == 1) {
      keys = queries.getFirst();
    } else {
      keys = new ArrayList<>(queries.size());
      for (List<Key> query : queries) {
        keys.addAll(query);
      }
    }
    List<@Nullable Item> items =
        store.read(group.namespace(), group.consistency(), keys, maxMessageBytes);
    if (items.isEmpty() || items.size() > keys.size()) {
      throw new IllegalStateException(
          "the store gave " + items.size() + " items for " + keys.size() + " keys");
    }
    limitKeys.accept(keysThatFit(items));
    List<List<@Nullable Item>> results = new ArrayList<>(queries.size());
    int from = 0;
    for (List<Key> query : queries) {
      if (from + query.size() > items.size()) {
        break; // the store stopped here; who is left is asked for again
      }
      results.add(items.subList(from, from + query.size()));
      from += query.size();
    }
    if (results.isEmpty()) {
      throw PrismException.of(
          Reason.MESSAGE_TOO_LARGE,
          "the values alone have more than the "
              + maxMessageBytes
              + " bytes that this backend sends; ask for fewer keys");
    }
    return results;
  }

  private int keysThatFit(List<@Nullable Item> items) {
    long bytes = 0;
    for (Item item : items) {
      bytes += item == null ? 0 : item.value().length;
    }
    long average = Math.max(1, bytes / items.size());
    return Math.clamp(answerBytes / average, 1, BATCH_KEYS);
  }

  List<UnitResult> write(Group group, List<Unit> units) {
    return store.write(group.namespace(), units);
  }

  /** As {@link #write}, the units in the order of their first keys. */
  List<UnitResult> writeSorted(Group group, List<Unit> units) {
    if (units.size() == 1) {
      return write(group, units);
    }
    Integer[] order = new Integer[units.size()];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, Comparator.comparing(i -> firstKey(units.get(i)), KEY_ORDER));
    List<UnitResult> sorted = write(group, Arrays.stream(order).map(units::get).toList());
    if (sorted.size() != units.size()) {
      return sorted;
    }
    UnitResult[] results = new UnitResult[order.length];
    for (int i = 0; i < order.length; i++) {
      results[order[i]] = sorted.get(i);
    }
    return Arrays.asList(results);
  }

  /** How units and the writes of a unit are sorted. */
  static Comparator<Key> keyOrder() {
    return KEY_ORDER;
  }

  private static Key firstKey(Unit unit) {
    return unit.writes().getFirst().key();
  }
}
