package dev.prism.plugin.nats;

import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.sdk.keyvalue.Item;
import dev.prism.sdk.keyvalue.Key;
import dev.prism.sdk.keyvalue.Scan;
import dev.prism.sdk.keyvalue.ScanSink;
import io.nats.client.api.StreamConfiguration;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A scan. JetStream lists keys in the order in which they were written: a window of the first ones
 * by their bytes is picked out of a listing of all, their values are read a page at a time, and
 * another listing gives the next window.
 *
 * <p>One thread's.
 */
final class ItemScan {
  private static final int PAGE_ITEMS = 1000;
  private static final long PAGE_BYTES = 256 << 10;

  /** What a key in the window holds besides its bytes. */
  private static final long ENTRY_BYTES = 100;

  /** After every partition: UTF-8 has no such byte. */
  private static final byte[] END = {(byte) 0xff};

  private static final byte[] OWN = {};

  private static final Comparator<byte[]> BYTES = Arrays::compareUnsigned;

  private static final Comparator<Spot> ORDER =
      Comparator.comparing(Spot::key, BYTES).thenComparing(Spot::partition, BYTES);

  private final NatsLink link;
  private final NatsSettings settings;
  private final Gets gets;
  private final InstantSource clock;
  private final Bucket bucket;
  private final Consistency consistency;
  private final Scan scan;
  private final ScanSink sink;
  private final long windowBytes;
  private long left;
  private boolean ended;

  /**
   * Where an item is, in the order of the scan.
   *
   * @param partition empty where it is the key itself
   */
  @SuppressWarnings("ArrayRecordComponent") // compared by ORDER
  private record Spot(byte[] key, byte[] partition) {
    static Spot of(Key key) {
      return new Spot(
          bytes(key.key()), key.partition().equals(key.key()) ? OWN : bytes(key.partition()));
    }

    Key in(String collection) {
      String text = new String(key, StandardCharsets.UTF_8);
      return new Key(
          collection,
          partition.length == 0 ? text : new String(partition, StandardCharsets.UTF_8),
          text);
    }
  }

  /**
   * What is known of an item.
   *
   * @param item where the scan wants no values
   */
  private record Seen(int valueBytes, @Nullable Item item) {}

  /** The first items after a spot, as many as it may hold. */
  private final class Window {
    private final Spot after;
    private final TreeMap<Spot, Seen> items = new TreeMap<>(ORDER);
    private long bytes;

    /** The first one that had no room. */
    private @Nullable Spot end;

    Window(Spot after) {
      this.after = after;
    }

    void offer(Entry entry, long now) {
      Key key = bucket.key(entry.subject());
      if (key == null || !key.key().startsWith(scan.prefix())) {
        return;
      }
      Spot spot = Spot.of(key);
      if (ORDER.compare(spot, after) <= 0 || (end != null && ORDER.compare(spot, end) >= 0)) {
        return;
      }
      remove(spot);
      if (entry.isThere(now)) {
        Seen seen = new Seen(entry.valueBytes(), scan.keysOnly() ? entry.item() : null);
        items.put(spot, seen);
        bytes += cost(spot, seen);
        while (bytes > windowBytes || items.size() > left) {
          end = items.lastKey();
          remove(end);
        }
      }
    }

    private void remove(Spot spot) {
      Seen seen = items.remove(spot);
      if (seen != null) {
        bytes -= cost(spot, seen);
      }
    }

    private static long cost(Spot spot, Seen seen) {
      long cost = ENTRY_BYTES + spot.key().length + spot.partition().length;
      if (seen.item() != null) {
        cost += ENTRY_BYTES + seen.item().contentType().length();
        for (Map.Entry<String, String> each : seen.item().metadata().entrySet()) {
          cost += ENTRY_BYTES + 2L * (each.getKey().length() + each.getValue().length());
        }
      }
      return cost;
    }
  }

