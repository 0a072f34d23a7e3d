package dev.prism.plugin.sqlite;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.prism.sdk.keyvalue.Item;
import dev.prism.sdk.keyvalue.Key;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** How items stand in rows. */
final class Rows {
  /** The columns that make an item, from {@code etag} on in this order. */
  static final String ITEM_COLUMNS = "etag, expires_at, content_type, metadata, value";

  /** The parameters 1 to 4. */
  static final String BY_KEY = "namespace = ?1 AND collection = ?2 AND key = ?3 AND partition = ?4";

  private static final byte[] EMPTY = {};

  private Rows() {}

  static void bindKey(PreparedStatement statement, String namespace, Key key) throws SQLException {
    statement.setString(1, namespace);
    statement.setString(2, key.collection());
    statement.setString(3, key.key());
    statement.setString(4, partition(key));
  }

  /** A partition as stored: empty where it is the key itself. */
  static String partition(Key key) {
    return key.partition().equals(key.key()) ? "" : key.partition();
  }

  static String etag(long sequence) {
    return Long.toString(sequence, Character.MAX_RADIX);
  }

  /** Reads {@code expires_at}. */
  static long expiry(ResultSet row, int column) throws SQLException {
    long millis = row.getLong(column);
    return row.wasNull() ? Item.NEVER : millis;
  }

  static void bindExpiry(PreparedStatement statement, int parameter, long millis)
      throws SQLException {
    if (millis == Item.NEVER) {
      statement.setNull(parameter, Types.INTEGER);
    } else {
      statement.setLong(parameter, millis);
    }
  }

  static void bindText(PreparedStatement statement, int parameter, String text)
      throws SQLException {
    if (text.isEmpty()) {
      statement.setNull(parameter, Types.VARCHAR);
    } else {
      statement.setString(parameter, text);
    }
  }

  static void bindMetadata(PreparedStatement statement, int parameter, Map<String, String> metadata)
      throws SQLException {
    if (metadata.isEmpty()) {
      statement.setNull(parameter, Types.BLOB);
    } else {
      statement.setBytes(
          parameter,
          dev.prism.keyvalue.v1.Item.newBuilder().putAllMetadata(metadata).build().toByteArray());
    }
  }

  /** The item whose {@link #ITEM_COLUMNS} begin at {@code first}, or null where it has expired. */
  static @Nullable Item item(ResultSet row, int first, boolean withValue, long now)
      throws SQLException {
    long expiresAt = expiry(row, first + 1);
    if (expiresAt <= now) {
      return null;
    }
    String contentType = row.getString(first + 2);
    return new Item(
        withValue ? bytes(row, first + 4) : EMPTY,
        etag(row.getLong(first)),
        expiresAt,
        contentType == null ? "" : contentType,
        metadata(row.getBytes(first + 3)));
  }

  /** A blob; the driver gives null for an empty one. */
  static byte[] bytes(ResultSet row, int column) throws SQLException {
    byte[] bytes = row.getBytes(column);
    return bytes == null ? EMPTY : bytes;
  }

  private static Map<String, String> metadata(byte @Nullable [] stored) throws SQLException {
    if (stored == null) {
      return Map.of();
    }
    try {
      return dev.prism.keyvalue.v1.Item.parseFrom(stored).getMetadataMap();
    } catch (InvalidProtocolBufferException e) {
      SQLiteException damage =
          new SQLiteException("an item's metadata does not parse", SQLiteErrorCode.SQLITE_CORRUPT);
      damage.initCause(e);
      throw damage;
    }
  }
}
