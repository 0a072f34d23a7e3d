package dev.prism.grpc.engine;

import dev.prism.grpc.Failures;
import io.grpc.Attributes;
import io.grpc.Context;
import io.grpc.Context.CancellableContext;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import java.lang.System.Logger.Level;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One call: a virtual thread on which its listener is called from beginning to end, and the {@link
 * ServerCall} that the service answers through. A method with one request starts its thread when
 * the request is whole, any other at once.
 *
 * <p>Who ends it decides a compare-and-set: the service by closing it, or the client, its deadline
 * or the connection by cancelling it. Only who cancels it interrupts its thread, so that a thread
 * that writes is never interrupted (hazard 1).
 */
final class Call<Q, R> extends Stream implements Runnable {
  private static final System.Logger LOG = System.getLogger(Call.class.getName());
  private static final ThreadFactory THREADS =
      Thread.ofVirtual().name("grpc-call").inheritInheritableThreadLocals(false).factory();

  /** Below it a stream is ready for more, and beyond twice as much its producer waits, bytes. */
  private static final int READY = 32 * 1024;

  private static final int OPEN = 0;
  private static final int CLOSED = 1;
  private static final int CANCELLED = 2;

  private static final int NEW = 0;
  private static final int STARTED = 1;
  private static final int NEVER = 2;

