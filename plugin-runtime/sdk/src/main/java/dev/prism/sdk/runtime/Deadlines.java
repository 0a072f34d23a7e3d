package dev.prism.sdk.runtime;

import dev.prism.link.InboundCall;
import dev.prism.sdk.reader.Patience;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

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
    timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  /** A call's patience; to be closed when the call is done. */
  record Watched(Patience patience, Future<?> timing) implements AutoCloseable {
    @Override
    public void close() {
      timing.cancel(false);
    }
  }

  Watched watch(InboundCall call) {
    Patience patience = new Patience(call.header().deadlineNanos());
    long left = call.header().deadlineNanos() - System.nanoTime();
    long margin = Math.clamp(left / 10, LEAST_MARGIN_NANOS, MOST_MARGIN_NANOS);
    // An interruption may wait for the backend: on a thread of its own.
    Runnable end = () -> Thread.ofVirtual().name("patience").start(patience::end);
    Future<?> timing =
        timer.scheduleWithFixedDelay(
            end, Math.max(0, left - margin), AGAIN_NANOS, TimeUnit.NANOSECONDS);
    call.onOver(end);
    return new Watched(patience, timing);
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
