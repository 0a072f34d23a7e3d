package dev.prism.grpc.engine;

/**
 * Counts what costs a server more than its client: frames that do no work, and streams that end as
 * soon as they begin. Each kind has a bucket of tokens that fills with time; a client that empties
 * one is cut off with ENHANCE_YOUR_CALM. For the reader's thread.
 */
final class Floods {
  /** What a frame costs its sender. */
  enum Kind {
    /** PING, SETTINGS, PRIORITY, empty DATA, unknown and late frames. */
    CONTROL,
    /** A stream reset before its deadline, or refused for what it is. */
    RESET,
    /** A reset that crossed our end of the stream: any client's deadline may do that. */
    LATE_RESET
  }

  private static final int CONTROL_BURST = 10_000;
  private static final int CONTROL_PER_SECOND = 2_000;
  private static final int RESETS_PER_SECOND = 1_000;
  private static final long SECOND = 1_000_000_000L;

  private final Bucket control;
  private final Bucket resets;

  /**
   * @param maxStreams a client may give all of them up at once, several times over
   */
  Floods(int maxStreams, long now) {
    control = new Bucket(CONTROL_BURST, CONTROL_PER_SECOND, now);
    resets = new Bucket(Math.max(1_000, 4 * maxStreams), RESETS_PER_SECOND, now);
  }

  void count(Kind kind) throws ConnectionException {
    boolean allowed =
        switch (kind) {
          case CONTROL -> control.take();
          case RESET -> resets.take();
          case LATE_RESET -> true;
        };
    if (!allowed) {
      throw new ConnectionException(
          ErrorCode.ENHANCE_YOUR_CALM,
          kind == Kind.RESET ? "Too many streams reset." : "Too many frames that do no work.");
    }
  }

  private static final class Bucket {
    private final int burst;
    private final int perSecond;
    private int tokens;
    private long filled;

    Bucket(int burst, int perSecond, long now) {
      this.burst = burst;
      this.perSecond = perSecond;
      this.tokens = burst;
      this.filled = now;
    }

    boolean take() {
      if (tokens == 0) {
        long now = System.nanoTime();
        long earned = (now - filled) / (SECOND / perSecond);
        if (earned == 0) {
          return false;
        }
        tokens = (int) Math.min(burst, earned);
        filled = now;
      }
      tokens--;
      return true;
    }
  }
}
