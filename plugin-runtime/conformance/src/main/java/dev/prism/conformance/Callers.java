package dev.prism.conformance;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Several callers at once. */
final class Callers {
  private Callers() {}

  /** What a caller does. */
  @FunctionalInterface
  interface Task<T> {
    T run(int caller);
  }

  /**
   * Runs one task a caller at once; the results by caller. Fails where one does not end in time.
   */
  static <T> List<T> together(int callers, long seconds, Task<T> task) {
    try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<T>> running = new ArrayList<>();
      for (int i = 0; i < callers; i++) {
        int caller = i;
        Callable<T> call = () -> task.run(caller);
        running.add(executor.submit(call));
      }
      List<T> results = new ArrayList<>();
      for (Future<T> future : running) {
        results.add(future.get(seconds, TimeUnit.SECONDS));
      }
      return results;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    } catch (ExecutionException | TimeoutException e) {
      throw new AssertionError("a caller failed", e);
    }
  }
}
