package dev.prism.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;

/** One thread writes what all callers have handed over since its last write was acknowledged. */
abstract class BatchingDirect implements Direct {
  private static final int MOST_WAITING = 4096;

  private final BlockingQueue<Insert> waiting = new ArrayBlockingQueue<>(MOST_WAITING);
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private final Thread writer = Thread.ofPlatform().name("direct").unstarted(this::write);

  /** One message. */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  record Insert(byte[] key, byte[] payload, CompletableFuture<Void> done) {}

  /** Once what {@link #commit} needs is there. */
  final void start() {
    writer.start();
  }

  /** Returns when the backend has acknowledged all of them. */
  abstract void commit(List<Insert> batch) throws Exception;

  /** Lets go of the connection; the thread has ended. */
  abstract void disconnect();

  @Override
  public final void publish(byte[] key, byte[] payload) throws InterruptedException {
    CompletableFuture<Void> done = new CompletableFuture<>();
    waiting.put(new Insert(key, payload, done));
    done.join();
  }

  private void write() {
    List<Insert> batch = new ArrayList<>();
    while (!ended.isDone()) {
      try {
        batch.add(waiting.take());
        waiting.drainTo(batch);
        commit(batch);
        batch.forEach(each -> each.done().complete(null));
      } catch (InterruptedException e) {
        return;
      } catch (Exception e) {
        batch.forEach(each -> each.done().completeExceptionally(e));
      }
      batch.clear();
    }
  }

  @Override
  public final void close() {
    ended.complete(null);
    writer.interrupt();
    boolean interrupted = false;
    while (writer.isAlive()) {
      try {
        writer.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    disconnect();
  }
}
