package dev.prism.grpc.engine;

/**
 * The last streams of a connection, those that are gone included: what comes for one that the
 * client has ended is its mistake, what comes for one that we have ended was under way (RFC 9113
 * 5.1). For the reader's thread.
 */
final class History {
  private static final int KEPT = 64;

  private final int[] ids = new int[KEPT];
  private long ended;
  private int count;

  void opened(int id) {
    int slot = count++ & (KEPT - 1);
    ids[slot] = id;
    ended &= ~(1L << slot);
  }

  /** The client has sent its last frame of a stream. */
  void ended(int id) {
    int slot = slot(id);
    if (slot >= 0) {
      ended |= 1L << slot;
    }
  }

  boolean hasEnded(int id) {
    int slot = slot(id);
    return slot >= 0 && ((ended >>> slot) & 1) == 1;
  }

  /** Whether a stream was opened, or is too old to tell. */
  boolean wasOpened(int id) {
    return slot(id) >= 0 || (count > KEPT && id < ids[count & (KEPT - 1)]);
  }

  private int slot(int id) {
    // The latest is the likeliest.
    for (int i = 1; i <= Math.min(count, KEPT); i++) {
      int slot = (count - i) & (KEPT - 1);
      if (ids[slot] == id) {
        return slot;
      }
    }
    return -1;
  }
}
