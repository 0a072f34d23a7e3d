package dev.prism.sdk.runtime;

import dev.prism.link.InboundCall;
import dev.prism.sdk.reader.Patience;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Ends the patience of calls: a moment before their deadlines, so that what was found still reaches
 * the caller, or when the caller goes.
 */
final class Deadlines implements AutoCloseable {
  private static final long LEAST_MARGIN_NANOS = TimeUnit.MILLISECONDS.toNanos(25);
  private static final long MOST_MARGIN_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
  private static final long AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final ScheduledThreadPoolExecutor timer;

  Deadlines(String name) {
    this.timer =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().name(name + "-deadlines").daemon().factory());
    timer.setRemoveOnCancelPolicy(true);
    // Calls may outlast their interface, whose end interrupts nothing any more.
    timer.setRejectedExecutionHandler(new ThreadPoolExecutor.DiscardPolicy());
    timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  /** A call's patience; to be closed when the call is done. */
  static final class Watched implements AutoCloseable {
    private final Patience patience;
    private final List<Future<?>> timings = new ArrayList<>();
    private boolean closed;

    private Watched(Patience patience) {
      this.patience = patience;
    }

    Patience patience() {
      return patience;
    }

    private synchronized void add(Supplier<Future<?>> timing) {
      if (!closed) {
        timings.add(timing.get());
      }
    }

    @Override
    public synchronized void close() {
      closed = true;
      timings.forEach(timing -> timing.cancel(false));
    }
  }

  /** A call's patience, which lasts as long as the caller waits. */
  Watched watch(InboundCall call) {
    return watch(call, Long.MAX_VALUE);
  }

  /** As {@link #watch(InboundCall)}, and no longer than {@code mostNanos}. */
  Watched watch(InboundCall call, long mostNanos) {
    long now = System.nanoTime();
    long left = call.header().deadlineNanos() - now;
    Watched watched = new Watched(new Patience(now + Math.min(left, mostNanos)));
    long margin = Math.min(Math.clamp(left / 10, LEAST_MARGIN_NANOS, MOST_MARGIN_NANOS), left / 2);
    end(watched, Math.clamp(left - margin, 0, mostNanos));
    call.onOver(() -> end(watched, 0));
    return watched;
  }

  /** After so long, and again until the call is done. */
  private void end(Watched watched, long nanos) {
    // An interruption may wait for the backend: on a thread of its own.
    Runnable end = () -> Thread.ofVirtual().name("patience").start(watched.patience::end);
    watched.add(() -> timer.scheduleWithFixedDelay(end, nanos, AGAIN_NANOS, TimeUnit.NANOSECONDS));
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
