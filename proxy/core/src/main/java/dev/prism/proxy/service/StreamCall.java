package dev.prism.proxy.service;

import com.google.rpc.Code;
import com.google.rpc.Status;
import dev.prism.link.Exchange;
import dev.prism.link.LinkException;
import dev.prism.proxy.gate.Passage;
import dev.prism.proxy.route.CallFailedException;
import dev.prism.proxy.session.Session;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import org.jspecify.annotations.Nullable;

/**
 * One request, a stream of answers. Taking a message off the link grants the plugin the next one,
 * and sending blocks while the client takes nothing: a slow client stops its own stream and nothing
 * else.
 */
final class StreamCall extends DataCall {
  static final Status SESSION_ENDED =
      PrismException.status(Reason.SESSION_EXPIRED, "The session has ended; open a new one.");

  static final Status SHUTTING_DOWN =
      PrismException.status(
          Reason.SHUTTING_DOWN, "The server is shutting down; connect and subscribe again.");

  private volatile @Nullable Status because;

  StreamCall(Context context, ServerCall<byte[], byte[]> call, Metadata metadata) {
    super(context, call, metadata);
  }

  @Override
  int answer(Passage passage) throws CallFailedException {
    try (Session.EndListener _ = passage.session().onEnd(() -> end(SESSION_ENDED));
        Subscriptions.Place _ = place();
        Exchange exchange = context.router().open(passage)) {
      try {
        handOn(exchange);
      } catch (LinkException failure) {
        throw context.router().failed(passage, exchange, failure);
      }
    }
    if (!cancellation.finish()) {
      throw gone();
    }
    call.close(io.grpc.Status.OK, Answers.trailers(passage));
    return Code.OK_VALUE;
  }

  private void handOn(Exchange exchange) throws LinkException, CallFailedException {
    exchange.halfClose();
    call.sendHeaders(new Metadata());
    byte[] message = exchange.receive();
    while (message != null) {
      if (!send(message)) {
        throw gone();
      }
      message = exchange.receive();
    }
  }

  private boolean send(byte[] message) {
    if (!cancellation.beginWrite()) {
      return false;
    }
    call.sendMessage(message);
    return cancellation.endWrite();
  }

  private Subscriptions.Place place() {
    return context.method().isSubscription()
        ? context.subscriptions().add(() -> end(SHUTTING_DOWN))
        : () -> {};
  }

  private void end(Status why) {
    because = why;
    cancellation.cancel();
  }

  @Override
  @Nullable Status cancelledBecause() {
    return call.isCancelled() ? null : because;
  }

  private static CallFailedException gone() {
    return new CallFailedException(
        PrismException.status(Reason.CANCELLED, "The call was cancelled."));
  }
}
