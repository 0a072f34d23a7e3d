package dev.prism.link;

import dev.prism.link.LinkException.Kind;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** The proxy's end of one stream over the rings. */
final class ProxyStream implements Exchange {
  private final ProxyEnd link;
  private final RingSender sender;
  private final PendingCall call;
  private final StreamInbox inbox;
  private final Credit credit;
  private boolean halfClosed;

  ProxyStream(ProxyEnd link, RingSender sender, PendingCall call) {
    this.link = link;
    this.sender = sender;
    this.call = call;
    this.inbox = Objects.requireNonNull(call.inbox);
    this.credit = Objects.requireNonNull(call.credit);
  }

  @Override
  public byte @Nullable [] receive() throws LinkException {
    inbox.taker(Thread.currentThread());
    while (true) {
      Object outcome =
          call.outcome(); // before the look: what ends a stream comes after its messages
      byte[] next = poll();
      if (next != null) {
        return next;
      }
      if (outcome instanceof PendingCall.Ended) {
        return null;
      }
      if (outcome != null) {
        throw link.failure(outcome);
      }
      LockSupport.park(call);
      if (Thread.interrupted()) {
        link.interrupted(call);
        link.cancel(call);
      }
    }
  }

  private byte @Nullable [] poll() {
    try {
      return inbox.poll(sender, call.id);
    } catch (ProtocolViolation e) {
      link.violated(e);
      return null;
    }
  }

  @Override
  public void send(byte[] message) throws LinkException {
    if (halfClosed) {
      throw new IllegalStateException("a message after the last");
    }
    link.sendMessage(call, credit, message);
    check();
  }

  @Override
  public void halfClose() throws LinkException {
    check();
    if (!halfClosed) {
      halfClosed = true;
      try {
        sender.sendAlways(Frame.END, call.id);
      } catch (ProtocolViolation e) {
        link.violated(e);
      }
    }
  }

  /** Nothing can be sent on a stream that has failed; one that has ended drops it. */
  private void check() throws LinkException {
    Object outcome = call.outcome();
    if (outcome != null && !(outcome instanceof PendingCall.Ended)) {
      link.cancel(call);
      throw link.failure(outcome);
    }
  }

  @Override
  public void close() {
    call.complete(new LinkException(Kind.CANCELLED, "the stream was closed"));
    link.cancel(call);
    call.releaseReceived();
  }
}