  /**
   * @param windowBytes what the keys that are known and not read yet may hold
   */
  ItemScan(
      NatsLink link,
      NatsSettings settings,
      Gets gets,
      InstantSource clock,
      Bucket bucket,
      Consistency consistency,
      Scan scan,
      ScanSink sink,
      long windowBytes) {
    this.link = link;
    this.settings = settings;
    this.gets = gets;
    this.clock = clock;
    this.bucket = bucket;
    this.consistency = consistency;
    this.scan = scan;
    this.sink = sink;
    this.windowBytes = windowBytes;
    this.left = scan.limit();
  }

  void run(StreamConfiguration stream) {
    @Nullable Spot after = new Spot(bytes(scan.startAfter()), END);
    while (after != null && left > 0 && !ended) {
      Window window = new Window(after);
      list(stream, window);
      if (window.end == null) {
        after = null;
      } else if (!window.items.isEmpty()) {
        after = window.items.lastKey();
      } // else all that it held went meanwhile: what came behind it is listed again
      hand(window);
    }
  }

  private void list(StreamConfiguration stream, Window window) {
    Session session = link.session();
    String partition = scan.partition();
    if (partition != null) {
      Key own = new Key(scan.collection(), partition, partition);
      Gets.Place place = new Gets.Place(bucket, bucket.subject(own));
      Entry found = gets.last(session, consistency, List.of(place), Long.MAX_VALUE).getFirst();
      if (found != null) {
        window.offer(found, clock.millis());
      }
    }
    String subjects = partition == null ? bucket.subjects() : bucket.subjects(partition);
    new Listing(session, settings.timeout(), gets, bucket, subjects)
        .run(
            stream,
            entries -> {
              long now = clock.millis();
              entries.forEach(entry -> window.offer(entry, now));
              ended = !sink.accept(List.of());
              return !ended;
            });
  }

  private void hand(Window window) {
    TreeMap<Spot, Seen> items = window.items;
    while (!items.isEmpty() && !ended) {
      List<Spot> page = new ArrayList<>();
      long bytes = 0;
      for (Map.Entry<Spot, Seen> each : items.entrySet()) {
        Spot spot = each.getKey();
        bytes += Window.cost(spot, each.getValue());
        bytes += scan.keysOnly() ? 0 : each.getValue().valueBytes();
        if (page.size() == PAGE_ITEMS || (bytes > PAGE_BYTES && !page.isEmpty())) {
          break;
        }
        page.add(spot);
      }
      List<ScanSink.Entry> entries = scan.keysOnly() ? known(page, items) : read(page);
      page.forEach(items::remove);
      left -= entries.size();
      ended = !entries.isEmpty() && !sink.accept(entries);
    }
  }

  private List<ScanSink.Entry> known(List<Spot> page, Map<Spot, Seen> items) {
    List<ScanSink.Entry> entries = new ArrayList<>(page.size());
    for (Spot spot : page) {
      Seen seen = items.get(spot);
      if (seen != null && seen.item() != null) {
        Item item = seen.item();
        entries.add(
            new ScanSink.Entry(
                spot.in(scan.collection()),
                new Item(
                    OWN,
                    item.etag(),
                    item.expiresAtMillis(),
                    item.contentType(),
                    item.metadata())));
      }
    }
    return entries;
  }

  /** Takes off the page what is left for the next one because values have grown. */
  private List<ScanSink.Entry> read(List<Spot> page) {
    List<Key> keys = page.stream().map(spot -> spot.in(scan.collection())).toList();
    List<@Nullable Entry> found =
        gets.last(
            link.session(),
            consistency,
            keys.stream().map(key -> new Gets.Place(bucket, bucket.subject(key))).toList(),
            PAGE_BYTES);
    page.subList(found.size(), page.size()).clear();
    long now = clock.millis();
    List<ScanSink.Entry> entries = new ArrayList<>(found.size());
    for (int i = 0; i < found.size(); i++) {
      Entry entry = found.get(i);
      if (entry != null && entry.isThere(now)) {
        entries.add(new ScanSink.Entry(keys.get(i), entry.item()));
      }
    }
    return entries;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
