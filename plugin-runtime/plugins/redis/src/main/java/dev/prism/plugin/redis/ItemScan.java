package dev.prism.plugin.redis;

import dev.prism.sdk.keyvalue.Item;
import dev.prism.sdk.keyvalue.Key;
import dev.prism.sdk.keyvalue.Scan;
import dev.prism.sdk.keyvalue.ScanSink;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Protocol.Command;

/** One scan: takes names from the collection's sorted set, and reads the items that they name. */
final class ItemScan {
  private static final int PAGE_NAMES = 1000;
  private static final int PAGE_BYTES = 256 << 10;

  /** After every byte of UTF-8, and after what a zero byte in a key is followed by. */
  private static final byte END = (byte) 0xff;

  private static final byte BEFORE_END = (byte) 0xfe;
  private static final byte[] FIRST = {'-'};
  private static final byte[] LAST = {'+'};

  private final RedisConnections connections;
  private final ItemNames names;
  private final Scan scan;
  private final byte[] sorted;
  private final byte[] to;
  private byte[] from;

  /** The partition's item whose key is the partition, which has no place; null once it is due. */
  private @Nullable Key alone;

  ItemScan(RedisConnections connections, ItemNames names, Scan scan) {
    this.connections = connections;
    this.names = names;
    this.scan = scan;
    String partition = scan.partition();
    byte[] head = partition == null ? new byte[0] : ItemNames.partition(partition);
    byte[] prefix =
        ItemNames.joined(
            head, partition == null ? ItemNames.escaped(scan.prefix()) : Bytes.of(scan.prefix()));
    byte[] after =
        partition == null
            ? ItemNames.joined(ItemNames.escaped(scan.startAfter()), (byte) 0, BEFORE_END)
            : ItemNames.joined(head, Bytes.of(scan.startAfter()));
    this.sorted =
        partition == null ? names.names(scan.collection()) : names.places(scan.collection());
    this.to = prefix.length == 0 ? LAST : bound('(', ItemNames.joined(prefix, END));
    if (!scan.startAfter().isEmpty() && Arrays.compareUnsigned(after, prefix) >= 0) {
      this.from = bound('(', after);
    } else {
      this.from = prefix.length == 0 ? FIRST : bound('[', prefix);
    }
    if (partition != null
        && partition.startsWith(scan.prefix())
        && compare(partition, scan.startAfter()) > 0) {
      this.alone = new Key(scan.collection(), partition, partition);
    }
  }

  /** Holds no connection while the sink blocks. */
  void run(ScanSink sink) {
    long left = scan.limit();
    boolean more = true;
    while (more && left > 0) {
      int most = (int) Math.min(left, PAGE_NAMES);
      List<Key> keys = next(most);
      more = keys.size() >= most;
      if (alone != null) {
        keys = withAlone(keys, !more, alone);
      }
      while (!keys.isEmpty() && left > 0) {
        Part part = part(keys);
        List<ScanSink.Entry> entries = part.entries();
        entries = entries.subList(0, (int) Math.min(left, entries.size()));
        if (!entries.isEmpty() && !sink.accept(entries)) {
          return;
        }
        left -= entries.size();
        keys = keys.subList(part.keys(), keys.size());
      }
    }
  }

  private List<Key> next(int most) {
    List<?> found =
        connections.readAnew(
            connection ->
                (List<?>)
                    connection.call(
                        Command.ZRANGEBYLEX,
                        sorted,
                        from,
                        to,
                        Bytes.of("LIMIT"),
                        Bytes.of(0),
                        Bytes.of(most)));
    List<Key> keys = new ArrayList<>(found.size() + 1);
    for (Object each : found) {
      byte[] name = (byte[]) each;
      keys.add(
          scan.partition() == null
              ? ItemNames.ofName(scan.collection(), name)
              : ItemNames.ofPlace(scan.collection(), name));
      from = bound('(', name);
    }
    return keys;
  }

  private List<Key> withAlone(List<Key> keys, boolean last, Key own) {
    int at = 0;
    while (at < keys.size() && compare(keys.get(at).key(), own.key()) < 0) {
      at++;
    }
    if (at < keys.size() || last) {
      keys.add(at, own);
      alone = null;
    }
    return keys;
  }

  /**
   * Some of a page.
   *
   * @param keys how many of the page's keys were looked at
   */
  private record Part(List<ScanSink.Entry> entries, int keys) {}

  /** What of the first keys is there, as much as a sink takes. */
  private Part part(List<Key> keys) {
    int count = 0;
    int bytes = 0;
    int most = Math.min(keys.size(), PAGE_NAMES);
    while (count < most && bytes < PAGE_BYTES / 2) {
      Key key = keys.get(count++);
      bytes += key.key().length() + key.partition().length();
    }
    List<Key> asked = keys.subList(0, count);
    long room = Math.max(0, PAGE_BYTES - bytes);
    List<@Nullable Item> items =
        connections.readAnew(
            connection ->
                scan.keysOnly()
                    ? ItemReads.heads(connection, names, asked, room)
                    : ItemReads.read(connection, names, asked, room));
    List<ScanSink.Entry> entries = new ArrayList<>(items.size());
    for (int i = 0; i < items.size(); i++) {
      Item item = items.get(i);
      if (item != null) { // it may have expired, and its name be still there
        entries.add(new ScanSink.Entry(asked.get(i), item));
      }
    }
    return new Part(entries, items.size());
  }

  private static int compare(String one, String other) {
    return Arrays.compareUnsigned(Bytes.of(one), Bytes.of(other));
  }

  private static byte[] bound(char kind, byte[] name) {
    return ItemNames.joined(new byte[] {(byte) kind}, name);
  }
}
