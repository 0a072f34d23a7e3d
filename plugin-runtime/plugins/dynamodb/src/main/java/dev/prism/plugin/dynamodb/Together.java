package dev.prism.plugin.dynamodb;

import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;

/** Does several things at the same time, each on a virtual thread. */
final class Together implements AutoCloseable {
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("write-", 0).factory());
  private final Semaphore places;

  /**
   * @param most how many are under way at once
   */
  Together(int most) {
    this.places = new Semaphore(most);
  }

  /**
   * Returns when all are done; one alone on the calling thread.
   *
   * @throws RuntimeException what one of them has thrown, when all are over
   */
  void run(List<Runnable> tasks) {
    if (tasks.size() <= 1) {
      tasks.forEach(Runnable::run);
      return;
    }
    List<Future<?>> running = new ArrayList<>(tasks.size());
    for (Runnable task : tasks) {
      running.add(
          threads.submit(
              () -> {
                places.acquireUninterruptibly();
                try {
                  task.run();
                } finally {
                  places.release();
                }
              }));
    }
    RuntimeException failure = null;
    for (Future<?> each : running) {
      try {
        each.get();
      } catch (ExecutionException e) {
        failure = new IllegalStateException("a write failed as none should", e.getCause());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw PrismException.of(
            Reason.OUTCOME_UNKNOWN, "the plugin is shutting down: the write may have been done");
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  @Override
  public void close() {
    threads.close();
  }
}
