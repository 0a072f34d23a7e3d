package dev.prism.plugin.nats;

import dev.prism.sdk.keyvalue.Item;
import io.nats.client.Message;
import io.nats.client.impl.Headers;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A message of a bucket. Its payload is the value and nothing else; what Prism knows besides stands
 * in headers, which native clients of KV do not look at.
 *
 * @param revision its sequence in the stream
 * @param isMarker whether it says that the key was removed; its item is empty, and expires when the
 *     marker may go
 * @param valueBytes how large the value is, also where it was left out
 */
record Entry(String subject, long revision, boolean isMarker, Item item, int valueBytes) {
  private static final String CONTENT_TYPE = "Content-Type";
  private static final String OPERATION = "KV-Operation";
  private static final String PURGE = "PURGE";
  private static final String DELETE = "DEL";

  /** Of metadata whose name is no header's or one of ours: the name's Base64 follows. */
  private static final String META = "Prism-Meta-";

  /** Milliseconds since 1970. */
  private static final String EXPIRES = "Prism-Expires";

  /** The etag of an item whose expiry was changed afterwards; otherwise it is the revision. */
  private static final String ETAG = "Prism-Etag";

  private static final String ROLLUP = "Nats-Rollup";
  private static final String EXPECTED = "Nats-Expected-Last-Subject-Sequence";
  private static final String VALUE_BYTES = "Nats-Msg-Size";
  private static final List<String> OTHERS_OWN = List.of("kv-", "prism-");
  private static final byte[] NONE = {};

  /** One that was asked for. */
  static Entry of(Got got) {
    byte[] value = got.payload();
    return of(got.subject(), got.sequence(), got.headers(), value, value.length);
  }

  /** One of a consumer that gives headers only. */
  static Entry listed(Message message) {
    Headers headers = message.getHeaders();
    String bytes = headers == null ? null : headers.getFirst(VALUE_BYTES);
    return of(
        message.getSubject(),
        message.metaData().streamSequence(),
        headers,
        NONE,
        (int) number(bytes, 0));
  }

  private static Entry of(
      String subject, long revision, @Nullable Headers headers, byte[] value, int valueBytes) {
    String etag = Long.toString(revision);
    if (headers == null || headers.isEmpty()) {
      Item plain = new Item(value, etag, Item.NEVER, "", Map.of());
      return new Entry(subject, revision, false, plain, valueBytes);
    }
    String operation = headers.getFirst(OPERATION);
    String changed = headers.getFirst(ETAG);
    String contentType = headers.getFirst(CONTENT_TYPE);
    Item item =
        new Item(
            value,
            changed == null ? etag : changed,
            number(headers.getFirst(EXPIRES), Item.NEVER),
            contentType == null ? "" : text(contentType),
            metadata(headers));
    boolean marker = PURGE.equals(operation) || DELETE.equals(operation);
    return new Entry(subject, revision, marker, item, valueBytes);
  }

  /** Whether there is an item. */
  boolean isThere(long now) {
    return !isMarker && !isOver(now);
  }

  /** Whether its time is up: that of an item, or of a marker that Prism wrote. */
  boolean isOver(long now) {
    return item.expiresAtMillis() <= now;
  }

  /** The headers of an item to write. */
  static Headers headers(String contentType, Map<String, String> metadata, long expiresAtMillis) {
    Headers headers = new Headers();
    if (!contentType.isEmpty()) {
      headers.put(CONTENT_TYPE, Wire.text(bytes(contentType)));
    }
    metadata.forEach(
        (name, value) ->
            headers.put(
                isHeader(name) ? name : META + Base64.getEncoder().encodeToString(bytes(name)),
                Wire.text(bytes(value))));
    if (expiresAtMillis != Item.NEVER) {
      headers.put(EXPIRES, Long.toString(expiresAtMillis));
    }
    return headers;
  }

  /** The headers of {@code item} with another expiry. */
  static Headers expiring(Item item, long expiresAtMillis) {
    return headers(item.contentType(), item.metadata(), expiresAtMillis).put(ETAG, item.etag());
  }

  /**
   * The headers of a marker: native clients see a purged key.
   *
   * @param untilMillis when the marker itself may go
   */
  static Headers marker(long untilMillis) {
    return new Headers()
        .put(OPERATION, PURGE)
        .put(ROLLUP, "sub")
        .put(EXPIRES, Long.toString(untilMillis));
  }

  /**
   * Makes a message one that is taken only while {@code revision} is its subject's last; 0: none.
   */
  static void expect(Headers headers, long revision) {
    headers.put(EXPECTED, Long.toString(revision));
  }

  private static Map<String, String> metadata(Headers headers) {
    Map<String, String> metadata = new HashMap<>();
    headers.forEach(
        (name, values) -> {
          if (isHeader(name)) {
            metadata.put(name, text(values.getFirst()));
          } else if (name.startsWith(META)) {
            try {
              byte[] decoded = Base64.getDecoder().decode(name.substring(META.length()));
              metadata.put(new String(decoded, StandardCharsets.UTF_8), text(values.getFirst()));
            } catch (IllegalArgumentException e) {
              // None of Prism's: no item has it.
            }
          }
        });
    return metadata;
  }

  /** Whether metadata of that name is a header of that name. */
  private static boolean isHeader(String name) {
    for (int i = 0; i < name.length(); i++) {
      if (name.charAt(i) <= ' ' || name.charAt(i) > '~' || name.charAt(i) == ':') {
        return false;
      }
    }
    String lower = name.toLowerCase(Locale.ROOT);
    return !name.isEmpty()
        && !Wire.isServersOwn(name)
        && OTHERS_OWN.stream().noneMatch(lower::startsWith)
        && !CONTENT_TYPE.equalsIgnoreCase(name);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(String header) {
    return new String(Wire.bytes(header), StandardCharsets.UTF_8);
  }

  private static long number(@Nullable String text, long otherwise) {
    try {
      return text == null ? otherwise : Long.parseLong(text);
    } catch (NumberFormatException e) {
      return otherwise;
    }
  }
}
