package dev.prism.conformance;

import com.google.protobuf.Message;
import com.google.rpc.Status;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.ClientCalls;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** KeyValueService over gRPC: what a client of a running proxy sees. */
public final class GrpcApi extends KeyValueApi {
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
  <Q extends Message, R> R call(MethodDescriptor<Q, R> method, Q request) {
    return told(() -> ClientCalls.blockingUnaryCall(channel.get(), method, options(), request));
  }

  @Override
  <Q extends Message, R> Iterator<R> stream(MethodDescriptor<Q, R> method, Q request) {
    Iterator<R> messages =
        told(
            () ->
                ClientCalls.blockingServerStreamingCall(channel.get(), method, options(), request));
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return told(messages::hasNext);
      }

      @Override
      public R next() {
        return told(messages::next);
      }
    };
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
