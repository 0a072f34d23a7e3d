package dev.prism.sdk.keyvalue;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One change of one key. */
public sealed interface Write {
  Key key();

  /** Writes a value where {@code condition} holds. */
  @SuppressWarnings("ArrayRecordComponent")
  record Put(
      Key key,
      byte[] value,
      String contentType,
      Map<String, String> metadata,
      Expiry expiry,
      Condition condition)
      implements Write {}

  /**
   * Removes a key where {@code condition} holds; removing what is not there succeeds under {@link
   * Condition.None}.
   */
  record Delete(Key key, Condition condition) implements Write {}

  /**
   * Writes {@code value} where the present value equals {@code expected}; null: where there is no
   * item.
   */
  @SuppressWarnings("ArrayRecordComponent")
  record CompareAndSwap(
      Key key,
      byte @Nullable [] expected,
      byte[] value,
      String contentType,
      Map<String, String> metadata,
      Expiry expiry)
      implements Write {}

  /** Changes when a present item expires, leaving value and etag. */
  record Expire(Key key, long expiresAtMillis) implements Write {}

  /** When a written item expires. */
  sealed interface Expiry {
    /** Never. */
    record Never() implements Expiry {}

    /** At a time, in milliseconds since 1970. */
    record At(long millis) implements Expiry {}

    /** As the item it replaces; never where it replaces none. */
    record Keep() implements Expiry {}
  }

  /** What must hold of the present item (contract 6). */
  sealed interface Condition {
    /** Nothing. */
    record None() implements Condition {}

    /** Its etag is this one, else {@code ETAG_MISMATCH}. */
    record IfEtag(String etag) implements Condition {}

    /** There is none, else {@code KEY_EXISTS}. */
    record IfAbsent() implements Condition {}

    /** There is one, else {@code KEY_ABSENT}. */
    record IfPresent() implements Condition {}
  }
}
