package dev.prism.link;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.Status;
import dev.prism.link.LinkException.Kind;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The proxy's end of a link over two rings. Callers put their request on the request ring and park;
 * one platform thread takes the answers off the response ring and wakes them ({@link
 * ProxyReceiver}).
 */
final class ProxyEnd implements Link {
  private static final System.Logger LOG = System.getLogger(ProxyEnd.class.getName());

  private final LinkMemory memory;
  private final RingSender sender;
  private final CallTable table;
  private final ProxyReceiver frames;
  private final RingReceiver receiver;
  private final Runnable onEnd;
  private final LongAdder calls = new LongAdder();
  private final LongAdder refused = new LongAdder();
  private final LongAdder bytesSent = new LongAdder();
  private final CountDownLatch met = new CountDownLatch(1);
  private volatile @Nullable Peer peer;
  private volatile boolean down;
  private volatile boolean broken;
  private volatile String why = "the link was closed";

  /** The plugin, and what it takes. */
  private record Peer(Hello hello, int maxRequestBytes, ByteBudget requests) {}

  /**
   * @param onEnd runs once on the link's thread when the link has ended
   */
  ProxyEnd(LinkMemory memory, ByteBudget replyBudget, Hello self, Runnable onEnd) {
    if (self.maxMessageBytes() > replyBudget.limit()) {
      throw new IllegalArgumentException(
          "answers of "
              + self.maxMessageBytes()
              + " bytes do not fit a budget of "
              + replyBudget.limit());
    }
    this.memory = memory;
    this.onEnd = onEnd;
    sender = new RingSender(memory.requests, memory.incarnation);
    table = new CallTable(memory.maxInFlight);
    frames = new ProxyReceiver(memory, this, sender, table, replyBudget, self.maxMessageBytes());
    receiver = new RingReceiver(memory.responses, memory.requests.bell(), frames);
    sender.sendAlways(Frame.HELLO, 0, HelloCodec.encode(self));
    Thread.ofPlatform().daemon().name("prism-link-" + memory.incarnation).start(this::run);
  }

  // The link's thread

  private void run() {
    try {
      receiver.run();
      if (!broken) {
        receiver.drain(); // what a plugin committed before it died is an answer
      }
    } catch (ProtocolViolation e) {
      violated(e);
    } catch (RuntimeException | Error e) {
      LOG.log(Level.ERROR, "the link's thread failed", e);
      why = "the link failed";
    } finally {
      down = true;
      sender.close();
      table.forEach(this::abandon);
      met.countDown();
      onEnd.run();
    }
  }

  private void abandon(PendingCall call) {
    call.complete(
        call.sent ? new LinkException(Kind.PEER_DIED, why) : new LinkException(Kind.DOWN, why));
    ByteBudget.Reservation bytes = call.requestBytes;
    if (bytes != null) {
      bytes.close();
    }
    if (!(call.outcome() instanceof byte[])) {
      call.releaseReceived();
    }
  }

  void onHello(Hello hello) {
    if (peer != null) {
      throw new ProtocolViolation("a second hello");
    }
    int version = hello.linkVersion();
    if (version != Hello.LINK_VERSION && version != Hello.LINK_VERSION - 1) {
      throw new ProtocolViolation(
          "the plugin speaks link version " + version + ", this proxy " + Hello.LINK_VERSION);
    }
    long large = table.divide(hello);
    long largest = Math.min(hello.maxMessageBytes(), Math.max(large, Frame.FRAGMENT_BYTES));
    peer = new Peer(hello, (int) largest, new ByteBudget(large));
    met.countDown();
  }

  boolean hasPeer() {
    return peer != null;
  }

  /** The plugin broke the protocol: its incarnation ends here. Any thread. */
  void violated(ProtocolViolation violation) {
    if (!down) {
      LOG.log(Level.WARNING, "the plugin broke the link''s protocol: {0}", violation.getMessage());
      why = "the plugin broke the link's protocol";
    }
    broken = true;
    close();
  }

