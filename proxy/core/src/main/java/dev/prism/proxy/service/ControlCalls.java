package dev.prism.proxy.service;

import com.google.rpc.Status;
import dev.prism.proxy.gate.Admission;
import dev.prism.proxy.gate.RequestIds;
import dev.prism.proxy.log.CallLog;
import dev.prism.proxy.metrics.MethodMetrics;
import dev.prism.proxy.metrics.ProxyMetrics;
import dev.prism.status.PrismException;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Around the services that are written with generated code (sessions, configs, administration):
 * counts, bounds and logs their calls, and gives each failure its details and the request's id.
 * Such a service just throws what it means.
 */
public final class ControlCalls implements ServerInterceptor {
  private final Admission admission;
  private final ProxyMetrics metrics;
  private final CallLog log;

  public ControlCalls(Admission admission, ProxyMetrics metrics, CallLog log) {
    this.admission = admission;
    this.metrics = metrics;
    this.log = log;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> hostCall, Metadata headers, ServerCallHandler<Q, R> next) {
    Counted<Q, R> call = new Counted<>(hostCall, headers);
    return new Guarded<>(next.startCall(call, headers), call);
  }

  private static String serviceOf(MethodDescriptor<?, ?> method) {
    return Objects.requireNonNullElse(method.getServiceName(), "");
  }

  private static String nameOf(MethodDescriptor<?, ?> method) {
    return Objects.requireNonNullElse(method.getBareMethodName(), "");
  }

  /** Completes the status and counts the call where it is closed. */
  private final class Counted<Q, R> extends SimpleForwardingServerCall<Q, R> {
    private final long received = System.nanoTime();
    private final Metadata headers;
    private final MethodMetrics figures;
    private @Nullable Throwable cause;
    private boolean closed;

    Counted(ServerCall<Q, R> call, Metadata headers) {
      super(call);
      this.headers = headers;
      MethodDescriptor<Q, R> method = call.getMethodDescriptor();
      figures = metrics.method(serviceOf(method), nameOf(method));
    }

    @Override
    public void close(io.grpc.Status status, Metadata trailers) {
      if (closed) {
        return;
      }
      closed = true;
      figures.ended(status.getCode().value(), System.nanoTime() - received);
      if (status.isOk()) {
        String given = RequestIds.given(headers);
        if (given != null) {
          trailers.put(RequestIds.REQUEST_ID, given);
        }
        super.close(status, trailers);
        return;
      }
      String id = RequestIds.requestId(headers);
      Throwable thrown = cause == null ? status.getCause() : cause;
      if (thrown instanceof PrismException refusal) {
        close(refusal.status(), id, null);
      } else if (trailers.containsKey(Answers.DETAILS)) {
        trailers.put(RequestIds.REQUEST_ID, id);
        super.close(status, trailers);
      } else if (thrown == null) {
        close(Answers.detailed(status), id, null);
      } else {
        close(Answers.INTERNAL, id, thrown);
      }
    }

    private void close(Status status, String requestId, @Nullable Throwable defect) {
      log.ended(getMethodDescriptor().getFullMethodName(), requestId, status, defect);
      super.close(Answers.grpc(status), Answers.trailers(status, requestId));
    }

    void fail(Throwable thrown) {
      cause = thrown;
      switch (thrown) {
        case StatusRuntimeException e -> closeWith(e.getStatus(), e.getTrailers());
        case StatusException e -> closeWith(e.getStatus(), e.getTrailers());
        default -> close(io.grpc.Status.UNKNOWN, new Metadata());
      }
    }

    private void closeWith(io.grpc.Status status, @Nullable Metadata trailers) {
      cause = null;
      close(status.withCause(null), trailers == null ? new Metadata() : trailers);
    }
  }

  /** Runs the method while the server admits it, and answers for what it throws. */
  private final class Guarded<Q> extends SimpleForwardingServerCallListener<Q> {
    private final Counted<Q, ?> call;

    Guarded(ServerCall.Listener<Q> listener, Counted<Q, ?> call) {
      super(listener);
      this.call = call;
    }

    @Override
    public void onHalfClose() {
      try {
        admission.admit();
      } catch (PrismException refusal) {
        call.fail(refusal);
        return;
      }
      try {
        super.onHalfClose();
      } catch (RuntimeException | Error failure) {
        call.fail(failure);
      } finally {
        admission.release();
      }
    }
  }
}
