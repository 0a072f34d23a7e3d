package dev.prism.plugin.redis;

import dev.prism.sdk.keyvalue.Key;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What the items of a namespace are called at the server. A name is what an item's key ends with,
 * and what stands for it in its collection's sorted set, where names are in the order of keys and
 * partitions. Items whose partition is not their key are in a second set, by their place.
 *
 * <pre>
 *   name    key                    where the partition is the key
 *           key 0x00 partition     where it is not
 *   place   partition 0x00 key
 *   entry   collection 0x00 name   among those that expire
 * </pre>
 *
 * <p>After a zero byte of the first part's own stands 0xff, which UTF-8 does not have, so that the
 * other one is known, and sorts before it.
 */
final class ItemNames {
  private static final byte OWN = (byte) 0xff;

  private final String namespace;

  ItemNames(String namespace) {
    this.namespace = namespace;
  }

  /** The sorted set of the entries of what expires, by when it does. */
  byte[] expiring() {
    return Bytes.of("{" + namespace + ".}:expiring");
  }

  /** Where a unit is remembered. */
  byte[] once(String scope, String key) {
    return Bytes.of("{" + namespace + ".}:once:" + scope + ":" + key);
  }

  /** The sorted set of a collection's names. */
  byte[] names(String collection) {
    return Bytes.of(prefix(collection) + "names");
  }

  /** The sorted set of a collection's places. */
  byte[] places(String collection) {
    return Bytes.of(prefix(collection) + "places");
  }

  byte[] item(Key key) {
    return item(key.collection(), name(key));
  }

  byte[] item(String collection, byte[] name) {
    return joined(Bytes.of(prefix(collection) + "item:"), name);
  }

  private String prefix(String collection) {
    return "{" + namespace + "." + collection + "}:";
  }

  static byte[] name(Key key) {
    return isAlone(key) ? escaped(key.key()) : pair(key.key(), key.partition());
  }

  /** Null where the partition is the key. */
  static byte @Nullable [] place(Key key) {
    return isAlone(key) ? null : pair(key.partition(), key.key());
  }

  private static boolean isAlone(Key key) {
    return key.partition().equals(key.key());
  }

  static byte[] entry(String collection, byte[] name) {
    return joined(Bytes.of(collection + "\0"), name);
  }

  static Key ofName(String collection, byte[] name) {
    int end = end(name);
    String key = unescaped(name, end);
    return new Key(collection, end == name.length ? key : after(name, end), key);
  }

  static Key ofPlace(String collection, byte[] place) {
    int end = end(place);
    return new Key(collection, unescaped(place, end), after(place, end));
  }

  static Key ofEntry(byte[] entry) {
    int end = end(entry);
    return ofName(unescaped(entry, end), Arrays.copyOfRange(entry, end + 1, entry.length));
  }

  /** What the places of a partition begin with. */
  static byte[] partition(String partition) {
    return pair(partition, "");
  }

  /** A text as the first part of a name. */
  static byte[] escaped(String text) {
    byte[] bytes = Bytes.of(text);
    if (text.indexOf('\0') < 0) {
      return bytes;
    }
    ByteArrayOutputStream escaped = new ByteArrayOutputStream(bytes.length + 8);
    for (byte each : bytes) {
      escaped.write(each);
      if (each == 0) {
        escaped.write(OWN);
      }
    }
    return escaped.toByteArray();
  }

  private static String unescaped(byte[] name, int end) {
    byte[] bytes = new byte[end];
    int length = 0;
    for (int i = 0; i < end; i++) {
      if (name[i] != OWN) {
        bytes[length++] = name[i];
      }
    }
    return Bytes.text(Arrays.copyOf(bytes, length));
  }

  private static byte[] pair(String first, String second) {
    byte[] escaped = escaped(first);
    return joined(Arrays.copyOf(escaped, escaped.length + 1), Bytes.of(second));
  }

  /** Where the first part ends. */
  private static int end(byte[] name) {
    for (int i = 0; i < name.length; i++) {
      if (name[i] == 0 && (i + 1 == name.length || name[i + 1] != OWN)) {
        return i;
      }
    }
    return name.length;
  }

  private static String after(byte[] name, int end) {
    return Bytes.text(Arrays.copyOfRange(name, end + 1, name.length));
  }

  /** One after the other. */
  static byte[] joined(byte[] first, byte... second) {
    byte[] joined = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, joined, first.length, second.length);
    return joined;
  }
}
