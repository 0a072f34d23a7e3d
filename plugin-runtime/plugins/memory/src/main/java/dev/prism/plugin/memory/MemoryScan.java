package dev.prism.plugin.memory;

import dev.prism.sdk.keyvalue.Item;
import dev.prism.sdk.keyvalue.Key;
import dev.prism.sdk.keyvalue.Scan;
import dev.prism.sdk.keyvalue.ScanSink;
import dev.prism.sdk.keyvalue.ScanSink.Entry;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One scan: page after page from where the last one ended, nothing held between them. */
final class MemoryScan {
  private static final int MOST_ENTRIES = 1000;
  private static final long MOST_BYTES = 256 << 10;

  /** What an entry takes in the answer besides its texts and value. */
  private static final int ENTRY_BYTES = 64;

  private static final byte[] NO_VALUE = new byte[0];

  private final Scan scan;
  private final Supplier<@Nullable Table> table;
  private final InstantSource clock;
  private final LongSupplier atomicBatches;
  private @Nullable Key last;
  private long left;

  /**
   * @param table the collection now; null while it has no item
   * @param atomicBatches a count that is odd while an atomic batch is applied, and changes with
   *     each
   */
  MemoryScan(
      Scan scan, Supplier<@Nullable Table> table, InstantSource clock, LongSupplier atomicBatches) {
    this.scan = scan;
    this.table = table;
    this.clock = clock;
    this.atomicBatches = atomicBatches;
    this.left = scan.limit();
  }

  void run(ScanSink sink) {
    while (left > 0) {
      List<Entry> page = page();
      if (page.isEmpty()) {
        return;
      }
      left -= page.size();
      last = page.getLast().key();
      if (!sink.accept(page)) {
        return;
      }
    }
  }

  /**
   * The next items, read while no atomic batch was applied. Each time one was, the page is tried
   * again a quarter as long; a page of one item is whole in any case.
   */
  private List<Entry> page() {
    int most = (int) Math.min(left, MOST_ENTRIES);
    while (true) {
      long before = atomicBatches.getAsLong();
      List<Entry> page = read(most);
      if (most == 1 || (before % 2 == 0 && before == atomicBatches.getAsLong())) {
        return page;
      }
      most = Math.max(1, most / 4);
    }
  }

  private List<Entry> read(int most) {
    List<Entry> page = new ArrayList<>();
    Table items = table.get();
    if (items == null) {
      return page;
    }
    String partition = scan.partition();
    long now = clock.millis();
    long bytes = 0;
    for (StoredItem stored :
        from(partition == null ? items.all() : items.partition(partition)).values()) {
      if (!stored.key().key().startsWith(scan.prefix())) {
        break;
      }
      Item item = stored.item(now);
      if (item == null) {
        continue;
      }
      if (scan.keysOnly()) {
        item = withoutValue(item);
      }
      bytes += ENTRY_BYTES + stored.key().key().length() + item.value().length;
      if (!page.isEmpty() && bytes > MOST_BYTES) {
        break;
      }
      page.add(new Entry(stored.key(), item));
      if (page.size() == most) {
        break;
      }
    }
    return page;
  }

  private ConcurrentNavigableMap<Key, StoredItem> from(
      ConcurrentNavigableMap<Key, StoredItem> items) {
    Key lastSeen = last;
    if (lastSeen != null) {
      return items.tailMap(lastSeen, false);
    }
    // No partition is after the first, empty one, so that this is before every item of the key.
    Key prefix = new Key("", "", scan.prefix());
    if (scan.startAfter().isEmpty()) {
      return items.tailMap(prefix, true);
    }
    // After every item of the key: the next possible key in the first partition.
    Key after = new Key("", "", scan.startAfter() + "\0");
    return items.tailMap(Table.ORDER.compare(prefix, after) > 0 ? prefix : after, true);
  }

  private static Item withoutValue(Item item) {
    return new Item(
        NO_VALUE, item.etag(), item.expiresAtMillis(), item.contentType(), item.metadata());
  }
}
