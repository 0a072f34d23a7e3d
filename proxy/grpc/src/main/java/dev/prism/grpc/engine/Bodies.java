package dev.prism.grpc.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The memory for requests that do not fit a stream's window. A stream reserves a large message's
 * size before its client may send it, and gives it back when its call has ended; where there is no
 * room it waits for its turn, so that many large requests at once are slow, not fatal. Messages
 * that fit the window never come here.
 */
final class Bodies {
  /** What one call has of it. */
  static final class Share {
    private final Call<?, ?> call;
    private long reserved;
    private int wanted;
    private boolean ended;

    Share(Call<?, ?> call) {
      this.call = call;
    }
  }

  private final long limit;
  private final ReentrantLock lock = new ReentrantLock();
  private final ArrayDeque<Share> waiting = new ArrayDeque<>();
  private long reserved;

  /**
   * @param limit bytes, of all calls
   */
  Bodies(long limit) {
    this.limit = limit;
  }

  long limit() {
    return limit;
  }

  /** Has the call granted the bytes, now or when others have ended. */
  void reserve(Share share, int bytes) {
    lock.lock();
    try {
      if (share.ended) {
        return;
      }
      reserved -= share.reserved; // what came before is taken
      share.reserved = 0;
      share.wanted = bytes;
      if (!waiting.isEmpty() || reserved + bytes > limit) {
        waiting.add(share);
        return;
      }
      grant(share);
    } finally {
      lock.unlock();
    }
    share.call.onReserved(bytes);
  }

  /** A call has ended: what it had, or waited for, is others'. */
  void release(Share share) {
    List<Share> granted = new ArrayList<>();
    lock.lock();
    try {
      share.ended = true;
      reserved -= share.reserved;
      waiting.remove(share);
      Share next = waiting.peek();
      while (next != null && reserved + next.wanted <= limit) {
        waiting.poll();
        grant(next);
        granted.add(next);
        next = waiting.peek();
      }
    } finally {
      lock.unlock();
    }
    for (Share each : granted) {
      each.call.onReserved(each.wanted);
    }
  }

  private void grant(Share share) {
    reserved += share.wanted;
    share.reserved += share.wanted;
  }
}
