package dev.prism.sdk.runtime;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * The platform threads that run a coalescer's batches, at most 64. A lane without work parks: an
 * idle plugin uses no CPU.
 *
 * <p>No wake-up is lost: a lane says that it is idle before it looks for work a last time, and
 * whoever brings work looks for an idle lane after that.
 */
final class Lanes implements AutoCloseable {
  /** As many as the mask of idle lanes has bits. */
  static final int MOST = Long.SIZE;

  private final Coalescer<?, ?> coalescer;
  private final Thread[] threads;
  private final AtomicLong idle = new AtomicLong();
  private volatile boolean closed;

  Lanes(String name, int count, Coalescer<?, ?> coalescer) {
    if (count < 1 || count > MOST) {
      throw new IllegalArgumentException("1 to " + MOST + " lanes, not " + count);
    }
    this.coalescer = coalescer;
    this.threads = new Thread[count];
    for (int i = 0; i < count; i++) {
      int lane = i;
      threads[i] = Thread.ofPlatform().name(name + "-" + i).daemon().unstarted(() -> run(lane));
    }
    for (Thread thread : threads) {
      thread.start();
    }
  }

  /** Wakes one lane, where one is idle. Any thread; never waits. */
  void wake() {
    long mask = idle.get();
    while (mask != 0) {
      long lane = Long.lowestOneBit(mask);
      if (idle.compareAndSet(mask, mask & ~lane)) {
        LockSupport.unpark(threads[Long.numberOfTrailingZeros(lane)]);
        return;
      }
      mask = idle.get();
    }
  }

  private void run(int lane) {
    long bit = 1L << lane;
    while (!closed) {
      if (coalescer.runBatch(this::wake)) {
        continue;
      }
      idle.accumulateAndGet(bit, (mask, own) -> mask | own);
      if (!coalescer.hasWork() && !closed) {
        LockSupport.park(this);
      }
      idle.accumulateAndGet(bit, (mask, own) -> mask & ~own);
    }
  }

  /** Ends the lanes after the batches that they run now, and waits for that. */
  @Override
  public void close() {
    closed = true;
    boolean interrupted = false;
    for (Thread thread : threads) {
      LockSupport.unpark(thread);
      while (thread.isAlive() && thread != Thread.currentThread()) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