  private static final VarHandle STATE;
  private static final VarHandle THREAD_STATE;
  private static final VarHandle REQUESTED;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      STATE = lookup.findVarHandle(Call.class, "state", int.class);
      THREAD_STATE = lookup.findVarHandle(Call.class, "threadState", int.class);
      REQUESTED = lookup.findVarHandle(Call.class, "requested", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /**
   * How long after its deadline an answer that came in time may wait to be written: a client that
   * does not watch its deadline is told what the answer says, not that the call was cancelled.
   */
  private static final long ANSWER_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final RequestHead head;
  private final ServerMethodDefinition<Q, R> definition;
  private final MethodDescriptor<Q, R> method;
  private final Metadata headers;
  private final long deadline;
  private final Assembly assembly;
  private final ServerSide<Q, R> side;

  private volatile int state;
  private volatile int threadState;
  private volatile int requested;
  private volatile @Nullable Thread thread;
  private volatile @Nullable CancellableContext context;
  private volatile boolean full;
  private volatile boolean roomCame;
  private volatile long lastData;
  private @Nullable Status refusal;

  Call(
      Connection connection,
      int id,
      RequestHead head,
      ServerMethodDefinition<Q, R> definition,
      long sendWindow) {
    super(connection, id, head.contentLength(), sendWindow);
    this.head = head;
    this.definition = definition;
    this.method = definition.getMethodDescriptor();
    this.headers = head.metadata();
    this.deadline =
        head.timeoutNanos() < 0 ? Long.MAX_VALUE : System.nanoTime() + head.timeoutNanos();
    this.assembly = new Assembly(this, connection.host().maxMessageBytes());
    this.side = new ServerSide<>(this);
  }

  RequestHead head() {
    return head;
  }

  MethodDescriptor<Q, R> method() {
    return method;
  }

  Attributes attributes() {
    return connection.attributes();
  }

  boolean isCancelled() {
    return state == CANCELLED;
  }

  boolean isOpen() {
    return state == OPEN;
  }

  // ---- the reader's ----

  /** The request has begun. */
  void open() {
    Status wrong = Refusals.of(head);
    if (wrong != null) {
      refuse(wrong);
    } else if (!method.getType().clientSendsOneMessage()) {
      start();
    }
  }

  @Override
  void onData(byte[] from, int at, int length) {
    lastData = 0;
    assembly.add(from, at, length);
    if (threadState == STARTED) {
      LockSupport.unpark(thread);
    }
  }

  @Override
  void onRemoteEnd() {
    if (assembly.isAmid()) {
      refuse(Status.INTERNAL.withDescription("The request ended amid a message."));
    } else if (!start()) {
      LockSupport.unpark(thread);
    }
  }

  /** What came is not a request. */
  void refuse(Status status) {
    if (threadState == NEW) {
      refusal = status;
      start();
    } else {
      endByServer(status, null);
    }
  }

  private boolean start() {
    if (!THREAD_STATE.compareAndSet(this, NEW, STARTED)) {
      return false;
    }
    connection.ready(this);
    return true;
  }

  /** Runs it on a thread of its own. The reader's thread. */
  void startThread() {
    Thread created = THREADS.newThread(this);
    thread = created;
    created.start();
  }

  // ---- those who cancel ----

  @Override
  void onGone() {
    if (STATE.compareAndSet(this, OPEN, CANCELLED)) {
      if (THREAD_STATE.compareAndSet(this, NEW, NEVER)) {
        partEnded();
      } else {
        interrupt(null);
      }
    }
  }

  @Override
  long deadline() {
    // A tick later than the client's, so that a service that watches it itself answers first.
    return deadline == Long.MAX_VALUE ? deadline : deadline + Clock.TICK_NANOS;
  }

  @Override
  boolean isOld() {
    return deadline != Long.MAX_VALUE && deadline - System.nanoTime() <= head.timeoutNanos() / 2;
  }

  @Override
  long expiry() {
    long expiry = deadline();
    return state == CLOSED && expiry != Long.MAX_VALUE ? expiry + ANSWER_NANOS : expiry;
  }

  @Override
  void onExpired() {
    if (state == CLOSED) {
      if (System.nanoTime() - expiry() >= 0) {
        connection.reset(this, ErrorCode.CANCEL); // the answer is there, nobody takes it
      }
    } else {
      endByServer(
          Status.DEADLINE_EXCEEDED.withDescription("The deadline passed."),
          new TimeoutException("the deadline passed"));
    }
  }

  @Override
  void onSecond(long now) {
    if (remoteEnded || !assembly.holdsMemory()) {
      return;
    }
    if (lastData == 0) {
      lastData = now | 1;
    } else if (now - lastData > connection.limits().stall().toNanos()) {
      endByServer(Status.CANCELLED.withDescription("The request stopped amid a message."), null);
    }
  }

  private void endByServer(Status status, @Nullable Throwable cause) {
    if (!STATE.compareAndSet(this, OPEN, CANCELLED)) {
      return;
    }
    if (THREAD_STATE.compareAndSet(this, NEW, NEVER)) {
      // No service saw it: the host answers.
      Thread.startVirtualThread(
          () -> {
            answerRefused(status);
            partEnded();
          });
      return;
    }
    send(Outgoing.grpc(this, HeaderBlocks.PLAIN_HEAD, null, false, tail(status)));
    connection.writer.wake();
    interrupt(cause);
  }

  private static byte[] tail(Status status) {
    return HeaderBlocks.tail(status, new Metadata(), false);
  }

  /** Interrupts the call's thread; a context's listeners may do anything, so not on this thread. */
  private void interrupt(@Nullable Throwable cause) {
    Thread running = thread;
    while (running == null) {
      Thread.onSpinWait(); // it is being started
      running = thread;
    }
    running.interrupt();
    CancellableContext known = context;
    if (known != null) {
      Thread.startVirtualThread(() -> known.cancel(cause));
    }
  }

  @Override
  void onEnded() {
    assembly.end();
  }

  @Override
  void onRoom() {
    if (full && queued() < READY) {
      full = false;
      roomCame = true;
      LockSupport.unpark(thread);
    }
  }

  /** Memory for a large message is there: its client may send it. Any thread. */
  void onReserved(int bytes) {
    lastData = 0;
    grant(bytes);
  }

  // ---- the call's thread ----

  @Override
  public void run() {
    thread = Thread.currentThread();
    boolean answered = false;
    try {
      Status wrong = refusal;
      if (wrong != null) {
        if (STATE.compareAndSet(this, OPEN, CLOSED)) {
          answerRefused(wrong);
        }
      } else {
        answered = serve();
      }
    } finally {
      partEnded();
      if (answered) {
        connection.writer.drain();
      }
    }
  }

  private void answerRefused(Status status) {
    Failures.Answer answer =
        connection.host().failures().refused(method.getFullMethodName(), headers, status);
    if (status.getCode() == Status.Code.UNIMPLEMENTED) {
      answer.trailers().put(Refusals.ACCEPT_ENCODING, Messages.ENCODINGS);
    }
    send(
        Outgoing.grpc(
            this, null, null, false, HeaderBlocks.tail(answer.status(), answer.trailers(), true)));
    connection.writer.wake();
  }

  /** Serves it; returns whether an answer is offered that this thread may write. */
  private boolean serve() {
    CancellableContext mine =
        deadline == Long.MAX_VALUE
            ? Context.ROOT.withCancellation()
            : Context.ROOT.withDeadline(
                Deadline.after(deadline - System.nanoTime(), TimeUnit.NANOSECONDS),
                NoSchedule.INSTANCE);
    context = mine;
    Context previous = mine.attach();
    ServerCall.Listener<Q> listener = null;
    try {
      if (state == CANCELLED) {
        return false;
      }
      listener = definition.getServerCallHandler().startCall(side, headers);
      deliver(listener);
    } catch (Throwable failure) {
      fail(failure);
    }
    try {
      if (state == CANCELLED) {
        Thread.interrupted();
        mine.cancel(null);
        if (listener != null) {
          listener.onCancel();
        }
      } else if (listener != null) {
        listener.onComplete();
      }
    } catch (Throwable failure) {
      LOG.log(Level.ERROR, method.getFullMethodName() + " failed after its end", failure);
    } finally {
      mine.detach(previous);
      mine.cancel(null);
    }
    Outgoing last = side.last();
    if (state != CLOSED || last == null) {
      return false;
    }
    try {
      connection.writer.awaitRoom(this, Long.MAX_VALUE);
    } catch (InterruptedException e) {
      LOG.log(Level.DEBUG, "a service interrupts the thread of a call that has ended", e);
    }
    answeredAt = side.answeredAt();
    send(last);
    return true;
  }

  /** Calls the listener with what comes until the call is closed or cancelled. */
  private void deliver(ServerCall.Listener<Q> listener) {
    boolean halfClosed = false;
    if (!method.getType().serverSendsOneMessage()) {
      listener.onReady();
    }
    while (state == OPEN) {
      boolean ended = remoteEnded;
      if (requested > 0 && assembly.hasMessage()) {
        REQUESTED.getAndAdd(this, -1);
        Q message = Messages.parse(this, assembly.take());
        listener.onMessage(message);
      } else if (ended && !halfClosed && !assembly.hasMessage()) {
        halfClosed = true;
        listener.onHalfClose();
      } else if (roomCame) {
        roomCame = false;
        listener.onReady();
      } else {
        LockSupport.park(this);
        Thread.interrupted(); // who cancels has changed the state
      }
    }
  }

  private void fail(Throwable failure) {
    if (state != OPEN) {
      if (state == CLOSED) {
        LOG.log(Level.ERROR, method.getFullMethodName() + " failed after its end", failure);
      }
      return;
    }
    Failures host = connection.host().failures();
    Failures.Answer answer =
        failure instanceof Messages.UnfitException unfit
            ? host.refused(method.getFullMethodName(), headers, unfit.status())
            : host.thrown(method.getFullMethodName(), headers, failure);
    side.close(answer.status(), answer.trailers());
  }

  // ---- the service's, on any thread ----

  /** Asks for so many messages more. */
  void request(int count) {
    int before = (int) REQUESTED.getAndAdd(this, count);
    if (before + count < 0) {
      requested = Integer.MAX_VALUE / 2;
    }
    wakeOwn();
  }

  /** Whether little enough waits to be written. */
  boolean isReady() {
    if (state != OPEN) {
      return false;
    }
    if (queued() < READY) {
      return true;
    }
    full = true;
    return queued() < READY;
  }

  /** The service closes the call; false where it was closed or cancelled before. */
  boolean close() {
    return STATE.compareAndSet(this, OPEN, CLOSED);
  }

  /** Has the call's own thread look at what has changed, where this is another. */
  void wakeOwn() {
    Thread own = thread;
    if (own != Thread.currentThread()) {
      LockSupport.unpark(own);
    }
  }

  /** Sends a part of a stream, when there is room. */
  @SuppressWarnings("ThreadPriorityCheck") // it lets others have the processor, see below
  void sendPart(Outgoing piece) throws InterruptedException {
    connection.writer.awaitRoom(this, 2 * READY);
    if (silenced || connection.writer.failed()) {
      // Nobody takes it. Who cancels the call needs a processor for that, and gets it: nothing
      // makes a sender wait any more, and all processors could be theirs.
      Thread.yield();
      return;
    }
    send(piece);
    if (queued() >= READY) {
      full = true;
    }
    connection.writer.wake();
  }

  private void send(Outgoing piece) {
    connection.writer.offer(piece);
  }
}
