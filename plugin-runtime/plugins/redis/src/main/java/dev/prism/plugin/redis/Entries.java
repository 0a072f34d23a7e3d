package dev.prism.plugin.redis;

import dev.prism.sdk.queue.Header;
import dev.prism.sdk.queue.Message;
import dev.prism.sdk.queue.Stored;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Messages as entries of a stream, which Redis's own clients read and write: fields {@code
 * payload}, {@code key} and {@code deliver_at} (milliseconds since 1970), the latter two where
 * there are, and a field a header, named as it is. A header that is named as one of the three has
 * {@code header:} before its name.
 */
final class Entries {
  private static final String PAYLOAD = "payload";
  private static final String KEY = "key";
  private static final String DELIVER_AT = "deliver_at";
  private static final String ESCAPE = "header:";
  private static final Set<String> RESERVED = Set.of(PAYLOAD, KEY, DELIVER_AT);
  private static final byte[] PAYLOAD_FIELD = Bytes.of(PAYLOAD);
  private static final byte[] KEY_FIELD = Bytes.of(KEY);
  private static final byte[] DELIVER_AT_FIELD = Bytes.of(DELIVER_AT);
  private static final byte[] NONE = new byte[0];
  private static final int MOST_NAME = 255;

  private Entries() {}

  /** Adds the message's fields and values to a command's arguments. */
  static void add(Message message, List<byte[]> arguments) {
    arguments.add(PAYLOAD_FIELD);
    arguments.add(message.payload());
    if (message.key().length > 0) {
      arguments.add(KEY_FIELD);
      arguments.add(message.key());
    }
    if (message.deliverAtMillis() > 0) {
      arguments.add(DELIVER_AT_FIELD);
      arguments.add(Bytes.of(message.deliverAtMillis()));
    }
    for (Header header : message.headers()) {
      arguments.add(
          Bytes.of(RESERVED.contains(header.name()) ? ESCAPE + header.name() : header.name()));
      arguments.add(header.value());
    }
  }

  /** An entry, as a reply has it, as a message. Fields that can be no header are left out. */
  static Stored stored(String id, List<?> fields) {
    byte[] payload = NONE;
    byte[] key = NONE;
    long deliverAt = 0;
    List<Header> headers = new ArrayList<>();
    for (int i = 0; i + 1 < fields.size(); i += 2) {
      String name = Bytes.text(fields.get(i));
      byte[] value = (byte[]) fields.get(i + 1);
      switch (name) {
        case PAYLOAD -> payload = value;
        case KEY -> key = value;
        case DELIVER_AT -> deliverAt = number(value);
        default -> {
          String header =
              name.startsWith(ESCAPE) && RESERVED.contains(name.substring(ESCAPE.length()))
                  ? name.substring(ESCAPE.length())
                  : name;
          if (isHeader(header)) {
            headers.add(new Header(header, value));
          }
        }
      }
    }
    long offset = Ids.offset(id);
    return new Stored(
        0, offset, Ids.id(offset), new Message(key, headers, payload, deliverAt), Ids.millis(id));
  }

  private static boolean isHeader(String name) {
    if (name.isEmpty() || name.length() > MOST_NAME) {
      return false;
    }
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c <= ' ' || c >= 0x7f || c == ':') {
        return false;
      }
    }
    return true;
  }

  private static long number(byte[] value) {
    try {
      return Long.parseLong(Bytes.text(value));
    } catch (NumberFormatException e) {
      return 0; // a native client's field of the same name: no time
    }
  }
}
