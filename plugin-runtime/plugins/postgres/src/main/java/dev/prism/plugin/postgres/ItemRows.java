package dev.prism.plugin.postgres;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.prism.sdk.keyvalue.Item;
import dev.prism.sdk.keyvalue.Key;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How items stand in rows. */
final class ItemRows {
  /** Of an etag that no item has. */
  private static final long NO_ETAG = -1;

  private static final byte[] EMPTY = {};

  private ItemRows() {}

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** A partition as stored: empty where it is the key itself. */
  static byte[] partition(Key key) {
    return key.partition().equals(key.key()) ? EMPTY : bytes(key.partition());
  }

  static String etag(long number) {
    return Long.toString(number, Character.MAX_RADIX);
  }

  /** The number of an etag that a caller names, which may be anything. */
  static long etag(String etag) {
    try {
      long number = Long.parseLong(etag, Character.MAX_RADIX);
      return number >= 0 && etag(number).equals(etag) ? number : NO_ETAG;
    } catch (NumberFormatException e) {
      return NO_ETAG;
    }
  }

  static @Nullable Long expiry(long millis) {
    return millis == Item.NEVER ? null : millis;
  }

  static long expiry(ResultSet row, int column) throws SQLException {
    long millis = row.getLong(column);
    return row.wasNull() ? Item.NEVER : millis;
  }

  /** Content type and metadata as they are stored; null where there are none. */
  static byte @Nullable [] about(String contentType, Map<String, String> metadata) {
    if (contentType.isEmpty() && metadata.isEmpty()) {
      return null;
    }
    return dev.prism.keyvalue.v1.Item.newBuilder()
        .setContentType(contentType)
        .putAllMetadata(metadata)
        .build()
        .toByteArray();
  }

  static Item item(byte[] value, long etag, long expiresAt, byte @Nullable [] about) {
    if (about == null) {
      return new Item(value, etag(etag), expiresAt, "", Map.of());
    }
    try {
      var stored = dev.prism.keyvalue.v1.Item.parseFrom(about);
      return new Item(
          value, etag(etag), expiresAt, stored.getContentType(), stored.getMetadataMap());
    } catch (InvalidProtocolBufferException e) {
      throw PrismException.of(
          Reason.DATA_CORRUPT, "an item's metadata in the database does not parse");
    }
  }
}
