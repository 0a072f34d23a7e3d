package dev.prism.plugin.redis;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.prism.sdk.keyvalue.Item;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;

/**
 * Items as strings of the server.
 *
 * <pre>
 *   1 byte     1, the form
 *   12 bytes   etag
 *   8 bytes    when it expires, in milliseconds since 1970; the largest for never
 *   2 bytes    how long the next part is
 *              content type and metadata as a prism.keyvalue.v1.Item; nothing where there are none
 *   the rest   value
 * </pre>
 */
final class StoredItem {
  static final int ETAG_BYTES = 12;
  private static final byte FORM = 1;
  private static final int HEAD = 1 + ETAG_BYTES + Long.BYTES + Short.BYTES;
  private static final byte[] NONE = {};

  private StoredItem() {}

  static byte[] encode(
      byte[] value,
      byte[] etag,
      long expiresAtMillis,
      String contentType,
      Map<String, String> metadata) {
    byte[] about =
        contentType.isEmpty() && metadata.isEmpty()
            ? NONE
            : dev.prism.keyvalue.v1.Item.newBuilder()
                .setContentType(contentType)
                .putAllMetadata(metadata)
                .build()
                .toByteArray();
    return ByteBuffer.allocate(HEAD + about.length + value.length)
        .put(FORM)
        .put(etag)
        .putLong(expiresAtMillis)
        .putShort((short) about.length)
        .put(about)
        .put(value)
        .array();
  }

  /** Throws {@code DATA_CORRUPT} where it is none. */
  static Item decode(byte[] stored) {
    if (stored.length < HEAD || stored[0] != FORM) {
      throw corrupt();
    }
    ByteBuffer from = ByteBuffer.wrap(stored, 1, stored.length - 1);
    byte[] etag = new byte[ETAG_BYTES];
    from.get(etag);
    long expiresAt = from.getLong();
    int about = Short.toUnsignedInt(from.getShort());
    if (about > from.remaining()) {
      throw corrupt();
    }
    byte[] value = Arrays.copyOfRange(stored, HEAD + about, stored.length);
    if (about == 0) {
      return new Item(value, etag(etag), expiresAt, "", Map.of());
    }
    try {
      var known = dev.prism.keyvalue.v1.Item.parseFrom(from.slice().limit(about));
      return new Item(value, etag(etag), expiresAt, known.getContentType(), known.getMetadataMap());
    } catch (InvalidProtocolBufferException e) {
      throw corrupt();
    }
  }

  static PrismException corrupt() {
    return PrismException.of(
        Reason.DATA_CORRUPT, "what is under the item's key at the server is no item");
  }

  static String etag(byte[] bytes) {
    return Base64.getUrlEncoder().encodeToString(bytes);
  }

  /** The bytes of an etag that a caller names, which may be anything; none where it is none. */
  static byte[] etag(String text) {
    try {
      byte[] bytes = Base64.getUrlDecoder().decode(text);
      return bytes.length == ETAG_BYTES && etag(bytes).equals(text) ? bytes : NONE;
    } catch (IllegalArgumentException e) {
      return NONE;
    }
  }
}
