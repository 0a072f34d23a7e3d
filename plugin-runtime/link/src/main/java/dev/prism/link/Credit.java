package dev.prism.link;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * What the peer lets one stream send, and whether it has room for an announced message. One thread
 * sends; the consumer thread grants.
 */
final class Credit {
  private final AtomicInteger messages = new AtomicInteger(StreamInbox.WINDOW_MESSAGES);
  private final AtomicLong bytes = new AtomicLong(StreamInbox.WINDOW_BYTES);
  private volatile @Nullable Thread sender;
  private volatile boolean cleared;

  /** Takes the credit for one message; false while there is none. */
  boolean tryTake(int length) {
    if (messages.get() <= 0 || bytes.get() <= 0) {
      return false;
    }
    messages.decrementAndGet();
    bytes.addAndGet(-length);
    return true;
  }

  /**
   * @throws ProtocolViolation when the peer grants what it never had
   */
  void grant(int moreMessages, int moreBytes) {
    if (moreMessages < 0
        || moreBytes < 0
        || messages.addAndGet(moreMessages) > StreamInbox.WINDOW_MESSAGES
        || bytes.addAndGet(moreBytes) > StreamInbox.WINDOW_BYTES) {
      throw new ProtocolViolation("more credit than a window");
    }
    wake();
  }

  void clear() {
    cleared = true;
    wake();
  }

  /**
   * Whether the announced message may go; true once. There is one announcement at a time, so that
   * what was seen is what is taken: written only then, or a clearance that comes between the look
   * and the write would be lost.
   */
  boolean takeCleared() {
    if (!cleared) {
      return false;
    }
    cleared = false;
    return true;
  }

  void wake() {
    LockSupport.unpark(sender);
  }

  /** The thread that waits for credit or room and parks between looks. */
  void sender(@Nullable Thread thread) {
    sender = thread;
  }
}
