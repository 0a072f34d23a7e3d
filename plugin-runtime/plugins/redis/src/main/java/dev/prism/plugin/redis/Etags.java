package dev.prism.plugin.redis;

import java.nio.ByteBuffer;
import java.security.SecureRandom;

/**
 * Gives out etags that no other process gives out: six random bytes of this one, and six that
 * count. Used by one thread at a time.
 */
final class Etags {
  private final long process = new SecureRandom().nextLong() << Short.SIZE;
  private long next;

  byte[] next() {
    long count = next++;
    return ByteBuffer.allocate(StoredItem.ETAG_BYTES)
        .putLong(process | (count >>> Integer.SIZE & 0xffff))
        .putInt((int) count)
        .array();
  }
}
