package dev.prism.sdk.runtime;

import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.function.Supplier;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Makes cursors of places in a read, and places of cursors: a version, an authentication code over
 * what the cursor is bound to and the place, and the place itself. What it is bound to is not in
 * it, so that it is short; a cursor that comes with another request fails the same check as one
 * that was made up.
 */
final class Cursors {
  private static final byte VERSION = 1;
  private static final int TAG_BYTES = 16;
  private static final int HEADER_BYTES = 1 + TAG_BYTES;

  /** The most bytes of a cursor. */
  static final int MOST_BYTES = 4096;

  private final Supplier<byte[]> source;
  private volatile @Nullable SecretKeySpec key;

  /**
   * @param source of the key, asked when it is first needed
   */
  Cursors(Supplier<byte[]> source) {
    this.source = source;
  }

  /** Cursors of one read. Not safe for several threads. */
  static final class Bound {
    private final Mac mac;
    private final byte[] binding;

    private Bound(Mac mac, byte[] binding) {
      this.mac = mac;
      this.binding = binding;
    }

    /**
     * @throws PrismException VALUE_TOO_LARGE where the place is too large for a cursor
     */
    byte[] seal(byte[] position) {
      if (HEADER_BYTES + position.length > MOST_BYTES) {
        throw PrismException.of(
            Reason.VALUE_TOO_LARGE,
            "the values that the rows are ordered by are too large for a cursor; order by others");
      }
      return ByteBuffer.allocate(HEADER_BYTES + position.length)
          .put(VERSION)
          .put(tag(position))
          .put(position)
          .array();
    }

    /**
     * The place, or null for no cursor.
     *
     * @throws PrismException CURSOR_INVALID
     */
    byte @Nullable [] open(byte[] cursor) {
      if (cursor.length == 0) {
        return null;
      }
      if (cursor.length >= HEADER_BYTES && cursor.length <= MOST_BYTES && cursor[0] == VERSION) {
        byte[] position = Arrays.copyOfRange(cursor, HEADER_BYTES, cursor.length);
        if (MessageDigest.isEqual(tag(position), Arrays.copyOfRange(cursor, 1, HEADER_BYTES))) {
          return position;
        }
      }
      throw KeyValueRules.invalid(
          Reason.CURSOR_INVALID,
          "cursor",
          "must be one that a page of the same collection, filter and order had, or empty");
    }

    private byte[] tag(byte[] position) {
      mac.update(binding);
      return Arrays.copyOf(mac.doFinal(position), TAG_BYTES);
    }
  }

  /**
   * Cursors that are good for the same namespace, collection, filter and order.
   *
   * @param query what tells one query from another, in any encoding
   */
  Bound bound(String namespace, byte[]... query) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(key());
      return new Bound(mac, binding(namespace, query));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has HmacSHA256", e);
    }
  }

  private SecretKeySpec key() {
    SecretKeySpec known = key;
    if (known == null) {
      known = new SecretKeySpec(source.get(), "HmacSHA256");
      key = known;
    }
    return known;
  }

  private static byte[] binding(String namespace, byte[]... query) {
    byte[] name = namespace.getBytes(StandardCharsets.UTF_8);
    int length = Integer.BYTES + name.length;
    for (byte[] part : query) {
      length += Integer.BYTES + part.length;
    }
    ByteBuffer binding = ByteBuffer.allocate(length).putInt(name.length).put(name);
    for (byte[] part : query) {
      binding.putInt(part.length).put(part);
    }
    return binding.array();
  }
}
