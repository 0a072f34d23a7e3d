package dev.prism.link;

import com.google.protobuf.ByteString;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.agrona.DirectBuffer;

/**
 * What the proxy's one consumer thread of a link does: it matches the plugin's frames to calls and
 * wakes their callers, ends calls at their deadline, and watches the plugin's heartbeat. Nothing
 * that a frame says is believed before it is checked (hazard 12).
 */
final class ProxyReceiver implements RingReceiver.Owner {
  /** Without a heartbeat for this long a plugin counts as stopped (hazard 18). */
  static final long STALL_NANOS = TimeUnit.SECONDS.toNanos(1);

  /**
   * A record that a living plugin has claimed and not committed for this long never will be: its
   * writer died in the middle, and everything behind it waits. The next incarnation starts afresh,
   * as nothing is ever unblocked (hazard 13).
   */
  static final long TORN_NANOS = TimeUnit.SECONDS.toNanos(5);

  /** Deadlines are kept to about this. */
  private static final long SWEEP_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  private static final long AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
  private static final VarHandle NEXT_SWEEP;

  static {
    try {
      NEXT_SWEEP =
          MethodHandles.lookup().findVarHandle(ProxyReceiver.class, "nextSweep", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final LinkMemory memory;
  private final ProxyEnd link;
  private final RingSender sender;
  private final CallTable table;
  private final ByteBudget replyBudget;
  private final int maxMessageBytes;
  private final LongAdder late = new LongAdder();
  private long received; // by the consumer thread alone
  private volatile long receivedSeen;
  private volatile long nextSweep = System.nanoTime();
  private long lastTick = System.nanoTime();
  private long earliest;
  private long lastBeat;
  private long lastBeatChange = System.nanoTime();
  private long lastPosition = -1;
  private long lastPositionChange;
  private volatile boolean stalled;

  ProxyReceiver(
      LinkMemory memory,
      ProxyEnd link,
      RingSender sender,
      CallTable table,
      ByteBudget replyBudget,
      int maxMessageBytes) {
    this.memory = memory;
    this.link = link;
    this.sender = sender;
    this.table = table;
    this.replyBudget = replyBudget;
    this.maxMessageBytes = maxMessageBytes;
  }

  long lateReplies() {
    return late.sum();
  }

  long bytesReceived() {
    return receivedSeen;
  }

  boolean isStalled() {
    return stalled;
  }

  // Frames

  @Override
  public void onFrame(int kind, DirectBuffer buffer, int at, int length) {
    if (Frame.incarnation(buffer, at) != memory.incarnation) {
      late.increment();
      return;
    }
    if (kind == Frame.HELLO) {
      link.onHello(HelloCodec.decode(Frame.body(buffer, at, length)));
      return;
    }
    PendingCall call = table.find(Frame.id(buffer, at));
    if (call == null) {
      late.increment();
      return;
    }
    switch (kind) {
      case Frame.REPLY -> onReply(call, buffer, at, length);
      case Frame.FAIL ->
          onLast(
              call, new PendingCall.Failure(ByteString.copyFrom(Frame.body(buffer, at, length))));
      case Frame.MESSAGE -> onMessage(call, buffer, at, length);
      case Frame.END -> {
        stream(call);
        onLast(call, PendingCall.Ended.ENDED);
      }
      case Frame.RELEASED ->
          onLast(
              call, new LinkException(LinkException.Kind.DEADLINE, "the plugin had it too late"));
      case Frame.CREDIT -> credit(call).grant(Frame.offset(buffer, at), Frame.total(buffer, at));
      case Frame.CLEAR -> credit(call).clear();
      case Frame.FRAGMENT -> onFragment(call, buffer, at, length);
      default -> throw new ProtocolViolation("a frame of kind " + kind);
    }
  }

  private static StreamInbox stream(PendingCall call) {
    if (call.inbox == null) {
      throw new ProtocolViolation("a stream's frame about a unary call");
    }
    return call.inbox;
  }

  private static Credit credit(PendingCall call) {
    if (call.credit == null) {
      throw new ProtocolViolation("credit for a call that sends nothing");
    }
    return call.credit;
  }

  private void onReply(PendingCall call, DirectBuffer buffer, int at, int length) {
    if (call.inbox != null) {
      throw new ProtocolViolation("a unary answer to a stream");
    }
    if (Frame.isAnnounced(buffer, at)) {
      announced(call, Frame.REPLY, Frame.total(buffer, at));
    } else {
      deliver(call, Frame.body(buffer, at, length));
    }
  }

  private void deliver(PendingCall call, byte[] reply) {
    received += reply.length;
    call.repliedNanos = System.nanoTime() | 1;
    if (!call.complete(reply)) {
      late.increment();
      call.releaseReceived();
    }
    table.remove(call);
  }

  private void onLast(PendingCall call, Object outcome) {
    if (call.assembly != null && outcome instanceof PendingCall.Ended) {
      throw new ProtocolViolation("a stream that ends within a message");
    }
    if (call.inbox != null) {
      call.inbox.complete();
    } else {
      call.repliedNanos = System.nanoTime() | 1;
    }
    if (!call.complete(outcome)) {
      if (outcome instanceof PendingCall.Failure) {
        late.increment();
      }
      call.releaseReceived();
    }
    table.remove(call);
  }

  private void onMessage(PendingCall call, DirectBuffer buffer, int at, int length) {
    StreamInbox inbox = stream(call);
    if (call.assembly != null) {
      throw new ProtocolViolation("a message within a message");
    }
    if (Frame.isAnnounced(buffer, at)) {
      int total = Frame.total(buffer, at);
      inbox.admit(total);
      announced(call, Frame.MESSAGE, total);
      return;
    }
    byte[] message = Frame.body(buffer, at, length);
    inbox.admit(message.length);
    received += message.length;
    if (!call.isOver()) {
      inbox.add(message, null);
    }
  }

  private void announced(PendingCall call, int kind, int total) {
    if (call.assembly != null) {
      throw new ProtocolViolation("a message within a message");
    }
    Assembly assembly = new Assembly(kind, total, maxMessageBytes);
    call.assembly = assembly;
    if (call.isOver()) {
      return; // its CANCEL is on the way, or has been
    }
    assembly.hold(
        replyBudget.reserve(
            call.namespace,
            total,
            () ->
                Thread.ofVirtual().name("prism-link-room").start(() -> makeRoom(call, assembly))));
    if (call.isOver()) {
      assembly.release();
    }
  }

  /** Off the consumer thread, which zeroing megabytes would hold up. */
  private void makeRoom(PendingCall call, Assembly assembly) {
    if (call.isOver()) {
      return;
    }
    try {
      assembly.allocate();
      sender.sendAlways(Frame.CLEAR, call.id);
    } catch (OutOfMemoryError e) {
      call.complete(
          LinkException.remote(
              PrismException.status(
                  Reason.OUTCOME_UNKNOWN, "the proxy has no memory for the answer")));
      link.cancel(call);
    } catch (ProtocolViolation e) {
      link.violated(e);
    }
  }

  /**
   * Of a call that is over, too: until the plugin has read its CANCEL it goes on with the message,
   * and after that with the stream's next or its end, which must not look as if they came within.
   */
  private void onFragment(PendingCall call, DirectBuffer buffer, int at, int length) {
    Assembly assembly = call.assembly;
    if (assembly == null) {
      throw new ProtocolViolation("a fragment of nothing");
    }
    byte[] whole = assembly.add(buffer, at, length);
    if (whole == null) {
      return;
    }
    if (assembly.kind == Frame.REPLY) {
      deliver(call, whole);
      return;
    }
    call.assembly = null;
    received += whole.length;
    if (call.isOver()) {
      assembly.release();
    } else {
      stream(call).add(whole, assembly.reservation());
    }
  }

  @Override
  public void onBatchEnd() {
    receivedSeen = received;
  }

  // What is due

  @Override
  public long onTick(long now) {
    boolean again = sender.poll();
    if (now - nextSweep >= 0) {
      sweep(now);
    }
    watch(now);
    lastTick = now;
    long left = nextSweep - now;
    return again ? Math.min(left, AGAIN_NANOS) : left;
  }

  /** Has the next sweep come no later than {@code deadlineNanos}. Any thread. */
  void sweepBy(long deadlineNanos) {
    long next = nextSweep;
    while (deadlineNanos - next < 0) {
      if (NEXT_SWEEP.compareAndSet(this, next, deadlineNanos)) {
        memory.responses.bell().ring();
        return;
      }
      next = nextSweep;
    }
  }

  private void sweep(long now) {
    // Before the look: a call that comes during it is either seen or sets an earlier time itself.
    nextSweep = now + Doorbell.MAX_WAIT_NANOS;
    earliest = now + Doorbell.MAX_WAIT_NANOS;
    table.forEach(call -> sweep(call, now));
    sweepBy(Math.max(earliest, now + SWEEP_NANOS));
  }

  private void sweep(PendingCall call, long now) {
    if (call.isOver()) {
      return;
    }
    long deadline = call.deadlineNanos;
    if (now - deadline >= 0) {
      call.complete(new LinkException(LinkException.Kind.DEADLINE, "the deadline passed"));
      link.cancel(call);
    } else if (deadline - earliest < 0) {
      earliest = deadline;
    }
  }

  /**
   * Looks for a change of the plugin's heartbeat, not at what it says: the plugin's clock is not
   * trusted. Where this thread itself was held up, the plugin is given time.
   */
  private void watch(long now) {
    long beat = memory.requests.ring().consumerHeartbeatTime();
    if (beat != lastBeat || now - lastTick > STALL_NANOS / 2) {
      lastBeat = beat;
      lastBeatChange = now;
      stalled = false;
    } else if (!stalled && now - lastBeatChange > STALL_NANOS && link.hasPeer()) {
      stalled = true;
    }
    watchForTear(now);
  }

  private void watchForTear(long now) {
    long position = memory.responses.ring().consumerPosition();
    if (position != lastPosition
        || position == memory.responses.ring().producerPosition()
        || now - lastBeatChange > STALL_NANOS / 2) {
      lastPosition = position;
      lastPositionChange = now;
    } else if (now - lastPositionChange > TORN_NANOS) {
      throw new ProtocolViolation("a frame was begun and never finished");
    }
  }
}
