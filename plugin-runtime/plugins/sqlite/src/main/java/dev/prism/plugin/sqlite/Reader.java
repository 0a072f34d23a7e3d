package dev.prism.plugin.sqlite;

import dev.prism.sdk.keyvalue.Item;
import dev.prism.sdk.keyvalue.Key;
import dev.prism.sdk.keyvalue.Scan;
import dev.prism.sdk.keyvalue.ScanSink;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A connection that reads, and its statements. Every method leaves the connection without a
 * transaction, unless it throws: the reader is then to be closed. Used by one thread at a time.
 */
final class Reader implements ReaderPool.Reads {
  /** What {@link ScanSink} takes at once. */
  static final int PAGE_ITEMS = 1000;

  static final int PAGE_BYTES = 256 * 1024;

  private static final String COLUMNS = "key, partition, " + Rows.ITEM_COLUMNS;

  private final Connection connection;
  private final PreparedStatement begin;
  private final PreparedStatement end;
  private final PreparedStatement read;
  private final PreparedStatement scanAll;
  private final PreparedStatement scanPartition;
  private final PreparedStatement ping;

  Reader(Connection connection) throws SQLException {
    this.connection = connection;
    begin = connection.prepareStatement("BEGIN");
    end = connection.prepareStatement("COMMIT");
    read =
        connection.prepareStatement(
            "SELECT %s FROM item WHERE %s".formatted(Rows.ITEM_COLUMNS, Rows.BY_KEY));
    scanAll =
        connection.prepareStatement(
            """
            SELECT %s FROM item
            WHERE namespace = ?1 AND collection = ?2 AND (key, partition) >= (?3, ?4)
            ORDER BY key, partition
            """
                .formatted(COLUMNS));
    // Both halves come in key order from an index each, and are merged as they are read: the items
    // that were put into the partition, and the one whose own key is the partition's name.
    scanPartition =
        connection.prepareStatement(
            """
            SELECT %1$s FROM item
            WHERE namespace = ?1 AND collection = ?2 AND partition = ?4 AND partition <> ''
              AND key >= ?3
            UNION ALL
            SELECT %1$s FROM item
            WHERE namespace = ?1 AND collection = ?2 AND key = ?4 AND partition = ''
              AND key >= ?3
            ORDER BY key
            """
                .formatted(COLUMNS));
    ping = connection.prepareStatement("SELECT value FROM meta");
  }

  /**
   * The items, one a key, up to the one with which the values have more than {@code maxBytes};
   * several are read as of one moment.
   */
  List<@Nullable Item> read(String namespace, List<Key> keys, long maxBytes, long now)
      throws SQLException {
    List<@Nullable Item> items = new ArrayList<>(keys.size());
    // One transaction takes and gives back the read lock once, not once a key.
    boolean several = keys.size() > 1;
    if (several) {
      begin.execute();
    }
    long bytes = 0;
    for (int i = 0; i < keys.size() && bytes <= maxBytes; i++) {
      Rows.bindKey(read, namespace, keys.get(i));
      try (ResultSet row = read.executeQuery()) {
        Item item = row.next() ? Rows.item(row, 1, true, now) : null;
        items.add(item);
        bytes += item == null ? 0 : item.value().length;
      }
    }
    if (several) {
      end.execute();
    }
    return items;
  }

  /**
   * Where a scan goes on: with the first item at or after this place.
   *
   * @param partition as stored; of no meaning within one partition
   */
  record Cursor(String key, String partition) {
    /** The least string after another, by bytes, is that string and a zero byte. */
    private static final String NEXT = "\0";

    static Cursor start(Scan scan) {
      return Utf8.compare(scan.startAfter(), scan.prefix()) < 0
          ? new Cursor(scan.prefix(), "")
          : new Cursor(scan.startAfter().isEmpty() ? "" : scan.startAfter() + NEXT, "");
    }
  }

  /**
   * Some of a scan.
   *
   * @param next where to go on; null where there is nothing left
   */
  record Page(List<ScanSink.Entry> entries, @Nullable Cursor next) {}

  /** The items from {@code cursor} on: at most {@code limit} and as many as a sink takes. */
  Page page(String namespace, Scan scan, Cursor cursor, long limit, long now) throws SQLException {
    String partition = scan.partition();
    PreparedStatement statement = partition == null ? scanAll : scanPartition;
    statement.setString(1, namespace);
    statement.setString(2, scan.collection());
    statement.setString(3, cursor.key());
    statement.setString(4, partition == null ? cursor.partition() : partition);
    List<ScanSink.Entry> entries = new ArrayList<>();
    long bytes = 0;
    try (ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        String key = row.getString(1);
        if (!key.startsWith(scan.prefix())) {
          return new Page(entries, null);
        }
        String stored = row.getString(2);
        Item item = Rows.item(row, 3, !scan.keysOnly(), now);
        if (item == null) {
          continue;
        }
        bytes += key.length() + item.value().length;
        if (!entries.isEmpty() && (entries.size() == PAGE_ITEMS || bytes > PAGE_BYTES)) {
          return new Page(entries, new Cursor(key, stored)); // it begins the next page
        }
        String itsPartition = stored.isEmpty() ? key : stored;
        entries.add(new ScanSink.Entry(new Key(scan.collection(), itsPartition, key), item));
        if (entries.size() == limit) {
          return new Page(entries, null);
        }
      }
    }
    return new Page(entries, null);
  }

  void ping() throws SQLException {
    try (ResultSet row = ping.executeQuery()) {
      row.next();
    }
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
