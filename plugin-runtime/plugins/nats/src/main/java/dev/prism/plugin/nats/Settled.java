package dev.prism.plugin.nats;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/**
 * What was acknowledged last of one group through this process. A server that stops or crashes
 * forgets the acknowledgements of its last moments, and is told again. Safe for any thread.
 */
final class Settled {
  /** More than a server takes between two writes of a consumer's state; 128 KiB. */
  private static final int MOST = 1 << 14;

  private final AtomicLong count = new AtomicLong();
  private volatile @Nullable AtomicLongArray newest;

  void add(long sequence) {
    AtomicLongArray ring = newest;
    if (ring == null) {
      ring = ring();
    }
    ring.set((int) (count.getAndIncrement() & (MOST - 1)), sequence);
  }

  /** Made with the first: most groups of a process may only ever be looked at. */
  private synchronized AtomicLongArray ring() {
    AtomicLongArray ring = newest;
    if (ring == null) {
      ring = new AtomicLongArray(MOST);
      newest = ring;
    }
    return ring;
  }

  /** The messages from {@code first} to {@code last} that are remembered, in their order. */
  long[] between(long first, long last) {
    AtomicLongArray ring = newest;
    if (ring == null) {
      return new long[0];
    }
    long[] found = new long[MOST];
    int size = 0;
    for (int i = 0; i < MOST; i++) {
      long sequence = ring.get(i);
      if (sequence > 0 && sequence >= first && sequence <= last) {
        found[size++] = sequence;
      }
    }
    Arrays.sort(found, 0, size);
    return Arrays.copyOf(found, size);
  }

  /** Forgets all: what comes again comes because it was asked for. */
  synchronized void clear() {
    newest = null;
  }
}
