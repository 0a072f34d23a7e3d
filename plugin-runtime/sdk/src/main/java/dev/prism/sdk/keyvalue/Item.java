package dev.prism.sdk.keyvalue;

import java.util.Map;

/**
 * A value as read. The array is not copied and not to be changed.
 *
 * @param expiresAtMillis milliseconds since 1970, or {@link #NEVER}
 */
@SuppressWarnings("ArrayRecordComponent")
public record Item(
    byte[] value,
    String etag,
    long expiresAtMillis,
    String contentType,
    Map<String, String> metadata) {
  /** The item does not expire. */
  public static final long NEVER = Long.MAX_VALUE;
}
