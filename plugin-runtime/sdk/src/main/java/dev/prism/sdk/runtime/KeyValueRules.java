package dev.prism.sdk.runtime;

import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;
import dev.prism.sdk.Capability;
import dev.prism.sdk.keyvalue.Key;
import dev.prism.sdk.keyvalue.Write.Condition;
import dev.prism.sdk.keyvalue.Write.Expiry;
import dev.prism.status.PrismException;
import dev.prism.status.PrismException.Violation;
import dev.prism.status.Reason;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What {@code keyvalue.proto} demands of a request's fields, and which of them need a capability.
 * Each check throws the typed status with the field that is wrong.
 */
final class KeyValueRules {
  static final int MOST_COLLECTION_BYTES = 128;
  static final int MOST_KEY_BYTES = 1024;
  static final int MOST_VALUE_BYTES = 16 << 20;
  static final int MOST_CONTENT_TYPE_BYTES = 255;
  static final int MOST_METADATA_ENTRIES = 64;
  static final int MOST_METADATA_BYTES = 8 << 10;
  static final int MOST_IDEMPOTENCY_KEY_BYTES = 128;
  static final int MOST_BATCH = 1000;

  /** Ten years of 365.25 days. */
  static final long MOST_TTL_MILLIS = 315_576_000_000L;

  private static final Condition NONE = new Condition.None();
  private static final Condition IF_ABSENT = new Condition.IfAbsent();
  private static final Condition IF_PRESENT = new Condition.IfPresent();
  private static final Expiry NEVER = new Expiry.Never();
  private static final Expiry KEEP = new Expiry.Keep();

  private final Set<Capability> capabilities;
  private final int maxValueBytes;
  private final InstantSource clock;

  KeyValueRules(Set<Capability> capabilities, int maxValueBytes, InstantSource clock) {
    this.capabilities = capabilities;
    this.maxValueBytes = maxValueBytes;
    this.clock = clock;
  }

  /** A capability that the whole request needs. */
  void need(Capability capability) {
    if (!capabilities.contains(capability)) {
      throw PrismException.of(
          Reason.CAPABILITY_UNSUPPORTED,
          "this backend has no " + capability + "; see docs/capabilities.md",
          Map.of("capability", capability.name()));
    }
  }

  boolean has(Capability capability) {
    return capabilities.contains(capability);
  }

  String collection(String collection) {
    return name(collection, "collection");
  }

