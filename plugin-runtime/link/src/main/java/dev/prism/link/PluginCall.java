package dev.prism.link;

import com.google.rpc.Status;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One call at the plugin's end of two rings. Whoever finishes it first, the handler or the caller's
 * cancellation, sends its one last frame; the proxy keeps room for that.
 */
final class PluginCall implements InboundCall {
  private static final int MAX_MESSAGE_CHARS = 512;

  final long id;
  final boolean stream;

  private final PluginEnd link;
  private final RingSender sender;
  private final CallHeader header;
  private final AtomicBoolean finished = new AtomicBoolean();
  private final AtomicReference<@Nullable Runnable> whenOver = new AtomicReference<>();
  private final @Nullable StreamInbox inbox;
  private volatile @Nullable Credit credit;
  private volatile boolean over;
  private volatile byte[] request = new byte[0];

  /** The message that arrives in fragments; the consumer thread's. */
  @Nullable Assembly assembly;

  PluginCall(PluginEnd link, RingSender sender, long id, boolean stream, CallHeader header) {
    this.link = link;
    this.sender = sender;
    this.id = id;
    this.stream = stream;
    this.header = header;
    inbox = stream ? new StreamInbox() : null;
    credit = stream ? new Credit() : null;
  }

  void request(byte[] bytes) {
    request = bytes;
  }

  @Nullable StreamInbox inbox() {
    return inbox;
  }

  @Nullable Credit credit() {
    return credit;
  }

  @Override
  public CallHeader header() {
    return header;
  }

  @Override
  public byte[] request() {
    return request;
  }

  @Override
  public void reply(byte[] response) {
    if (stream) {
      throw new IllegalStateException("a stream is finished by end() or fail()");
    }
    if (response.length > link.maxReplyBytes()) {
      fail(tooLarge(response.length));
      return;
    }
    if (!finished.compareAndSet(false, true)) {
      return;
    }
    if (response.length <= Frame.SMALL_BYTES) {
      link.forget(this);
      sender.sendAnswer(Frame.REPLY, id, response);
    } else if (response.length <= Frame.FRAGMENT_BYTES
        && sender.trySendMessage(Frame.REPLY, id, response)) {
      link.forget(this);
    } else if (link.isConsumerThread()) {
      // What waits for room waits for this very thread.
      Thread.ofVirtual().name("prism-link-reply").start(() -> sendReply(response));
    } else {
      sendReply(response);
    }
  }

  private void sendReply(byte[] response) {
    boolean sent =
        response.length <= Frame.FRAGMENT_BYTES
            ? uninterrupted(() -> sender.sendMessage(Frame.REPLY, id, response, this::isGone))
            : sendLarge(Frame.REPLY, response, this::isGone);
    link.forget(this);
    if (!sent) {
      sender.sendAlways(Frame.RELEASED, id);
    }
  }

  @Override
  public void fail(Status status) {
    if (finished.compareAndSet(false, true)) {
      link.forget(this);
      byte[] bytes = status.toByteArray();
      boolean sent =
          bytes.length > Frame.SMALL_BYTES
              && bytes.length <= Frame.FRAGMENT_BYTES
              && sender.trySendMessage(Frame.FAIL, id, bytes);
      if (!sent) {
        sender.sendAnswer(Frame.FAIL, id, small(status, bytes));
      }
      wake();
    }
  }

  /** A status that fits the room kept for it: without its details, where they do not fit. */
  private static byte[] small(Status status, byte[] bytes) {
    if (bytes.length <= Frame.SMALL_BYTES) {
      return bytes;
    }
    String message = status.getMessage();
    Status.Builder shorter =
        Status.newBuilder()
            .setCode(status.getCode())
            .setMessage(message.substring(0, Math.min(message.length(), MAX_MESSAGE_CHARS / 4)));
    if (status.getDetailsCount() > 0
        && status.getDetails(0).getSerializedSize() <= MAX_MESSAGE_CHARS) {
      shorter.addDetails(status.getDetails(0));
    }
    return shorter.build().toByteArray();
  }

