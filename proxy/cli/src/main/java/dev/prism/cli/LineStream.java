package dev.prism.cli;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageOrBuilder;
import com.google.rpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.StreamObserver;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Sends each line of standard input as a request of one stream, many in flight at once, and tells
 * of the results in the order of the lines. For one thread, once.
 *
 * @param <Q> requests
 * @param <R> responses
 */
final class LineStream<Q, R> {
  private final Console console;
  private final boolean json;
  private final Rate rate;
  private long told;
  private long failed;

  /** Makes a request of a line; the first has number 1. */
  @FunctionalInterface
  interface Requests<Q> {
    Q of(ByteString line, long number);
  }

  /**
   * What became of one line.
   *
   * @param error why it was refused, or null
   * @param success what is printed as JSON where it was not
   */
  record Result(@Nullable Status error, MessageOrBuilder success) {}

  /**
   * @param json whether each success is printed
   * @param noun what is counted: {@code message}
   */
  LineStream(Console console, boolean json, String noun) {
    this.console = console;
    this.json = json;
    this.rate = new Rate(console.err(), noun, json);
  }

  /** Sends all lines; the command's status. */
  int send(
      Function<StreamObserver<R>, StreamObserver<Q>> open,
      Requests<Q> requests,
      Function<R, List<Result>> results)
      throws IOException, InterruptedException {
    Responses<Q, R> responses = new Responses<>();
    ClientCallStreamObserver<Q> stream = (ClientCallStreamObserver<Q>) open.apply(responses);
    InputStream in = new BufferedInputStream(console.in());
    long sent = 0;
    ByteString line = nextLine(in);
    while (line != null && !responses.ended) {
      Q request = requests.of(line, ++sent);
      while (!stream.isReady() && !responses.ended) {
        responses.readied.acquire();
      }
      stream.onNext(request);
      Optional<R> response = responses.received.peek();
      while (response != null && response.isPresent()) {
        responses.received.remove();
        tell(results.apply(response.get()));
        response = responses.received.peek();
      }
      line = nextLine(in);
    }
    if (sent == 0) {
      stream.cancel("nothing to publish", null);
      throw new UserError("standard input is empty: give a message, or one on each line");
    }
    stream.onCompleted();
    Optional<R> response = responses.received.take();
    while (response.isPresent()) {
      tell(results.apply(response.get()));
      response = responses.received.take();
    }
    StatusRuntimeException failure = responses.failure;
    if (failure != null) {
      console.err().println(rate.summary() + " were acknowledged, then:");
      throw failure;
    }
    console.err().println(rate.summary());
    return failed == 0 ? Command.OK : Command.FAILED;
  }

  /** The bytes up to the next line feed, or to the end; null at the end. */
  private static @Nullable ByteString nextLine(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    int next = in.read();
    if (next < 0) {
      return null;
    }
    while (next >= 0 && next != '\n') {
      line.write(next);
      next = in.read();
    }
    return ByteString.copyFrom(line.toByteArray());
  }

  private void tell(List<Result> results) throws InvalidProtocolBufferException {
    for (Result result : results) {
      told++;
      Status error = result.error();
      if (error != null) {
        failed++;
        console.err().println("line " + told + ": " + Failures.brief(error));
      } else if (json) {
        console.out().println(Command.inOneLine(result.success()));
      }
      rate.add(error == null ? 1 : 0);
    }
  }

  /** What the stream answers, for the command's own thread. */
  private static final class Responses<Q, R> implements ClientResponseObserver<Q, R> {
    /** Responses, and nothing at the stream's end. */
    final BlockingQueue<Optional<R>> received = new LinkedBlockingQueue<>();

    final Semaphore readied = new Semaphore(0);
    volatile @Nullable StatusRuntimeException failure;
    volatile boolean ended;

    @Override
    public void beforeStart(ClientCallStreamObserver<Q> requests) {
      requests.setOnReadyHandler(readied::release);
    }

    @Override
    public void onNext(R response) {
      received.add(Optional.of(response));
    }

    @Override
    public void onError(Throwable thrown) {
      failure =
          thrown instanceof StatusRuntimeException refused
              ? refused
              : io.grpc.Status.fromThrowable(thrown).asRuntimeException();
      onCompleted();
    }

    @Override
    public void onCompleted() {
      ended = true;
      received.add(Optional.empty());
      readied.release();
    }
  }
}
