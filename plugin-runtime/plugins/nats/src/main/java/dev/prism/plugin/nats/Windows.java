package dev.prism.plugin.nats;

/**
 * The memory that all scans have together for keys that they have yet to go to. Safe for any
 * thread.
 */
final class Windows {
  private static final long ALL = 24 << 20;
  private static final long LARGEST = 8 << 20;
  private static final long SMALLEST = 256 << 10;

  private long free = ALL;

  /** Bytes for one more scan: the fewer the more there are, but never none. */
  synchronized long take() {
    long taken = Math.clamp(free / 2, SMALLEST, LARGEST);
    free -= taken;
    return taken;
  }

  synchronized void give(long taken) {
    free += taken;
  }
}
