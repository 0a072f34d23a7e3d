package dev.prism.proxy.service;

import com.google.rpc.Code;
import com.google.rpc.Status;
import dev.prism.grpc.TimedCall;
import dev.prism.proxy.gate.Gate;
import dev.prism.proxy.gate.Passage;
import dev.prism.proxy.gate.RequestIds;
import dev.prism.proxy.log.CallLog;
import dev.prism.proxy.metrics.MethodMetrics;
import dev.prism.proxy.route.CallFailedException;
import dev.prism.proxy.route.MethodTable.Method;
import dev.prism.proxy.route.Router;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One call with one request: gate, router, answer, all on the call's own virtual thread; only
 * {@link #onCancel} comes from elsewhere.
 */
abstract class DataCall extends ServerCall.Listener<byte[]> {
  private static final Logger LOG = LoggerFactory.getLogger(DataCall.class);

  /** What every call of one method uses. */
  record Context(
      Method method,
      Gate gate,
      Router router,
      MethodMetrics metrics,
      CallLog log,
      Subscriptions subscriptions) {}

  /** How a call ended without an answer. */
  record Failure(Status status, @Nullable Throwable cause) {}

  final Context context;
  final ServerCall<byte[], byte[]> call;
  final Cancellation cancellation = new Cancellation();
  private final Metadata metadata;
  private byte @Nullable [] request;
  private boolean severalRequests;

  DataCall(Context context, ServerCall<byte[], byte[]> call, Metadata metadata) {
    this.context = context;
    this.call = call;
    this.metadata = metadata;
  }

  @Override
  public final void onMessage(byte[] message) {
    severalRequests = request != null;
    request = message;
  }

  @Override
  public final void onCancel() {
    cancellation.cancel();
  }

  @Override
  public final void onHalfClose() {
    long received = System.nanoTime();
    byte[] message = request;
    Passage passage =
        new Passage(context.method(), metadata, message == null ? new byte[0] : message, received);
    int code = Code.CANCELLED_VALUE;
    try {
      if (cancellation.begin()) {
        code = serve(passage, message != null && !severalRequests);
      }
    } finally {
      context.gate().leave(passage);
      context.metrics().ended(code, System.nanoTime() - received);
    }
  }

  private int serve(Passage passage, boolean oneRequest) {
    Failure failure;
    try {
      if (!oneRequest) {
        throw PrismException.of(Reason.REQUEST_MALFORMED, "The method takes exactly one request.");
      }
      context.gate().enter(passage);
      return answer(passage);
    } catch (PrismException refusal) {
      failure = new Failure(refusal.status(), null);
    } catch (CallFailedException failed) {
      failure = new Failure(failed.status(), null);
    } catch (RuntimeException | Error defect) {
      failure = new Failure(Answers.INTERNAL, defect);
    }
    return fail(passage, failure);
  }

  /** Gets the answer and sends it. Returns the status code that the client gets. */
  abstract int answer(Passage passage) throws CallFailedException;

  /**
   * What the client is told where the call was cancelled by the server itself; null: it went away.
   */
  @Nullable Status cancelledBecause() {
    return null;
  }

  private int fail(Passage passage, Failure failure) {
    Status status = failure.status();
    if (!cancellation.finish()) {
      Status because = cancelledBecause();
      if (because == null) {
        // The client has gone: before the answer, or while it was written.
        LOG.debug("{} has nobody to answer", context.method().fullName(), failure.cause());
        return Code.CANCELLED_VALUE;
      }
      status = because;
    }
    context.log().ended(passage, status, failure.cause());
    timeReply(passage);
    String id = passage.requestId();
    call.close(
        Answers.grpc(status),
        Answers.trailers(status, id.isEmpty() ? RequestIds.requestId(metadata) : id));
    return status.getCode();
  }

  /** Has the host measure how long the plugin's reply takes to the socket, where there is one. */
  final void timeReply(Passage passage) {
    long replied = passage.repliedNanos();
    if (replied != 0 && call instanceof TimedCall timed) {
      timed.answeredAt(replied);
    }
  }
}
