package dev.prism.sdk.runtime;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import dev.prism.link.InboundCall;
import dev.prism.sdk.runtime.PluginMetrics.Operation;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The open streams of one interface, each on a virtual thread of its own. */
final class Streams {
  /** Streams that may be open at once. */
  private final int most;

  private final Answers answers;
  private final AtomicInteger open = new AtomicInteger();

  Streams(int most, Answers answers) {
    this.most = most;
    this.answers = answers;
  }

  /** How many are open. */
  int open() {
    return open.get();
  }

  /**
   * Runs a stream, and ends it when {@code stream} returns; what that throws is the stream's end.
   *
   * @throws PrismException OVERLOADED where too many are open
   */
  void start(
      InboundCall call, Operation operation, long arrivedNanos, String name, Runnable stream) {
    if (open.incrementAndGet() > most) {
      open.decrementAndGet();
      throw PrismException.of(
          Reason.OVERLOADED,
          "this backend has " + most + " streams open; try again after a moment");
    }
    Thread.ofVirtual()
        .name(name)
        .start(
            () -> {
              try {
                operation
                    .overhead()
                    .observe((System.nanoTime() - call.header().receivedNanos()) / 1e9);
                stream.run();
                answers.end(call, operation, arrivedNanos);
              } catch (Throwable e) {
                // Whatever the backend throws is the answer of this one caller.
                answers.fail(call, operation, arrivedNanos, e);
              } finally {
                open.decrementAndGet();
              }
            });
  }

  /** Takes one request of a stream of them, and has its item answered; what it throws ends all. */
  @FunctionalInterface
  interface Items<M> {
    void take(StreamItem item, M request);
  }

  /**
   * Takes the requests of a stream, many in flight, and sends their answers in their order; returns
   * when all are sent or nobody waits for them.
   *
   * @param encode makes one message of answered items
   */
  static <M extends MessageLite> void pipeline(
      InboundCall call,
      Parser<M> parser,
      M first,
      Items<M> items,
      Function<List<StreamItem>, byte[]> encode) {
    OrderedAnswers results = new OrderedAnswers(call, new ReentrantLock(), encode);
    call.onOver(results::giveUp);
    Thread sender = Thread.ofVirtual().name("stream-results").start(results::run);
    try {
      M request = first;
      while (request != null) {
        StreamItem item = results.add(new byte[0]);
        if (item == null) {
          return;
        }
        items.take(item, request);
        request = next(parser, call);
      }
      results.complete();
      join(sender);
    } finally {
      results.giveUp();
    }
  }

  /** The stream's next request, or null after its last. */
  static <M extends MessageLite> @Nullable M next(Parser<M> parser, InboundCall call) {
    byte[] bytes = call.receive();
    if (bytes == null) {
      return null;
    }
    try {
      return parser.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw PrismException.of(
          Reason.REQUEST_MALFORMED, "the request's bytes are no message of this method's type");
    }
  }

  /** A message that this process encoded itself. */
  static <M extends MessageLite> M own(Parser<M> parser, byte[] bytes) {
    try {
      return parser.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("an answer that does not parse", e);
    }
  }

  static void join(Thread thread) {
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
