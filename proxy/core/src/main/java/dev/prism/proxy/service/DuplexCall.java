package dev.prism.proxy.service;

import com.google.rpc.Code;
import com.google.rpc.Status;
import dev.prism.link.Exchange;
import dev.prism.link.LinkException;
import dev.prism.proxy.gate.Passage;
import dev.prism.proxy.gate.RequestIds;
import dev.prism.proxy.route.CallFailedException;
import dev.prism.proxy.session.Session;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import org.jspecify.annotations.Nullable;

/**
 * A stream of requests. The first one passes the gate and opens the exchange; the others follow it
 * while the plugin takes them, on the call's own thread. The answers go back on a thread beside it:
 * sending blocks while the client takes nothing, so a slow client stops its own stream and nothing
 * else. Whoever ends the call closes the exchange, which wakes both.
 */
final class DuplexCall extends ServerCall.Listener<byte[]> {
  private final DataCall.Context context;
  private final ServerCall<byte[], byte[]> call;
  private final Metadata metadata;
  private final long receivedNanos = System.nanoTime();
  private volatile @Nullable Exchange exchange;
  private volatile boolean cancelled;
  private volatile @Nullable Status because;
  private boolean begun;

  DuplexCall(DataCall.Context context, ServerCall<byte[], byte[]> call, Metadata metadata) {
    this.context = context;
    this.call = call;
    this.metadata = metadata;
  }

  @Override
  public void onMessage(byte[] message) {
    Exchange open = exchange;
    if (open != null) {
      forward(open, message);
    } else if (!begun) {
      begun = true;
      begin(message);
    }
  }

  @Override
  public void onHalfClose() {
    Exchange open = exchange;
    if (open != null) {
      try {
        open.halfClose();
      } catch (LinkException ended) {
        // The thread of the answers is told the same, and tells the client.
      }
    } else if (!begun) {
      begun = true;
      Passage passage = new Passage(context.method(), metadata, new byte[0], receivedNanos);
      refuse(
          passage,
          PrismException.status(Reason.REQUEST_MALFORMED, "The method takes at least one request."),
          null);
    }
  }

  @Override
  public void onCancel() {
    cancelled = true;
    close();
  }

  private void forward(Exchange open, byte[] message) {
    try {
      open.send(message);
      call.request(1);
    } catch (LinkException ended) {
      // The thread of the answers is told the same, and tells the client.
    }
  }

  private void begin(byte[] first) {
    Passage passage = new Passage(context.method(), metadata, first, System.nanoTime());
    Exchange opened;
    try {
      context.gate().enter(passage);
      opened = context.router().open(passage);
    } catch (PrismException refusal) {
      refuse(passage, refusal.status(), null);
      return;
    } catch (CallFailedException failed) {
      refuse(passage, failed.status(), null);
      return;
    } catch (RuntimeException | Error defect) {
      refuse(passage, Answers.INTERNAL, defect);
      return;
    }
    exchange = opened;
    if (cancelled) {
      close();
    }
    call.sendHeaders(new Metadata());
    Thread.ofVirtual().name("answers").start(() -> answer(passage, opened));
    call.request(1);
  }

  /** Hands on the answers, to the end. */
  private void answer(Passage passage, Exchange open) {
    int code = Code.CANCELLED_VALUE;
    try (Session.EndListener _ = passage.session().onEnd(() -> end(StreamCall.SESSION_ENDED));
        Subscriptions.Place _ = place();
        open) {
      byte[] message = open.receive();
      while (message != null) {
        call.sendMessage(message);
        message = open.receive();
      }
      if (!call.isCancelled()) {
        call.close(io.grpc.Status.OK, Answers.trailers(passage));
        code = Code.OK_VALUE;
      }
    } catch (LinkException failure) {
      code = fail(passage, status(passage, open, failure), null);
    } catch (RuntimeException | Error defect) {
      code = fail(passage, Answers.INTERNAL, defect);
    } finally {
      ended(passage, code);
    }
  }

  private Status status(Passage passage, Exchange open, LinkException failure) {
    Status why = because;
    return why == null ? context.router().failed(passage, open, failure).status() : why;
  }

  private void refuse(Passage passage, Status status, @Nullable Throwable defect) {
    ended(passage, fail(passage, status, defect));
  }

  private int fail(Passage passage, Status status, @Nullable Throwable defect) {
    if (call.isCancelled()) {
      return Code.CANCELLED_VALUE;
    }
    context.log().ended(passage, status, defect);
    String id = passage.requestId();
    call.close(
        Answers.grpc(status),
        Answers.trailers(status, id.isEmpty() ? RequestIds.requestId(metadata) : id));
    return status.getCode();
  }

  private void ended(Passage passage, int code) {
    context.gate().leave(passage);
    context.metrics().ended(code, System.nanoTime() - receivedNanos);
  }

  private Subscriptions.Place place() {
    return context.method().isSubscription()
        ? context.subscriptions().add(() -> end(StreamCall.SHUTTING_DOWN))
        : () -> {};
  }

  private void end(Status why) {
    because = why;
    close();
  }

  private void close() {
    Exchange open = exchange;
    if (open != null) {
      open.close();
    }
  }
}
