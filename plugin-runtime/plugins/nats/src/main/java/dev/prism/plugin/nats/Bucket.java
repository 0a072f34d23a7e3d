package dev.prism.plugin.nats;

import dev.prism.sdk.keyvalue.Key;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * The KV bucket of a collection, and what keys are called in it. Different names stay different,
 * and whatever a native client may call a bucket or a key is called the same here.
 *
 * <p>The collection {@code users} of namespace {@code shop} is the bucket {@code shop_users}. Names
 * of buckets have no dots: that of a collection that has begins with {@code _}, and has {@code _-}
 * for each and {@code __} for underscores.
 *
 * <p>The key {@code 42} is called {@code 42}; one that native clients do not take is {@code =} and
 * its Base64 for URLs. A partition that is not the key is a token before it: {@code ==europe.42},
 * or {@code =} and its Base64.
 *
 * @param name the bucket's
 */
record Bucket(String collection, String name) {
  private static final int LONGEST_STREAM = 255;
  private static final String STREAM = "KV_";
  private static final String SUBJECTS = "$KV.";

  /** Stands first in names of keys that are not the key itself: those never have it. */
  private static final String ENCODED = "=";

  private static final String PARTITION = "==";
  private static final char SEPARATOR = '.';

  static Bucket of(String namespace, String collection) {
    String name =
        collection.indexOf(SEPARATOR) < 0
            ? namespace + '_' + collection
            : '_' + namespace + '_' + collection.replace("_", "__").replace(".", "_-");
    if (STREAM.length() + name.length() > LONGEST_STREAM) {
      throw PrismException.of(
          Reason.COLLECTION_INVALID,
          "the collection's bucket would have a longer name than the %d characters that NATS takes"
              .formatted(LONGEST_STREAM));
    }
    return new Bucket(collection, name);
  }

  /** The stream that the bucket is. */
  String stream() {
    return STREAM + name;
  }

  /** All of its subjects. */
  String subjects() {
    return SUBJECTS + name + ".>";
  }

  /** Those of a partition, but for the key that is called as the partition. */
  String subjects(String partition) {
    return SUBJECTS + name + SEPARATOR + partitionToken(partition) + ".>";
  }

  /** Where the key is. */
  String subject(Key key) {
    String partition =
        key.partition().equals(key.key()) ? "" : partitionToken(key.partition()) + SEPARATOR;
    return SUBJECTS
        + name
        + SEPARATOR
        + partition
        + (isNative(key.key()) ? key.key() : encoded(key.key()));
  }

  /** Whose subject it is; null: no key's of Prism. */
  @Nullable Key key(String subject) {
    String called = subject.substring(SUBJECTS.length() + name.length() + 1);
    if (!called.startsWith(ENCODED)) {
      return isNative(called) ? new Key(collection, called, called) : null;
    }
    int dot = called.indexOf(SEPARATOR);
    String key = decoded(called.substring(dot + 1));
    String partition =
        dot < 0
            ? key
            : called.startsWith(PARTITION)
                ? called.substring(PARTITION.length(), dot)
                : decoded(called.substring(0, dot));
    if (key == null || key.isEmpty() || partition == null) {
      return null;
    }
    Key found = new Key(collection, partition, key);
    return subject(found).equals(subject) ? found : null;
  }

  private static String partitionToken(String partition) {
    return isNative(partition) && partition.indexOf(SEPARATOR) < 0
        ? PARTITION + partition
        : encoded(partition);
  }

  /** Whether native clients take it as a key. */
  private static boolean isNative(String key) {
    char before = SEPARATOR;
    for (int i = 0; i < key.length(); i++) {
      char c = key.charAt(i);
      boolean plain =
          (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || c == '-'
              || c == '_'
              || c == '/';
      if (!plain && (c != SEPARATOR || before == SEPARATOR)) {
        return false;
      }
      before = c;
    }
    return before != SEPARATOR;
  }

  private static String encoded(String text) {
    return ENCODED
        + Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private static @Nullable String decoded(String token) {
    if (!token.startsWith(ENCODED)) {
      return token;
    }
    try {
      byte[] bytes = Base64.getUrlDecoder().decode(token.substring(ENCODED.length()));
      return new String(bytes, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return null; // a native client's key, which happens to begin so
    }
  }
}