  // Callers

  /** Waits for the plugin's hello. */
  void await(Duration timeout) throws LinkException {
    try {
      if (!met.await(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
        throw new LinkException(Kind.DOWN, "the plugin has not come within " + timeout);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LinkException(Kind.CANCELLED, "interrupted while the plugin had not come");
    }
    if (down) {
      throw new LinkException(Kind.DOWN, why);
    }
  }

  @Override
  public byte[] call(CallHeader header, byte[] request, ReplyTime time) throws LinkException {
    PendingCall call = begin(Frame.REQUEST, header, request, false);
    try {
      Object outcome = call.outcome();
      while (outcome == null) {
        LockSupport.park(call);
        if (Thread.interrupted()) {
          interrupted(call);
        }
        outcome = call.outcome();
      }
      if (!(outcome instanceof LinkException)) {
        time.repliedAt(call.repliedNanos);
      }
      return answer(outcome);
    } finally {
      cancel(call);
      call.releaseReceived();
    }
  }

  @Override
  public Exchange open(CallHeader header, byte[] request) throws LinkException {
    return new ProxyStream(this, sender, begin(Frame.OPEN, header, request, true));
  }

  private byte[] answer(Object outcome) throws LinkException {
    if (outcome instanceof byte[] reply) {
      return reply;
    }
    throw failure(outcome);
  }

  /** What a call ended with, as its caller is told. */
  LinkException failure(Object outcome) {
    return switch (outcome) {
      case LinkException e -> e;
      case PendingCall.Failure failure -> {
        try {
          yield LinkException.remote(Status.parseFrom(failure.status()));
        } catch (InvalidProtocolBufferException e) {
          violated(new ProtocolViolation("a status that is none", e));
          yield new LinkException(Kind.PEER_DIED, why);
        }
      }
      default -> throw new IllegalStateException("no failure: " + outcome.getClass());
    };
  }

  /** The calling thread waits for {@code call} and was interrupted. */
  void interrupted(PendingCall call) {
    call.complete(new LinkException(Kind.CANCELLED, "the caller was interrupted"));
    Thread.currentThread().interrupt();
  }

  /** Tells the plugin, once, that nobody waits for a call that ended on this side. */
  void cancel(PendingCall call) {
    if (call.outcome() instanceof LinkException && call.takeCancel() && !down) {
      try {
        sender.sendAlways(Frame.CANCEL, call.id);
      } catch (ProtocolViolation e) {
        violated(e);
      }
    }
  }

  private PendingCall begin(int kind, CallHeader header, byte[] request, boolean stream)
      throws LinkException {
    Peer to = peer;
    if (down || to == null) {
      throw new LinkException(Kind.DOWN, why);
    }
    checkSize(request, to);
    if (header.deadlineNanos() - System.nanoTime() <= 0) {
      throw new LinkException(Kind.DEADLINE, "the deadline passed");
    }
    if (Thread.currentThread().isInterrupted()) {
      throw new LinkException(Kind.CANCELLED, "the caller was interrupted");
    }
    int _ = Frame.headerLength(header); // refuses a header that fits no frame
    PendingCall call = table.tryAdd(header, request.length, stream);
    if (call == null) {
      throw full();
    }
    boolean begun = false;
    try {
      frames.sweepBy(call.deadlineNanos);
      if (down) {
        throw new LinkException(Kind.DOWN, why); // its sweep of the table may have been before us
      }
      begun = start(to, call, kind, header, request);
    } catch (ProtocolViolation e) {
      violated(e);
      throw new LinkException(call.sent ? Kind.PEER_DIED : Kind.DOWN, why);
    } finally {
      if (!begun && !call.sent) {
        table.remove(call);
      }
    }
    calls.increment();
    return call;
  }

  /** Puts the first message on the ring; false or an exception when nothing of it was sent. */
  private boolean start(Peer to, PendingCall call, int kind, CallHeader header, byte[] request)
      throws LinkException {
    Credit credit = call.credit;
    if (request.length <= Frame.FRAGMENT_BYTES) {
      call.sent = true;
      if (!sender.trySendCall(kind, call.id, header, request)) {
        call.sent = false;
        throw full();
      }
      bytesSent.add(request.length);
      return true;
    }
    call.requestBytes = reserve(to, call, request.length);
    call.sent = true;
    if (credit == null || !sender.tryAnnounce(kind, call.id, header, request.length)) {
      call.sent = false;
      throw full();
    }
    sendFragments(call, credit, request);
    return true;
  }

  /** Waits in line for the plugin's budget until the call's deadline. */
  private ByteBudget.Reservation reserve(Peer to, PendingCall call, int length)
      throws LinkException {
    Thread caller = Thread.currentThread();
    ByteBudget.Reservation bytes =
        to.requests.reserve(call.namespace, length, () -> LockSupport.unpark(caller));
    while (!bytes.isGranted() && !call.isOver()) {
      LockSupport.park(bytes);
      if (Thread.interrupted()) {
        interrupted(call);
      }
    }
    Object outcome = call.outcome();
    if (outcome != null) {
      bytes.close();
      throw failure(outcome);
    }
    return bytes;
  }

  /** Sends what was announced once the plugin has room; returns early when the call is over. */
  private void sendFragments(PendingCall call, Credit credit, byte[] message) {
    credit.sender(Thread.currentThread());
    while (!call.isOver() && !credit.takeCleared()) {
      LockSupport.park(call);
      if (Thread.interrupted()) {
        interrupted(call);
      }
    }
    try {
      if (sender.sendFragments(call.id, message, call::isOver)) {
        bytesSent.add(message.length);
      }
    } catch (InterruptedException e) {
      interrupted(call);
    }
    credit.sender(null);
  }

  /** Sends a further message of a stream; returns early when the call is over. */
  void sendMessage(PendingCall call, Credit credit, byte[] message) throws LinkException {
    Peer to = peer;
    if (to == null) {
      throw new LinkException(Kind.DOWN, why);
    }
    checkSize(message, to);
    credit.sender(Thread.currentThread());
    while (!call.isOver() && !credit.tryTake(message.length)) {
      LockSupport.park(call);
      if (Thread.interrupted()) {
        interrupted(call);
      }
    }
    try {
      if (message.length <= Frame.FRAGMENT_BYTES) {
        if (sender.sendMessage(Frame.MESSAGE, call.id, message, call::isOver)) {
          bytesSent.add(message.length);
        }
        return;
      }
      ByteBudget.Reservation bytes = reserve(to, call, message.length);
      try {
        sender.announceAlways(Frame.MESSAGE, call.id, message.length);
        sendFragments(call, credit, message);
      } finally {
        bytes.close();
      }
    } catch (InterruptedException e) {
      interrupted(call);
    } catch (ProtocolViolation e) {
      violated(e);
    }
  }

  private static void checkSize(byte[] message, Peer to) throws LinkException {
    if (message.length > to.maxRequestBytes) {
      throw new LinkException(
          Kind.TOO_LARGE,
          "the message has " + message.length + " bytes, the plugin takes " + to.maxRequestBytes);
    }
  }

  private LinkException full() {
    refused.increment();
    return new LinkException(Kind.FULL, "the link is full");
  }

  @Override
  public Hello peer() {
    Peer known = peer;
    if (known == null) {
      throw new IllegalStateException("the plugin has not come");
    }
    return known.hello;
  }

  @Override
  public State state() {
    return down ? State.DOWN : frames.isStalled() ? State.STALLED : State.UP;
  }

  @Override
  public Stats stats() {
    return new Stats(
        calls.sum(),
        down ? 0 : table.size(),
        refused.sum(),
        frames.lateReplies(),
        bytesSent.sum(),
        frames.bytesReceived(),
        memory.requests.used(),
        memory.responses.used());
  }

  @Override
  public void close() {
    down = true;
    receiver.stop();
  }
}
