package dev.prism.conformance;

import com.google.protobuf.Message;
import com.google.rpc.Status;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.BlockingClientCall;
import io.grpc.stub.ClientCalls;
import java.util.NoSuchElementException;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** The data services over gRPC: what a client of a running proxy sees. */
public final class GrpcApi implements ServiceApi {
  private static final long CALL_SECONDS = 30;

  private final Supplier<Channel> channel;

  /**
   * Calls over the channel that {@code channel} gives at the time of the call; it adds the session
   * (an interceptor that sets metadata {@code prism-session}).
   */
  public GrpcApi(Supplier<Channel> channel) {
    this.channel = channel;
  }

  @Override
  public <Q extends Message, R> R call(MethodDescriptor<Q, R> method, Q request) {
    return told(() -> ClientCalls.blockingUnaryCall(channel.get(), method, options(), request));
  }

  @Override
  public <Q extends Message, R> Duplex<Q, R> stream(MethodDescriptor<Q, R> method, Q request) {
    return new Blocking<>(
        ClientCalls.blockingV2ServerStreamingCall(channel.get(), method, options(), request));
  }

  @Override
  public <Q extends Message, R> Duplex<Q, R> open(MethodDescriptor<Q, R> method, Q first) {
    BlockingClientCall<Q, R> call =
        ClientCalls.blockingBidiStreamingCall(channel.get(), method, options());
    Blocking<Q, R> stream = new Blocking<>(call);
    stream.send(first);
    return stream;
  }

  private static final class Blocking<Q, R> implements Duplex<Q, R> {
    private final BlockingClientCall<Q, R> call;

    Blocking(BlockingClientCall<Q, R> call) {
      this.call = call;
    }

    @Override
    public void send(Q request) {
      checked(() -> call.write(request));
    }

    @Override
    public void halfClose() {
      call.halfClose();
    }

    @Override
    public boolean hasNext() {
      return checked(call::hasNext);
    }

    @Override
    public R next() {
      R next = checked(call::read);
      if (next == null) {
        throw new NoSuchElementException();
      }
      return next;
    }

    @Override
    public void close() {
      call.cancel("the test is done with it", null);
    }

    private static <T> T checked(Callable<T> answer) {
      return told(
          () -> {
            try {
              return answer.call();
            } catch (StatusException e) {
              throw new StatusRuntimeException(e.getStatus(), e.getTrailers());
            } catch (Exception e) {
              throw new IllegalStateException(e);
            }
          });
    }
  }

  private static CallOptions options() {
    return CallOptions.DEFAULT.withDeadlineAfter(CALL_SECONDS, TimeUnit.SECONDS);
  }

  /** What {@code answer} gives, or the status that it fails with. */
  private static <T> T told(Supplier<T> answer) {
    try {
      return answer.get();
    } catch (StatusRuntimeException e) {
      Status status = StatusProto.fromThrowable(e);
      if (status == null) {
        throw e;
      }
      throw new CallFailedException(status);
    }
  }
}
