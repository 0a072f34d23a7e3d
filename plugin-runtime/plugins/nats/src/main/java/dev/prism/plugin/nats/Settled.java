package dev.prism.plugin.nats;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What was acknowledged of one group through this process, of the newest million messages. A server
 * that stops forgets acknowledgements and is told again: those of its last moments, which it had
 * not written yet; and before 2.10.17 all of messages that it had delivered before one that came
 * again, which it never writes. Safe for any thread.
 */
final class Settled {
  /** 128 KiB: a bit a message, in the order of their sequences. */
  private static final int WORDS = 1 << 14;

  private long @Nullable [] bits;

  /** The number of the newest word, counted from that of sequence 0. */
  private long newest;

  synchronized void add(long sequence) {
    long word = sequence >>> 6;
    long[] window = bits;
    if (window == null) {
      // Made with the first: most groups of a process may only ever be looked at.
      window = new long[WORDS];
      bits = window;
      newest = word;
    }
    if (word <= newest - WORDS) {
      return;
    }
    for (long next = Math.max(newest, word - WORDS) + 1; next <= word; next++) {
      window[index(next)] = 0;
    }
    newest = Math.max(newest, word);
    window[index(word)] |= 1L << sequence;
  }

  private static int index(long word) {
    return (int) (word & (WORDS - 1));
  }

  /** The messages from {@code first} to {@code last} that are remembered: the first ones. */
  synchronized long[] between(long first, long last, int most) {
    long[] window = bits;
    long[] found = new long[most];
    int size = 0;
    if (window != null) {
      long from = Math.max(first, Math.max(0, newest - WORDS + 1) << 6);
      long to = Math.min(last, (newest << 6) | (Long.SIZE - 1));
      for (long sequence = from; sequence <= to && size < most; sequence++) {
        if ((window[index(sequence >>> 6)] & (1L << sequence)) != 0) {
          found[size++] = sequence;
        }
      }
    }
    return Arrays.copyOf(found, size);
  }

  /** Forgets all: what comes again comes because it was asked for. */
  synchronized void clear() {
    bits = null;
  }
}
