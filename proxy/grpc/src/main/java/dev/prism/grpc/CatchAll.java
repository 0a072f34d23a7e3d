package dev.prism.grpc;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;

/**
 * The outermost interceptor: whatever a service does, the client gets exactly one status. On stock
 * Helidon an exception leaves the client hanging, a second close breaks the connection, and a
 * message that the host cannot take is reported as a cancellation only.
 */
final class CatchAll implements ServerInterceptor {
  private static final Metadata.Key<String> ENCODING =
      Metadata.Key.of("grpc-encoding", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<String> ACCEPT_ENCODING =
      Metadata.Key.of("grpc-accept-encoding", Metadata.ASCII_STRING_MARSHALLER);

  private final Failures failures;

  CatchAll(Failures failures) {
    this.failures = failures;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> hostCall, Metadata headers, ServerCallHandler<Q, R> next) {
    OnceClosed<Q, R> call = new OnceClosed<>(hostCall);
    String encoding = headers.get(ENCODING);
    if (encoding != null && !encoding.equals("identity")) {
      // Closed only once the request has arrived: stock Helidon forgets a stream that is closed
      // before, and then takes
      // its DATA frames for a protocol error.
      hostCall.request(1);
      return new Unsupported<>(call, headers);
    }
    try {
      return new Guarded<>(call, headers, next.startCall(call, headers));
    } catch (Throwable failure) {
      fail(call, headers, failure);
      return new ServerCall.Listener<>() {};
    }
  }

  private void fail(OnceClosed<?, ?> call, Metadata headers, Throwable failure) {
    if (call.isCancelled()) {
      return;
    }
    Failures.Answer answer =
        failures.thrown(call.getMethodDescriptor().getFullMethodName(), headers, failure);
    call.close(answer.status(), answer.trailers());
  }

  private void refuse(OnceClosed<?, ?> call, Metadata headers, Status status) {
    Failures.Answer answer =
        failures.refused(call.getMethodDescriptor().getFullMethodName(), headers, status);
    call.close(answer.status(), answer.trailers());
  }

  /** Lets the first close through, with a message that HTTP/2 can carry. */
  private static final class OnceClosed<Q, R> extends SimpleForwardingServerCall<Q, R> {
    private boolean closed;

    OnceClosed(ServerCall<Q, R> call) {
      super(call);
    }

    @Override
    public void close(Status status, Metadata trailers) {
      if (!closed) {
        closed = true;
        String description = status.getDescription();
        super.close(
            description == null
                ? status
                : status.withDescription(StatusText.encodeForHelidon(description)),
            trailers);
      }
    }
  }

  private final class Unsupported<Q> extends ServerCall.Listener<Q> {
    private final OnceClosed<Q, ?> call;
    private final Metadata headers;

    Unsupported(OnceClosed<Q, ?> call, Metadata headers) {
      this.call = call;
      this.headers = headers;
    }

    @Override
    public void onHalfClose() {
      refuseEncoding();
    }

    @Override
    public void onCancel() {
      // Stock Helidon cancels on the stream's own thread when it cannot inflate the message.
      if (!call.isCancelled()) {
        refuseEncoding();
      }
    }

    private void refuseEncoding() {
      Status status =
          Status.UNIMPLEMENTED.withDescription(
              "Compressed requests are not supported; send identity.");
      Failures.Answer answer =
          failures.refused(call.getMethodDescriptor().getFullMethodName(), headers, status);
      answer.trailers().put(ACCEPT_ENCODING, "identity");
      call.close(answer.status(), answer.trailers());
    }
  }

  private final class Guarded<Q> extends ServerCall.Listener<Q> {
    private final OnceClosed<Q, ?> call;
    private final Metadata headers;
    private final ServerCall.Listener<Q> listener;
    private final Thread thread = Thread.currentThread();

    Guarded(OnceClosed<Q, ?> call, Metadata headers, ServerCall.Listener<Q> listener) {
      this.call = call;
      this.headers = headers;
      this.listener = listener;
    }

    @Override
    public void onMessage(Q message) {
      try {
        listener.onMessage(message);
      } catch (Throwable failure) {
        fail(call, headers, failure);
      }
    }

    @Override
    public void onHalfClose() {
      try {
        listener.onHalfClose();
      } catch (Throwable failure) {
        fail(call, headers, failure);
      }
    }

    @Override
    public void onReady() {
      try {
        listener.onReady();
      } catch (Throwable failure) {
        fail(call, headers, failure);
      }
    }

    @Override
    public void onComplete() {
      try {
        listener.onComplete();
      } catch (Throwable failure) {
        fail(call, headers, failure);
      }
    }

    @Override
    public void onCancel() {
      // A peer's RST_STREAM is reported on the connection's thread, which must never write. On the
      // stream's own thread
      // it means that the host could not take the message.
      boolean refused = Thread.currentThread() == thread && !call.isCancelled();
      try {
        listener.onCancel();
      } catch (Throwable failure) {
        fail(call, headers, failure);
      }
      if (refused) {
        refuse(
            call,
            headers,
            Status.RESOURCE_EXHAUSTED.withDescription("The request is too large or not whole."));
      }
    }
  }
}
