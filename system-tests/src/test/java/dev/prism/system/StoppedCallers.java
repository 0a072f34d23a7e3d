package dev.prism.system;

import io.grpc.ClientInterceptor;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.MetadataUtils;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * Call what is stopped, each caller one call after the other, until closed. They begin apart: a
 * burst would be of the test's own making.
 */
final class StoppedCallers implements AutoCloseable {
  /** What each call has. */
  static final long DEADLINE_MILLIS = 500;

  private static final long REFUSED_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final Queue<Ended> ended = new ConcurrentLinkedQueue<>();
  private final List<Thread> threads;
  private final Supplier<Status.Code> call;
  private volatile boolean closed;

  /** How a call ended. */
  record Ended(Status.Code code, long overrunMillis) {}

  /**
   * @param call with {@link #deadline}
   */
  StoppedCallers(int callers, Supplier<Status.Code> call) {
    this.call = call;
    long apart = TimeUnit.MILLISECONDS.toNanos(DEADLINE_MILLIS) / callers;
    this.threads =
        IntStream.range(0, callers)
            .mapToObj(i -> Thread.startVirtualThread(() -> run(apart * i)))
            .toList();
  }

  /**
   * Gives calls their deadline. The server's clock ends them, not the client's: they carry it and
   * do not watch it.
   */
  static ClientInterceptor deadline() {
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of("grpc-timeout", Metadata.ASCII_STRING_MARSHALLER), DEADLINE_MILLIS + "m");
    return MetadataUtils.newAttachHeadersInterceptor(headers);
  }

  private void run(long offsetNanos) {
    LockSupport.parkNanos(offsetNanos);
    while (!closed) {
      long begun = System.nanoTime();
      Status.Code code = call.get();
      long took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
      ended.add(new Ended(code, took - DEADLINE_MILLIS));
      if (code == Status.Code.UNAVAILABLE) {
        LockSupport.parkNanos(REFUSED_NANOS);
      }
    }
  }

  /** The calls that have ended. */
  Queue<Ended> ended() {
    return ended;
  }

  /** By how many milliseconds calls ended after their deadlines, the least first. */
  long[] overruns() {
    return ended.stream().mapToLong(Ended::overrunMillis).sorted().toArray();
  }

  @Override
  public void close() throws InterruptedException {
    closed = true;
    for (Thread thread : threads) {
      thread.join();
    }
  }
}
