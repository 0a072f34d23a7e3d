package dev.prism.plugin.sqlite;

/**
 * Gives out etags: numbers that only grow. The database holds a ceiling below which numbers may
 * have been used; the next numbers are reserved a range at a time, so that a write costs no write
 * more, and what a crash leaves unused is skipped. Used by one thread at a time.
 */
final class Etags {
  /** How many numbers are reserved at once: one small update in about a million writes. */
  static final long RANGE = 1 << 20;

  private long next;
  private long ceiling;

  /** Begins at the ceiling found in the database: nothing from there on has been used. */
  Etags(long ceiling) {
    this.next = ceiling;
    this.ceiling = ceiling;
  }

  /** Whether {@code count} numbers are at hand; otherwise the ceiling is to be raised first. */
  boolean has(int count) {
    return ceiling - next >= count;
  }

  /** The ceiling to store, in the transaction that uses the numbers. */
  long raised() {
    return next + RANGE;
  }

  /** The raised ceiling is durable. */
  void reserved(long stored) {
    ceiling = stored;
  }

  long next() {
    return next++;
  }
}