  private static Status tooLarge(int length) {
    return PrismException.status(
        Reason.MESSAGE_TOO_LARGE,
        "the answer of " + length + " bytes is larger than the proxy takes");
  }

  @Override
  public void end() {
    if (!stream) {
      throw new IllegalStateException("a unary call is finished by reply() or fail()");
    }
    if (finished.compareAndSet(false, true)) {
      link.forget(this);
      sender.sendAlways(Frame.END, id);
      wake();
    }
  }

  @Override
  public boolean send(byte[] message) {
    Credit mine = credit;
    if (!stream || mine == null) {
      throw new IllegalStateException("a unary call is finished by reply() or fail()");
    }
    if (message.length > link.maxReplyBytes()) {
      fail(tooLarge(message.length));
      return false;
    }
    mine.sender(Thread.currentThread());
    awaitUnless(this::isDone, () -> mine.tryTake(message.length));
    if (isDone()) {
      return false;
    }
    return message.length <= Frame.FRAGMENT_BYTES
        ? uninterrupted(() -> sender.sendMessage(Frame.MESSAGE, id, message, this::isGone))
        : sendLarge(Frame.MESSAGE, message, this::isDone);
  }

  private boolean sendLarge(int kind, byte[] message, BooleanSupplier givenUp) {
    Credit mine = credit;
    if (mine == null) {
      mine = new Credit();
      credit = mine; // before the announcement that the proxy answers
    }
    Credit clearance = mine;
    clearance.sender(Thread.currentThread());
    sender.announceAlways(kind, id, message.length);
    awaitUnless(givenUp, clearance::takeCleared);
    return uninterrupted(() -> sender.sendFragments(id, message, givenUp));
  }

  /** Waits for {@code what}, or until {@code given up}; an interrupt is kept for later. */
  private static void awaitUnless(BooleanSupplier givenUp, BooleanSupplier what) {
    boolean interrupted = false;
    while (!givenUp.getAsBoolean() && !what.getAsBoolean()) {
      LockSupport.park();
      interrupted |= Thread.interrupted();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @FunctionalInterface
  private interface Sending {
    boolean send() throws InterruptedException;
  }

  /** A half-sent message would leave its caller waiting: an interrupt is kept for later. */
  private static boolean uninterrupted(Sending sending) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return sending.send();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public byte @Nullable [] receive() {
    StreamInbox messages = inbox;
    if (messages == null) {
      return null;
    }
    messages.taker(Thread.currentThread());
    boolean interrupted = false;
    try {
      while (!isOver() && !finished.get()) {
        boolean complete = messages.isComplete();
        byte[] next = messages.poll(sender, id);
        if (next != null || complete) {
          return next;
        }
        LockSupport.park(this);
        interrupted |= Thread.interrupted();
      }
      return null;
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public boolean isOver() {
    return isGone() || header.deadlineNanos() - System.nanoTime() <= 0;
  }

  private boolean isGone() {
    return over;
  }

  private boolean isDone() {
    return over || finished.get();
  }

  @Override
  public void onOver(Runnable action) {
    whenOver.set(action);
    if (over) {
      runWhenOver();
    }
  }

  @Override
  public void together(Runnable answers) {
    sender.hold();
    try {
      answers.run();
    } finally {
      sender.release();
    }
  }

  private void runWhenOver() {
    Runnable action = whenOver.getAndSet(null);
    if (action != null) {
      action.run();
    }
  }

  /** The caller has gone, or the link has. On the consumer thread. */
  void gone() {
    over = true;
    wake();
    if (finished.compareAndSet(false, true)) {
      link.forget(this);
      sender.sendAlways(Frame.RELEASED, id);
      runWhenOver();
    }
  }

  boolean isFinished() {
    return finished.get();
  }

  private void wake() {
    Credit mine = credit;
    if (mine != null) {
      mine.wake();
    }
    if (inbox != null) {
      inbox.wake();
    }
  }
}
