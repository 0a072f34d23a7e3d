package dev.prism.plugin.nats;

import com.google.rpc.Status;
import dev.prism.sdk.queue.Header;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import io.nats.client.impl.Headers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Headers as NATS has them: text, and in no order among names. Values that are no plain text are
 * written as {@code base64:...}; where there are several names a header of Prism's keeps their
 * order.
 */
final class Wire {
  /** The message's key. */
  static final String KEY = "Prism-Key";

  /** The names of the headers in their order, joined with colons, which no name has. */
  private static final String ORDER = "Prism-Order";

  /** SHA-256 of the request, where it had an idempotency key. */
  static final String FINGERPRINT = "Prism-Fingerprint";

  /** Joins an answer to what it answers. */
  static final String CORRELATION = "Prism-Correlation-Id";

  static final String MESSAGE_ID = "Nats-Msg-Id";

  private static final String SERVERS_OWN = "Nats-";
  private static final String BASE64 = "base64:";
  private static final byte[] NONE = {};

  private Wire() {}

  /**
   * Whether the server would take the header for an order of what to do with the message, or miss
   * an order because of it: servers look for the first place in all headers where an order's name
   * stands, and those up to 2.9 look no further where that is within something else.
   */
  static boolean isServersOwn(String name) {
    for (int at = 0; at <= name.length() - SERVERS_OWN.length(); at++) {
      if (name.regionMatches(true, at, SERVERS_OWN, 0, SERVERS_OWN.length())) {
        return true;
      }
    }
    return false;
  }

  /** What is said of a header that is the server's own. */
  static Status refused() {
    return PrismException.status(
        Reason.METADATA_INVALID,
        "a header has Nats- in its name, which is the server's own; choose another name");
  }

  /** What is said of a message that is larger than the server takes; null where it is not. */
  static @Nullable Status tooLarge(Session session, @Nullable Headers headers, byte[] payload) {
    long bytes =
        (long) payload.length
            + (headers == null || headers.isEmpty() ? 0 : headers.serializedLength());
    long most = session.connection().getMaxPayload();
    return most <= 0 || bytes <= most
        ? null
        : PrismException.status(
            Reason.VALUE_TOO_LARGE,
            "the NATS server takes at most %d bytes of payload and headers together"
                .formatted(most));
  }

  /** Adds the headers of a message; those that are the server's own are left out. */
  static void put(Headers wire, List<Header> headers) {
    StringBuilder order = new StringBuilder();
    String first = null;
    boolean several = false;
    for (Header header : headers) {
      if (isServersOwn(header.name())) {
        continue;
      }
      wire.add(header.name(), text(header.value()));
      order.append(order.isEmpty() ? "" : ":").append(header.name());
      first = first == null ? header.name() : first;
      several |= !first.equals(header.name());
    }
    if (several) {
      wire.add(ORDER, order.toString());
    }
  }

  /** The headers of a message without Prism's own. */
  static List<Header> get(@Nullable Headers wire) {
    if (wire == null || wire.isEmpty()) {
      return List.of();
    }
    boolean ours = wire.getFirst(FINGERPRINT) != null;
    Map<String, List<String>> left = new HashMap<>();
    wire.forEach(
        (name, values) -> {
          if (!name.equals(KEY)
              && !name.equals(ORDER)
              && !name.equals(CORRELATION)
              && !name.equals(FINGERPRINT)
              && !(ours && name.equals(MESSAGE_ID))) {
            left.put(name, values);
          }
        });
    List<Header> headers = new ArrayList<>();
    String order = wire.getFirst(ORDER);
    if (order != null) {
      Map<String, Integer> taken = new HashMap<>();
      for (String name : order.split(":", -1)) {
        List<String> values = left.getOrDefault(name, List.of());
        int next = taken.merge(name, 1, Integer::sum) - 1;
        if (next < values.size()) {
          headers.add(new Header(name, bytes(values.get(next))));
        }
      }
      left.keySet().removeAll(taken.keySet());
    }
    left.forEach(
        (name, values) -> values.forEach(value -> headers.add(new Header(name, bytes(value)))));
    return headers;
  }

  static byte[] key(@Nullable Headers wire) {
    String key = wire == null ? null : wire.getFirst(KEY);
    return key == null ? NONE : bytes(key);
  }

  static String text(byte[] value) {
    if (isPrintable(value)) {
      String text = new String(value, StandardCharsets.US_ASCII);
      // Nor may the server find an order in it, see isServersOwn.
      if (!text.startsWith(BASE64) && !text.contains(SERVERS_OWN)) {
        return text;
      }
    }
    return BASE64 + Base64.getEncoder().encodeToString(value);
  }

  private static boolean isPrintable(byte[] value) {
    for (byte b : value) {
      if (b < ' ' || b > '~') {
        return false;
      }
    }
    int length = value.length;
    return length == 0 || (value[0] != ' ' && value[length - 1] != ' ');
  }

  static byte[] bytes(String text) {
    if (text.startsWith(BASE64)) {
      try {
        return Base64.getDecoder().decode(text.substring(BASE64.length()));
      } catch (IllegalArgumentException e) {
        // Another's header that happens to begin so.
      }
    }
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
