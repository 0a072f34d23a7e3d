package dev.prism.plugin.memory;

import dev.prism.sdk.Capability;
import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.sdk.keyvalue.Item;
import dev.prism.sdk.keyvalue.Key;
import dev.prism.sdk.reader.Chunk;
import dev.prism.sdk.reader.Chunk.End;
import dev.prism.sdk.reader.Found;
import dev.prism.sdk.reader.PageSize;
import dev.prism.sdk.reader.Patience;
import dev.prism.sdk.reader.Query;
import dev.prism.sdk.reader.RecordReader;
import dev.prism.sdk.reader.RowPage;
import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Condition;
import dev.prism.sdk.rows.Table;
import dev.prism.sdk.rows.Values;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import dev.prism.type.v1.Value;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.ConcurrentNavigableMap;
import org.jspecify.annotations.Nullable;

/**
 * The items of a collection as rows; see {@link ItemRow}. Nothing is held between pages. A page in
 * the order of the key begins where the last one ended; one in another order looks at every item.
 */
final class MemoryReader implements RecordReader {
  private static final int READERS = 4;
  private static final int CURSOR_KEY_BYTES = 32;

  private final MemoryStore store;
  private final InstantSource clock;

  // Cursors need not outlive what they point into.
  private final byte[] cursorKey = new byte[CURSOR_KEY_BYTES];

  MemoryReader(MemoryStore store, InstantSource clock) {
    this.store = store;
    this.clock = clock;
    new SecureRandom().nextBytes(cursorKey);
  }

  @Override
  public Set<Capability> capabilities() {
    return EnumSet.of(Capability.SORT);
  }

  @Override
  public Set<Consistency.Level> consistencyLevels() {
    return EnumSet.allOf(Consistency.Level.class);
  }

  @Override
  public int readers() {
    return READERS;
  }

  @Override
  public byte[] cursorKey() {
    return cursorKey.clone();
  }

  @Override
  public @Nullable Table table(String namespace, String name) {
    var items = store.table(namespace, name);
    if (items == null) {
      return null;
    }
    List<Column> key =
        items.isPartitioned() ? List.of(ItemRow.KEY, ItemRow.PARTITION) : List.of(ItemRow.KEY);
    return new Table(name, name, key, key, true);
  }

  private static boolean isPartitioned(Table table) {
    return table.key().size() > 1;
  }

  @Override
  public Chunk read(
      String namespace,
      Consistency consistency,
      Query query,
      byte @Nullable [] position,
      PageSize size,
      Patience patience) {
    Place from = position == null ? null : Place.of(position, query.sort());
    RowPage page = new RowPage(query, size);
    var table = store.table(namespace, query.table().name());
    if (table == null) { // emptied meanwhile
      return page.chunk(null, End.TABLE);
    }
    return query.sort().isEmpty()
        ? byKey(table.all(), query, from, page, patience)
        : sorted(table.all(), query, from, page, size, patience);
  }

  private Chunk byKey(
      ConcurrentNavigableMap<Key, StoredItem> items,
      Query query,
      @Nullable Place from,
      RowPage page,
      Patience patience) {
    long now = clock.millis();
    Place last = from;
    for (StoredItem stored : (from == null ? items : items.tailMap(from.key(), false)).values()) {
      if (patience.isOver()) {
        return page.chunk(bytes(last), End.PATIENCE);
      }
      Item item = stored.item(now);
      if (item != null) {
        Map<String, Value> row = ItemRow.of(stored.key(), item, isPartitioned(query.table()));
        End end = holds(query.filter(), row) ? page.add(row) : null;
        if (end != null) {
          return page.chunk(bytes(last), end);
        }
        last = new Place(List.of(), stored.key());
      }
    }
    return page.chunk(null, End.TABLE);
  }

  /** An item that was found; its row is made again if it is among the first. */
  private record Candidate(Place place, Item item) {}

  private Chunk sorted(
      ConcurrentNavigableMap<Key, StoredItem> items,
      Query query,
      @Nullable Place from,
      RowPage page,
      PageSize size,
      Patience patience) {
    long now = clock.millis();
    Comparator<Place> order = Place.order(query.sort());
    Comparator<Candidate> byPlace = Comparator.comparing(Candidate::place, order);
    PriorityQueue<Candidate> first = new PriorityQueue<>(byPlace.reversed());
    for (StoredItem stored : items.values()) {
      if (patience.isOver()) {
        return page.chunk(null, End.PATIENCE); // those found so far need not be the first
      }
      Item item = stored.item(now);
      if (item == null) {
        continue;
      }
      Map<String, Value> row = ItemRow.of(stored.key(), item, isPartitioned(query.table()));
      Place place = Place.of(row, stored.key(), query.sort());
      if (holds(query.filter(), row) && (from == null || order.compare(place, from) > 0)) {
        first.add(new Candidate(place, item));
        if (first.size() > size.rows() + 1) { // one more tells whether there is another page
          first.remove();
        }
      }
    }
    List<Candidate> candidates = new ArrayList<>(first);
    candidates.sort(byPlace);
    Place last = null;
    for (Candidate candidate : candidates) {
      End end =
          page.add(
              ItemRow.of(candidate.place().key(), candidate.item(), isPartitioned(query.table())));
      if (end != null) {
        return page.chunk(bytes(last), end);
      }
      last = candidate.place();
    }
    return page.chunk(null, End.TABLE);
  }

  private static byte @Nullable [] bytes(@Nullable Place place) {
    return place == null ? null : place.bytes();
  }

  private static boolean holds(@Nullable Condition filter, Map<String, Value> row) {
    return filter == null || filter.holds(column -> row.getOrDefault(column.name(), Values.NULL));
  }

  @Override
  public long count(
      String namespace,
      Consistency consistency,
      Table table,
      @Nullable Condition filter,
      long atMost,
      Patience patience) {
    var items = store.table(namespace, table.name());
    long now = clock.millis();
    long count = 0;
    for (StoredItem stored : items == null ? List.<StoredItem>of() : items.all().values()) {
      if (patience.isOver()) {
        throw PrismException.of(
            Reason.DEADLINE_EXCEEDED, "the deadline came before all rows were counted");
      }
      Item item = stored.item(now);
      if (item != null
          && (filter == null || holds(filter, ItemRow.of(stored.key(), item, isPartitioned(table))))
          && ++count > atMost) {
        break;
      }
    }
    return count;
  }

  @Override
  public @Nullable Found get(
      String namespace,
      Consistency consistency,
      Table table,
      List<Column> columns,
      List<Value> key,
      Patience patience) {
    var items = store.table(namespace, table.name());
    String name = key.getFirst().getStringValue();
    String partition = isPartitioned(table) ? key.get(1).getStringValue() : name;
    StoredItem stored = items == null ? null : items.all().get(new Key("", partition, name));
    if (stored == null) {
      return null;
    }
    Item item = stored.item(clock.millis());
    return item == null
        ? null
        : RowPage.found(columns, ItemRow.of(stored.key(), item, isPartitioned(table)));
  }

  @Override
  public void ping() {
    // It answers for as long as its process does.
  }

  @Override
  public void close() {
    // The items are the store's.
  }
}
