package dev.prism.benchmarks;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.ConcurrentHistogram;

/** Publishes without Prism, as callers of an application would. */
final class DirectLoad {
  private static final int SETTLE_SECONDS = 2;
  private static final int MOST_IN_FLIGHT = 1024;

  private DirectLoad() {}

  /** Messages a second that so many callers publish, each one after the other. */
  static double throughput(Direct direct, int callers, int payloadBytes, int seconds)
      throws InterruptedException {
    AtomicLong keys = new AtomicLong();
    AtomicLong published = new AtomicLong();
    CountDownLatch ended = new CountDownLatch(callers);
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds + SETTLE_SECONDS);
    for (int caller = 0; caller < callers; caller++) {
      Thread.startVirtualThread(
          () -> {
            try {
              while (System.nanoTime() < end) {
                direct.publish(key(keys.getAndIncrement()), new byte[payloadBytes]);
                published.incrementAndGet();
              }
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            } finally {
              ended.countDown();
            }
          });
    }
    Thread.sleep(TimeUnit.SECONDS.toMillis(SETTLE_SECONDS));
    long before = published.get();
    long begun = System.nanoTime();
    ended.await();
    return (published.get() - before) / ((System.nanoTime() - begun) / 1e9);
  }

  /**
   * The median time of a message in milliseconds, each due at its own time whatever the others do.
   */
  static double medianMillis(Direct direct, int rate, int payloadBytes, int seconds) {
    ConcurrentHistogram latencies = new ConcurrentHistogram(3);
    Semaphore inFlight = new Semaphore(MOST_IN_FLIGHT);
    long gap = TimeUnit.SECONDS.toNanos(1) / rate;
    long start = System.nanoTime();
    long warm = start + TimeUnit.SECONDS.toNanos(SETTLE_SECONDS);
    long end = warm + TimeUnit.SECONDS.toNanos(seconds);
    for (long due = start; due < end; due += gap) {
      for (long wait = due - System.nanoTime(); wait > 0; wait = due - System.nanoTime()) {
        LockSupport.parkNanos(wait);
      }
      long since = due;
      inFlight.acquireUninterruptibly();
      Thread.startVirtualThread(
          () -> {
            try {
              direct.publish(key(since), new byte[payloadBytes]);
              if (since >= warm) {
                latencies.recordValue(System.nanoTime() - since);
              }
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            } finally {
              inFlight.release();
            }
          });
    }
    inFlight.acquireUninterruptibly(MOST_IN_FLIGHT);
    return latencies.getValueAtPercentile(50) / 1e6;
  }

  private static byte[] key(long number) {
    return ("key-" + number).getBytes(StandardCharsets.US_ASCII);
  }
}