  /** The name of a collection, table or mailbox. */
  static String name(String name, String field) {
    boolean valid = !name.isEmpty() && name.length() <= MOST_COLLECTION_BYTES;
    for (int i = 0; valid && i < name.length(); i++) {
      char c = name.charAt(i);
      valid =
          (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || c == '_'
              || c == '.'
              || c == '-';
    }
    if (!valid) {
      throw invalid(
          Reason.COLLECTION_INVALID,
          field,
          "must be 1 to " + MOST_COLLECTION_BYTES + " characters of A-Z a-z 0-9 _ . -");
    }
    return name;
  }

  /**
   * A key of a checked collection.
   *
   * @param path the path of the message that holds the fields: empty, or {@code entries[3].}
   */
  Key key(String collection, String key, String partition, String path) {
    if (key.isEmpty() || isLonger(key, MOST_KEY_BYTES)) {
      throw invalid(
          Reason.KEY_INVALID, path + "key", "must be 1 to " + MOST_KEY_BYTES + " bytes of UTF-8");
    }
    if (isLonger(partition, MOST_KEY_BYTES)) {
      throw invalid(
          Reason.KEY_INVALID,
          path + "partition_key",
          "must be at most " + MOST_KEY_BYTES + " bytes of UTF-8");
    }
    return new Key(collection, partition.isEmpty() ? key : partition, key);
  }

  /** A text that bounds a scan; may be empty. */
  String scanBound(String text, String field) {
    if (isLonger(text, MOST_KEY_BYTES)) {
      throw invalid(
          Reason.KEY_INVALID, field, "must be at most " + MOST_KEY_BYTES + " bytes of UTF-8");
    }
    return text;
  }

  byte[] value(ByteString value, String field) {
    if (value.size() > maxValueBytes) {
      throw PrismException.invalid(
          Reason.VALUE_TOO_LARGE,
          "the value has " + value.size() + " bytes; this backend takes " + maxValueBytes,
          List.of(new Violation(field, "must be at most " + maxValueBytes + " bytes")));
    }
    return value.toByteArray();
  }

  String contentType(String contentType, String path) {
    if (isLonger(contentType, MOST_CONTENT_TYPE_BYTES)) {
      throw invalid(
          Reason.FIELD_INVALID,
          path + "content_type",
          "must be at most " + MOST_CONTENT_TYPE_BYTES + " bytes");
    }
    return contentType;
  }

  Map<String, String> metadata(Map<String, String> metadata, String path) {
    if (metadata.isEmpty()) {
      return Map.of();
    }
    int bytes = 0;
    for (Map.Entry<String, String> entry : metadata.entrySet()) {
      bytes += utf8Length(entry.getKey()) + utf8Length(entry.getValue());
    }
    if (metadata.size() > MOST_METADATA_ENTRIES || bytes > MOST_METADATA_BYTES) {
      throw invalid(
          Reason.METADATA_INVALID,
          path + "metadata",
          "must have at most "
              + MOST_METADATA_ENTRIES
              + " entries and "
              + MOST_METADATA_BYTES
              + " bytes of keys and values together");
    }
    return metadata;
  }

  Expiry never() {
    return NEVER;
  }

  Expiry keep(boolean keep) {
    if (!keep) {
      return NEVER;
    }
    need(Capability.TTL);
    return KEEP;
  }

  Expiry at(Duration ttl, String field) {
    return new Expiry.At(expiresAt(ttl, field));
  }

  /** When a time to live that begins now ends, in milliseconds since 1970. */
  long expiresAt(Duration ttl, String field) {
    need(Capability.TTL);
    long seconds = ttl.getSeconds();
    int nanos = ttl.getNanos();
    boolean plausible =
        seconds >= 0 && seconds <= MOST_TTL_MILLIS / 1000 && nanos >= 0 && nanos < 1_000_000_000;
    long millis = plausible ? seconds * 1000 + nanos / 1_000_000 : 0;
    if (millis < 1 || millis > MOST_TTL_MILLIS) {
      throw invalid(Reason.TTL_INVALID, field, "must be from 1 ms to 10 years");
    }
    return clock.millis() + millis;
  }

  Condition none() {
    return NONE;
  }

  Condition ifEtag(String etag, String path) {
    need(Capability.PRECONDITIONS);
    if (etag.isEmpty()) {
      throw invalid(
          Reason.PRECONDITION_INVALID,
          path + "if_etag",
          "must be an etag that was read or written; for a key that is not there use if_absent");
    }
    return new Condition.IfEtag(etag);
  }

  Condition ifAbsent(boolean set) {
    if (!set) {
      return NONE;
    }
    need(Capability.PRECONDITIONS);
    return IF_ABSENT;
  }

  Condition ifPresent(boolean set) {
    if (!set) {
      return NONE;
    }
    need(Capability.PRECONDITIONS);
    return IF_PRESENT;
  }

  /** Refuses {@code if_absent} on a delete. */
  Condition deleteIfAbsent(boolean set) {
    if (!set) {
      return NONE;
    }
    throw invalid(
        Reason.PRECONDITION_INVALID,
        "if_absent",
        "there is nothing to delete where the key is absent");
  }

  void batchSize(int size, String field) {
    if (size < 1 || size > MOST_BATCH) {
      throw invalid(
          Reason.BATCH_SIZE_INVALID,
          field,
          "must have 1 to " + MOST_BATCH + " entries, not " + size);
    }
  }

  void atomic(boolean atomic) {
    if (atomic) {
      need(Capability.ATOMIC_BATCH);
    }
  }

  /** Refuses a batch that writes a key twice. */
  void distinct(List<Key> keys) {
    Set<Key> seen = HashSet.newHashSet(keys.size());
    for (int i = 0; i < keys.size(); i++) {
      if (!seen.add(keys.get(i))) {
        throw invalid(
            Reason.KEY_DUPLICATE,
            "entries[" + i + "].key",
            "is in the batch already; give it once");
      }
    }
  }

  /** Whether the request has an idempotency key, which is then a valid one. */
  boolean idempotent(String key) {
    if (key.isEmpty()) {
      return false;
    }
    if (!has(Capability.IDEMPOTENCY)) {
      throw PrismException.of(
          Reason.IDEMPOTENCY_UNSUPPORTED,
          "this backend cannot remember idempotency keys; send the request without one",
          Map.of("capability", Capability.IDEMPOTENCY.name()));
    }
    if (isLonger(key, MOST_IDEMPOTENCY_KEY_BYTES)) {
      throw invalid(
          Reason.IDEMPOTENCY_KEY_INVALID,
          "idempotency_key",
          "must be at most " + MOST_IDEMPOTENCY_KEY_BYTES + " bytes of UTF-8");
    }
    return true;
  }

  static PrismException invalid(Reason reason, String field, String description) {
    return PrismException.invalid(
        reason, field + " " + description, List.of(new Violation(field, description)));
  }

  private static boolean isLonger(String text, int most) {
    // A char takes 1 to 3 bytes: most texts need no counting.
    return text.length() > most || (text.length() * 3 > most && utf8Length(text) > most);
  }

  private static int utf8Length(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }
}
