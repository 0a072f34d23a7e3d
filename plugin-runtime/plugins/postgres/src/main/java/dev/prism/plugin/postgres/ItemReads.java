package dev.prism.plugin.postgres;

import dev.prism.sdk.keyvalue.Item;
import dev.prism.sdk.keyvalue.Key;
import dev.prism.sdk.keyvalue.Scan;
import dev.prism.sdk.keyvalue.ScanSink;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads of items on one connection. */
final class ItemReads {
  private static final int PAGE_ITEMS = 1000;
  private static final long PAGE_BYTES = 256 << 10;

  /** After every key: UTF-8 has no such byte. */
  private static final byte[] END = {(byte) 0xff};

  private static final String ONE =
      "SELECT etag, expires_at, about, value FROM item WHERE namespace = ? AND collection = ?"
          + " AND key = ? AND partition = ? AND (expires_at IS NULL OR expires_at > ?)";

  /** OFFSET 0 keeps the planner from anything but one look into the index a key. */
  private static final String SEVERAL =
      """
      SELECT n, etag, expires_at, about, CASE WHEN bytes <= ? THEN value END FROM (
        SELECT u.n, i.etag, i.expires_at, i.about, i.value,
          sum(octet_length(i.value)) OVER (ORDER BY u.n) - octet_length(i.value) AS bytes
        FROM unnest(?::text[], ?::bytea[], ?::bytea[]) WITH ORDINALITY u(collection, key, partition, n),
        LATERAL (SELECT * FROM item i WHERE i.namespace = ? AND i.collection = u.collection
          AND i.key = u.key AND i.partition = u.partition
          AND (i.expires_at IS NULL OR i.expires_at > ?) OFFSET 0) i) r
      ORDER BY n
      """;

  private static final String PAGE =
      """
      SELECT key, partition, etag, expires_at, about, CASE WHEN ? THEN value ELSE '' END FROM (
        SELECT *, sum(octet_length(value) + octet_length(key)) OVER (ORDER BY key, partition)
          - octet_length(value) - octet_length(key) AS bytes
        FROM (%s) p) r
      WHERE bytes <= ? ORDER BY key, partition
      """;

  private static final String ALL =
      PAGE.formatted(
          """
          SELECT * FROM item WHERE namespace = ? AND collection = ?
          AND (key, partition) > (?, ?) AND key >= ? AND key < ?
          AND (expires_at IS NULL OR expires_at > ?)
          ORDER BY key, partition LIMIT ?
          """);

  /** An item whose partition is its key stands under the key alone. */
  private static final String PARTITION =
      PAGE.formatted(
          """
          SELECT * FROM (
            (SELECT * FROM item WHERE namespace = ? AND collection = ? AND partition = ?
              AND partition <> ''::bytea AND key > ? AND key >= ? AND key < ?
              AND (expires_at IS NULL OR expires_at > ?) ORDER BY key LIMIT ?)
            UNION ALL
            (SELECT * FROM item WHERE namespace = ? AND collection = ? AND partition = ''::bytea
              AND key = ? AND key > ? AND key >= ? AND key < ?
              AND (expires_at IS NULL OR expires_at > ?))) u
          ORDER BY key LIMIT ?
          """);

  private ItemReads() {}

  /** As {@link dev.prism.sdk.keyvalue.KeyValueStore#read}. */
  static List<@Nullable Item> read(
      Slot slot, String namespace, List<Key> keys, long maxBytes, long now) throws SQLException {
    if (keys.size() == 1) {
      List<@Nullable Item> one = new ArrayList<>(1);
      one.add(one(slot, namespace, keys.getFirst(), now));
      return one;
    }
    String[] collections = new String[keys.size()];
    byte[][] texts = new byte[keys.size()][];
    byte[][] partitions = new byte[keys.size()][];
    for (int i = 0; i < texts.length; i++) {
      Key key = keys.get(i);
      collections[i] = key.collection();
      texts[i] = ItemRows.bytes(key.key());
      partitions[i] = ItemRows.partition(key);
    }
    PreparedStatement read = slot.prepare(SEVERAL);
    read.setLong(1, maxBytes);
    read.setArray(2, slot.connection().createArrayOf("text", collections));
    read.setArray(3, slot.connection().createArrayOf("bytea", texts));
    read.setArray(4, slot.connection().createArrayOf("bytea", partitions));
    read.setString(5, namespace);
    read.setLong(6, now);
    @Nullable Item[] items = new Item[keys.size()];
    int answered = items.length;
    try (ResultSet row = read.executeQuery()) {
      while (row.next()) {
        int at = row.getInt(1) - 1;
        byte[] value = row.getBytes(5);
        if (value == null) {
          answered = at;
          break;
        }
        items[at] = ItemRows.item(value, row.getLong(2), ItemRows.expiry(row, 3), row.getBytes(4));
      }
    }
    return Arrays.asList(items).subList(0, answered);
  }

