package dev.prism.cli;

import io.grpc.Context;
import io.grpc.Context.CancellableContext;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * A stream that goes on until Ctrl-C: the signal cancels it, and the process ends once the command
 * has finished with what it had. Closed by the command's thread.
 */
final class UntilSignal implements AutoCloseable {
  private static final long END_MILLIS = 3000;

  private final CancellableContext context = Context.current().withCancellation();
  private final CountDownLatch ended = new CountDownLatch(1);
  private final Thread onSignal = new Thread(this::endGently);

  UntilSignal() {
    Runtime.getRuntime().addShutdownHook(onSignal);
  }

  /** Opens the stream, which then ends with the signal. */
  <T> T open(Supplier<T> stream) {
    Context previous = context.attach();
    try {
      return stream.get();
    } finally {
      context.detach(previous);
    }
  }

  /** Whether the stream's end was asked for. */
  boolean isOver() {
    return context.isCancelled();
  }

  private void endGently() {
    context.cancel(null);
    try {
      if (!ended.await(END_MILLIS, TimeUnit.MILLISECONDS)) {
        System.err.println("prism: the server does not answer; some may come again");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    context.cancel(null);
    ended.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(onSignal);
    } catch (IllegalStateException e) {
      return; // it is running: the process ends
    }
  }
}
