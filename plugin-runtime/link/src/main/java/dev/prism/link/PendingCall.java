package dev.prism.link;

import com.google.protobuf.ByteString;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One call or stream of the proxy that the plugin has not let go of. It is made anew for each call,
 * so that whoever still holds an old one can do no harm to the slot's next.
 */
final class PendingCall {
  /** The outcome of a stream that the plugin has ended. */
  enum Ended {
    ENDED
  }

  private static final VarHandle OUTCOME;
  private static final VarHandle CANCEL_SENT;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      OUTCOME = lookup.findVarHandle(PendingCall.class, "outcome", Object.class);
      CANCEL_SENT = lookup.findVarHandle(PendingCall.class, "cancelSent", boolean.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** A status as it came, to be parsed by the caller. */
  record Failure(ByteString status) {}

  final long id;
  final NamespaceShares.Share share;
  final String namespace;
  final long deadlineNanos;

  /** What a stream receives; null for a unary call. */
  final @Nullable StreamInbox inbox;

  /** What may be sent; null for a unary call of one frame. */
  final @Nullable Credit credit;

  /** The answer or message that arrives in fragments. Written by the consumer thread. */
  volatile @Nullable Assembly assembly;

  /** Bytes of the plugin's budget that the request holds until the plugin is done. */
  volatile ByteBudget.@Nullable Reservation requestBytes;

  /** Bytes of one-frame requests that are counted while in flight. */
  final int countedBytes;

  /** Whether the plugin may know of the call. */
  volatile boolean sent;

  /** When the reply of a unary call came, never 0 then. Set by the consumer thread before it is. */
  long repliedNanos;

  private final Thread caller = Thread.currentThread();
  private volatile @Nullable Object outcome;

  @SuppressWarnings("UnusedVariable") // by its handle
  private volatile boolean cancelSent;

  PendingCall(long id, NamespaceShares.Share share, CallHeader header, int length, boolean stream) {
    this.id = id;
    this.share = share;
    this.namespace = header.namespace();
    this.deadlineNanos = header.deadlineNanos();
    boolean large = length > Frame.FRAGMENT_BYTES;
    this.countedBytes = large || length <= Frame.SMALL_BYTES ? 0 : length;
    this.inbox = stream ? new StreamInbox() : null;
    this.credit = stream || large ? new Credit() : null;
  }

  /**
   * A {@code byte[]} answer, {@link Ended}, a {@link Failure}, a LinkException; null until then.
   */
  @Nullable Object outcome() {
    return outcome;
  }

  boolean isOver() {
    return outcome != null;
  }

  /** Sets the outcome where there is none yet, and wakes whoever waits for it. */
  boolean complete(Object how) {
    if (!OUTCOME.compareAndSet(this, null, how)) {
      return false;
    }
    wake();
    return true;
  }

  /** Whether this is the one who tells the plugin that nobody waits any more. */
  boolean takeCancel() {
    return sent && CANCEL_SENT.compareAndSet(this, false, true);
  }

  /** Lets the threads that wait for something of this call look again. */
  void wake() {
    if (inbox == null) {
      LockSupport.unpark(caller);
    } else {
      inbox.wake();
      if (credit != null) {
        credit.wake();
      }
    }
  }

  /** Drops what has arrived and lets go of what it holds. */
  void releaseReceived() {
    Assembly arriving = assembly;
    if (arriving != null) {
      arriving.release();
    }
    if (inbox != null) {
      inbox.clear();
    }
  }
}
