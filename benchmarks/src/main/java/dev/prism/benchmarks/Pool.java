package dev.prism.benchmarks;

import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/** Connections that callers share, each used by one of them at a time. */
final class Pool<C extends AutoCloseable> implements AutoCloseable {
  private final List<C> all;
  private final BlockingQueue<C> free;

  /**
   * @param all with as many as there are callers, nobody waits
   */
  Pool(List<C> all) {
    this.all = all;
    this.free = new ArrayBlockingQueue<>(all.size(), false, all);
  }

  /** Something that is done on a connection. */
  @FunctionalInterface
  interface Work<C, T> {
    T on(C connection) throws Exception;
  }

  <T> T with(Work<C, T> work) throws Exception {
    C connection = free.take();
    try {
      return work.on(connection);
    } finally {
      free.add(connection);
    }
  }

  @Override
  public void close() {
    for (C each : all) {
      try {
        each.close();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
