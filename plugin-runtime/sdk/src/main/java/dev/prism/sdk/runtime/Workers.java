package dev.prism.sdk.runtime;

import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * The platform threads that are in a backend at once, for calls that may take long: a driver in
 * native code would keep a virtual thread's carrier. They end when they have had nothing to do for
 * a while.
 */
final class Workers implements AutoCloseable {
  private static final long IDLE_SECONDS = 30;

  private final ThreadPoolExecutor threads;

  Workers(String name, int count) {
    this.threads =
        new ThreadPoolExecutor(
            count,
            count,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            Thread.ofPlatform().name(name + "-", 0).daemon().factory());
    threads.allowCoreThreadTimeOut(true);
  }

  /** Does it as soon as a thread is free. */
  void execute(Runnable work) {
    try {
      threads.execute(work);
    } catch (RejectedExecutionException e) {
      throw PrismException.of(Reason.SHUTTING_DOWN, "the plugin is shutting down");
    }
  }

  /** Does it and waits for it; what it throws is thrown. */
  <T> T call(Supplier<T> work) {
    FutureTask<T> task = new FutureTask<>(work::get);
    execute(task);
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return task.get();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case RuntimeException failure -> throw failure;
        case Error failure -> throw failure;
        case null, default -> throw new IllegalStateException("not thrown by a supplier", e);
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** How many wait for a thread or have one. */
  int busy() {
    return threads.getActiveCount() + threads.getQueue().size();
  }

  @Override
  public void close() {
    threads.shutdown();
    try {
      threads.awaitTermination(5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
