package dev.prism.plugin.memory;

import dev.prism.sdk.keyvalue.Item;
import dev.prism.sdk.keyvalue.Key;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An item in its place. One thread writes it, over and over: what a put replaces would otherwise be
 * garbage in the old generation, 80 MB of it a second ({@code docs/decisions/jvm-flags.md}). Any
 * thread reads it whole, in {@link #item}.
 */
final class StoredItem {
  /** The soonest to expire first. */
  static final Comparator<StoredItem> BY_EXPIRY =
      Comparator.<StoredItem>comparingLong(stored -> stored.expiresAtMillis)
          .thenComparingLong(stored -> stored.number);

  /** An object, three index nodes, keys and etag: about what an empty item was seen to cost. */
  private static final long OVERHEAD_BYTES = 370;

  /** Values up to this size are written over; those that are larger are shared with readers. */
  private static final int MOST_OVERWRITTEN = 4096;

  private static final byte[] NO_VALUE = new byte[0];

  /** An etag read before a restart must not fit an item written after it. */
  private static final String ETAG_PREFIX =
      Long.toString(new SecureRandom().nextLong() >>> 16, 36) + "-";

  private static final VarHandle VERSION;

  static {
    try {
      VERSION = MethodHandles.lookup().findVarHandle(StoredItem.class, "version", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Key key;
  private byte[] value = NO_VALUE;

  /** How much of {@link #value} is the item's. */
  private int length;

  private long number;
  private long expiresAtMillis;
  private String contentType = "";
  private Map<String, String> metadata = Map.of();

  /** Odd while the item is being written; changes with each write. */
  @SuppressWarnings("unused") // by VERSION
  private int version;

  /**
   * What a write puts in an item's place.
   *
   * @param value not to be changed: where it is large it is not copied
   * @param number which write of this process made the value: what its etag is made of
   * @param expiresAtMillis milliseconds since 1970, or {@link Item#NEVER}
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Content(
      byte[] value,
      long number,
      long expiresAtMillis,
      String contentType,
      Map<String, String> metadata) {
    String etag() {
      return StoredItem.etag(number);
    }
  }

  StoredItem(Key key, Content content) {
    this.key = key;
    set(content);
  }

  private static String etag(long number) {
    return ETAG_PREFIX + Long.toString(number, 36);
  }

  /** About how much memory an item holds. */
  static long bytes(Key key, Content content) {
    return bytes(key, content.value.length, content.contentType, content.metadata);
  }

  private static long bytes(
      Key key, int capacity, String contentType, Map<String, String> metadata) {
    long bytes = OVERHEAD_BYTES + capacity + 2L * contentType.length();
    bytes += 2L * (key.collection().length() + key.key().length());
    for (var entry : metadata.entrySet()) {
      bytes += 64 + 2L * (entry.getKey().length() + entry.getValue().length());
    }
    return bytes;
  }

  // ---- the thread that writes ----

  /** About how much memory it holds. */
  long bytes() {
    return bytes(key, value.length, contentType, metadata);
  }

  /** How much more it will hold with this content; less than 0: how much less. */
  long growth(Content content) {
    int capacity = fits(content.value) ? value.length : content.value.length;
    return bytes(key, capacity, content.contentType, content.metadata) - bytes();
  }

  private boolean fits(byte[] another) {
    return another.length <= value.length
        && another.length >= value.length / 2
        && value.length <= MOST_OVERWRITTEN;
  }

  /** Replaces everything but the key. */
  void set(Content content) {
    int before = version;
    VERSION.setOpaque(this, before + 1);
    VarHandle.storeStoreFence();
    if (fits(content.value)) {
      System.arraycopy(content.value, 0, value, 0, content.value.length);
    } else {
      value = content.value.length <= MOST_OVERWRITTEN ? content.value.clone() : content.value;
    }
    length = content.value.length;
    number = content.number;
    expiresAtMillis = content.expiresAtMillis;
    if (!contentType.equals(content.contentType)) {
      contentType = content.contentType;
    }
    if (!metadata.equals(content.metadata)) {
      metadata = content.metadata;
    }
    VERSION.setRelease(this, before + 2);
  }

  /** The same with another time to end at. */
  Content expiring(long atMillis) {
    return new Content(item().value(), number, atMillis, contentType, metadata);
  }

  boolean hasEtag(String etag) {
    return etag(number).equals(etag);
  }

  boolean hasValue(byte[] expected) {
    return Arrays.equals(value, 0, length, expected, 0, expected.length);
  }

  boolean expires() {
    return expiresAtMillis != Item.NEVER;
  }

  boolean isExpired(long nowMillis) {
    return expiresAtMillis <= nowMillis;
  }

  long expiresAtMillis() {
    return expiresAtMillis;
  }

  // ---- any thread ----

  Key key() {
    return key;
  }

  /** The item as it is now, whole; null where it has expired. */
  @Nullable Item item(long nowMillis) {
    Item item = item();
    return item.expiresAtMillis() <= nowMillis ? null : item;
  }

  /** The item as it is now, whole, expired or not. */
  Item item() {
    while (true) {
      int before = (int) VERSION.getAcquire(this);
      if (before % 2 == 0) {
        byte[] bytes = value;
        Item item =
            new Item(
                bytes.length <= MOST_OVERWRITTEN ? Arrays.copyOf(bytes, length) : bytes,
                etag(number),
                expiresAtMillis,
                contentType,
                metadata);
        VarHandle.loadLoadFence();
        if (before == (int) VERSION.getOpaque(this)) {
          return item;
        }
      }
      Thread.onSpinWait();
    }
  }
}