  private static @Nullable Item one(Slot slot, String namespace, Key key, long now)
      throws SQLException {
    PreparedStatement read = slot.prepare(ONE);
    read.setString(1, namespace);
    read.setString(2, key.collection());
    read.setBytes(3, ItemRows.bytes(key.key()));
    read.setBytes(4, ItemRows.partition(key));
    read.setLong(5, now);
    try (ResultSet row = read.executeQuery()) {
      return row.next()
          ? ItemRows.item(row.getBytes(4), row.getLong(1), ItemRows.expiry(row, 2), row.getBytes(3))
          : null;
    }
  }

  /**
   * Where a scan goes on: after this place.
   *
   * @param partition as stored
   */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  record Cursor(byte[] key, byte[] partition) {
    /** After a key in all of its partitions. */
    static Cursor start(Scan scan) {
      return new Cursor(ItemRows.bytes(scan.startAfter()), END);
    }
  }

  /**
   * Some of a scan.
   *
   * @param next where to go on; null where there is nothing left
   */
  record Page(List<ScanSink.Entry> entries, @Nullable Cursor next) {}

  /** The items after {@code cursor}: at most {@code limit}, and as many as a sink takes. */
  static Page page(Slot slot, String namespace, Scan scan, Cursor cursor, long limit, long now)
      throws SQLException {
    int most = (int) Math.min(limit, PAGE_ITEMS);
    byte[] prefix = ItemRows.bytes(scan.prefix());
    byte[] end = end(prefix);
    String partition = scan.partition();
    PreparedStatement page = slot.prepare(partition == null ? ALL : PARTITION);
    int at = 1;
    page.setBoolean(at++, !scan.keysOnly());
    page.setString(at++, namespace);
    page.setString(at++, scan.collection());
    if (partition == null) {
      page.setBytes(at++, cursor.key());
      page.setBytes(at++, cursor.partition());
    } else {
      byte[] wanted = ItemRows.bytes(partition);
      page.setBytes(at++, wanted);
      page.setBytes(at++, cursor.key());
      page.setBytes(at++, prefix);
      page.setBytes(at++, end);
      page.setLong(at++, now);
      page.setInt(at++, most);
      page.setString(at++, namespace);
      page.setString(at++, scan.collection());
      page.setBytes(at++, wanted);
      page.setBytes(at++, cursor.key());
    }
    page.setBytes(at++, prefix);
    page.setBytes(at++, end);
    page.setLong(at++, now);
    page.setInt(at++, most);
    page.setLong(at, PAGE_BYTES);
    List<ScanSink.Entry> entries = new ArrayList<>();
    Cursor last = cursor;
    try (ResultSet row = page.executeQuery()) {
      while (row.next()) {
        byte[] key = row.getBytes(1);
        byte[] stored = row.getBytes(2);
        String text = ItemRows.text(key);
        entries.add(
            new ScanSink.Entry(
                new Key(scan.collection(), stored.length == 0 ? text : ItemRows.text(stored), text),
                ItemRows.item(
                    row.getBytes(6), row.getLong(3), ItemRows.expiry(row, 4), row.getBytes(5))));
        last = new Cursor(key, stored);
      }
    }
    return new Page(entries, entries.isEmpty() || entries.size() == limit ? null : last);
  }

  /** Before this is what begins with the prefix. */
  private static byte[] end(byte[] prefix) {
    if (prefix.length == 0) {
      return END;
    }
    byte[] end = prefix.clone();
    end[end.length - 1]++; // UTF-8 has no byte that this overflows
    return end;
  }
}
