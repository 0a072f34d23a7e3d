package dev.prism.plugin.memory;

import dev.prism.sdk.keyvalue.Item;
import dev.prism.sdk.keyvalue.Key;
import java.util.Comparator;

/**
 * An item in its place.
 *
 * @param ordinal which write of this process made it; tells items apart that expire together
 * @param bytes about how much memory it holds
 */
record StoredItem(Key key, Item item, long ordinal, long bytes) {
  /** The soonest to expire first. */
  static final Comparator<StoredItem> BY_EXPIRY =
      Comparator.<StoredItem>comparingLong(stored -> stored.item().expiresAtMillis())
          .thenComparingLong(StoredItem::ordinal);

  /** An object, three index nodes, keys and etag: about what an empty item was seen to cost. */
  private static final long OVERHEAD_BYTES = 370;

  static StoredItem of(Key key, Item item, long ordinal) {
    long bytes = OVERHEAD_BYTES + item.value().length + 2L * item.contentType().length();
    bytes += 2L * (key.collection().length() + key.key().length());
    for (var entry : item.metadata().entrySet()) {
      bytes += 64 + 2L * (entry.getKey().length() + entry.getValue().length());
    }
    return new StoredItem(key, item, ordinal, bytes);
  }

  boolean expires() {
    return item.expiresAtMillis() != Item.NEVER;
  }

  boolean isExpired(long nowMillis) {
    return item.expiresAtMillis() <= nowMillis;
  }
}
