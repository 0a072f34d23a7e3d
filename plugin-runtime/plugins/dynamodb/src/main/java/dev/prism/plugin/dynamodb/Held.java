package dev.prism.plugin.dynamodb;

import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.util.concurrent.atomic.AtomicLong;

/** What the transactions step by step of this process keep in memory together. Any thread. */
final class Held {
  /** A sixth of the heap. */
  static final long MOST_BYTES = 32 << 20;

  private final AtomicLong bytes = new AtomicLong();

  /**
   * Another of them keeps so much more.
   *
   * @throws PrismException OVERLOADED where that is too much; then it keeps what it kept before
   */
  void add(long more) {
    if (bytes.addAndGet(more) > MOST_BYTES) {
      bytes.addAndGet(-more);
      throw PrismException.retryAfter(
          Reason.OVERLOADED,
          "the open transactions hold as much as they may: nothing was changed",
          1000);
    }
  }

  void remove(long less) {
    bytes.addAndGet(-less);
  }
}
