package dev.prism.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** Callers as an application has them: virtual threads that block until they are answered. */
final class DirectLoad {
  private static final int SETTLE_SECONDS = 2;
  private static final int MOST_IN_FLIGHT = 1024;
  private static final long LONGEST = TimeUnit.MINUTES.toNanos(1);

  private final Call call;
  private final long end;
  private final CountDownLatch ended;
  private final AtomicLong numbers = new AtomicLong();
  private final Histogram latencies = new ConcurrentHistogram(LONGEST, 3);
  private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
  private volatile boolean measuring;
  private volatile boolean stopping;

  private DirectLoad(Call call, int callers, long end) {
    this.call = call;
    this.end = end;
    this.ended = new CountDownLatch(callers);
    for (int caller = 0; caller < callers; caller++) {
      Thread.startVirtualThread(this::run);
    }
  }

  /** What a caller does; blocks. Any thread, several at once. */
  @FunctionalInterface
  interface Call {
    /** One call; {@code number} counts those of all callers. */
    void run(long number) throws Exception;
  }

  private void run() {
    try {
      for (long n = numbers.getAndIncrement();
          n < end && !stopping;
          n = numbers.getAndIncrement()) {
        long begun = System.nanoTime();
        call.run(n);
        if (measuring) {
          latencies.recordValue(System.nanoTime() - begun);
        }
      }
    } catch (Exception e) {
      failure.compareAndSet(null, e);
      stopping = true;
    } finally {
      ended.countDown();
    }
  }

  private void await() throws InterruptedException {
    ended.await();
    requireNone(failure);
  }

  private static void requireNone(AtomicReference<@Nullable Exception> failure) {
    Exception first = failure.get();
    if (first != null) {
      throw new IllegalStateException("a call failed", first);
    }
  }

  /** Has so many callers make so many calls between them. */
  static void calls(Call call, int callers, long calls) throws InterruptedException {
    new DirectLoad(call, callers, calls).await();
  }

  /**
   * What so many callers reach, each of which calls again when it was answered: calls a second,
   * latencies, and the processor time of this process a call.
   */
  static Figures closed(Call call, int callers, int seconds) throws InterruptedException {
    DirectLoad load = new DirectLoad(call, callers, Long.MAX_VALUE);
    Thread.sleep(TimeUnit.SECONDS.toMillis(SETTLE_SECONDS));
    long cpuBefore = cpuNanos();
    long begun = System.nanoTime();
    load.measuring = true;
    Thread.sleep(TimeUnit.SECONDS.toMillis(seconds));
    load.measuring = false;
    double took = (System.nanoTime() - begun) / 1e9;
    double cpu = cpuNanos() - cpuBefore;
    load.stopping = true;
    load.await();
    double calls = load.latencies.getTotalCount();
    return new Figures()
        .put(Measure.CALLS, calls / took)
        .putLatencies(load.latencies)
        .put(Measure.CALLERS_CPU, cpu / 1e3 / calls);
  }

  /** The processor time of this process until now. */
  static long cpuNanos() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
  }

  /** The median time of a call in milliseconds, each due at its own time whatever the others do. */
  static double medianMillis(Call call, int rate, int seconds) {
    Histogram latencies = new ConcurrentHistogram(LONGEST, 3);
    AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
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
              call.run(since);
              if (since >= warm) {
                latencies.recordValue(System.nanoTime() - since);
              }
            } catch (Exception e) {
              failure.compareAndSet(null, e);
            } finally {
              inFlight.release();
            }
          });
    }
    inFlight.acquireUninterruptibly(MOST_IN_FLIGHT);
    requireNone(failure);
    return latencies.getValueAtPercentile(50) / 1e6;
  }
}
