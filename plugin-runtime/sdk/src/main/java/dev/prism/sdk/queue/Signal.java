package dev.prism.sdk.queue;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/** Wakes those who read a topic when something has changed there. Any thread; locks for moments. */
public final class Signal {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private long count;

  /** Nothing has changed yet. */
  public Signal() {}

  /** How often something has changed. Ask before looking at the topic, and wait with the answer. */
  public long count() {
    lock.lock();
    try {
      return count;
    } finally {
      lock.unlock();
    }
  }

  /** Something has changed. */
  public void raise() {
    lock.lock();
    try {
      count++;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Lets {@link #await} ask whether it is to end. */
  public void wake() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waits until something has changed since {@code seen}, {@code ended} or interrupted. */
  public void await(long seen, long nanos, BooleanSupplier ended) {
    lock.lock();
    try {
      long left = nanos;
      while (count == seen && left > 0 && !ended.getAsBoolean()) {
        left = changed.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }

  /** How long until {@code dueMillis} by a clock that says {@code now}, at most {@code nanos}. */
  public static long until(long dueMillis, long now, long nanos) {
    return dueMillis == Long.MAX_VALUE
        ? nanos
        : Math.min(nanos, TimeUnit.MILLISECONDS.toNanos(Math.max(1, dueMillis - now)));
  }
}
