package dev.prism.grpc.engine;

import io.grpc.Attributes;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.task.InterruptableTask;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.spi.ServerConnection;
import java.io.EOFException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One client's connection, from its first byte to its end: how many calls it may have, its times,
 * and going away. Its own virtual thread is {@link Reader}'s, {@link Writer} writes, {@link Clock}
 * watches the times.
 */
final class Connection implements ServerConnection, InterruptableTask<Void> {
  /** Whose answer says that the peer knows of our going away. */
  static final byte[] DRAIN_PING = {'d', 'r', 'a', 'i', 'n', 'i', 'n', 'g'};

  /** Going away, with every stream still welcome. */
  private static final int DRAINING = Integer.MAX_VALUE - 1;

  private static final byte[] KEEP_ALIVE_PING = {'t', 'h', 'e', 'r', 'e', '?', 0, 0};
  private static final System.Logger LOG = System.getLogger(Connection.class.getName());

  /** How long a connection that has broken a rule may take to read why, nanoseconds. */
  private static final long LAST_WORDS = Duration.ofSeconds(1).toNanos();

  private final Host host;
  private final HelidonSocket socket;
  private final ConnectionContext context;
  private final Limits limits;
  private final Reader reader;
  final Streams streams;
  final Writer writer;

  private final long opened = System.nanoTime();
  private final AtomicInteger slots = new AtomicInteger();
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile @Nullable Attributes attributes;
  private volatile @Nullable ServerConnection http1;
  private volatile long lastRead = opened;
  private volatile long lastCall = opened;
  private volatile long pinged;
  private volatile boolean closed;
  private volatile int refuseAfter = Integer.MAX_VALUE;
  private volatile long drainBegan;
  private volatile long goodbye;

  Connection(Host host, ConnectionContext context) {
    this.host = host;
    this.context = context;
    this.socket = context.serverSocket();
    this.limits = host.limits();
    this.writer = new Writer(socket, this, host.buffers(), limits.queuedBytes());
    Replies replies = new Replies(writer);
    Floods floods = new Floods(limits.maxStreams(), opened);
    this.streams = new Streams(this, replies, floods);
    this.reader =
        new Reader(this, streams, new Input(socket, context.dataReader()), replies, floods);
  }

  Host host() {
    return host;
  }

  Limits limits() {
    return limits;
  }

  boolean isClosed() {
    return closed;
  }

  /**
   * Waits until the peer or the server ends the connection; Helidon closes the socket after. The
   * server interrupts those that have not ended when it must.
   */
  @Override
  public void handle(Limit limit) throws InterruptedException {
    host.clock().add(this);
    ServerConnection other;
    try {
      other = host.http1(context);
    } catch (RuntimeException gone) {
      host.clock().remove(this);
      throw gone;
    }
    if (other == null) {
      Thread.startVirtualThread(this::read);
      try {
        ended.await();
      } catch (InterruptedException e) {
        LOG.log(Level.DEBUG, "the server ends a connection");
        Thread.currentThread().interrupt();
      }
    } else {
      http1 = other;
      host.clock().remove(this);
      other.handle(limit);
    }
  }

  /**
   * Reads until the connection ends, or goes on with a call that is alone while another thread
   * reads: one hop less on the way of a client that calls once at a time.
   */
  private void read() {
    try {
      Call<?, ?> call = reader.read();
      if (call != null) {
        Thread.startVirtualThread(this::read);
        call.run();
        return;
      }
    } catch (ConnectionException e) {
      LOG.log(Level.DEBUG, "ended a connection: {0}: {1}", e.code(), e.text());
      sayGoodbye(e);
    } catch (EOFException | UncheckedIOException e) {
      LOG.log(Level.TRACE, "a connection is gone", e);
    } catch (RuntimeException | Error e) {
      LOG.log(Level.ERROR, "a connection failed", e);
      sayGoodbye(new ConnectionException(ErrorCode.INTERNAL_ERROR, "internal error"));
    }
    closed = true;
    host.clock().remove(this);
    Call<?, ?> call = reader.takeReady();
    if (call != null) {
      call.startThread();
    }
    streams.goneWithAll();
    ended.countDown();
  }

  /** A call's request is whole. The reader's thread. */
  void ready(Call<?, ?> call) {
    reader.ready(call);
  }

  /**
   * Tells the peer which rule it broke, and reads on until it ends the connection or {@link #watch}
   * does: a close with bytes unread would take the GOAWAY back.
   */
  private void sayGoodbye(ConnectionException why) {
    if (!reader.hasGreeted()) {
      return; // what came was not HTTP/2
    }
    streams.goneWithAll();
    writer.control(Frames.goAway(streams.lastAccepted(), why.code(), why.text()));
    writer.wake();
    goodbye = System.nanoTime() | 1;
    try {
      reader.drop();
    } catch (EOFException | UncheckedIOException e) {
      LOG.log(Level.TRACE, "a connection that broke a rule is gone", e);
    }
  }

  /** Something has come after a pause. The reader's thread. */
  void heard() {
    lastRead = System.nanoTime();
    pinged = 0;
  }

  /**
   * Lets a new stream in. The reader's thread.
   *
   * @return false where there are as many as there may be, or it was opened after the end
   */
  boolean takeSlot(int id) {
    if (id > refuseAfter || slots.get() >= limits.maxStreams()) {
      return false;
    }
    slots.incrementAndGet();
    host.streamOpened();
    return true;
  }

  /** Opens a stream's window. Any thread. */
  void credit(Stream stream, int bytes) {
    writer.control(Frames.windowUpdate(stream.id, bytes));
    writer.wake();
  }

  /** A stream's last frame is about to be written. The drainer's thread. */
  void streamEnded(Stream stream) {
    if (streams.remove(stream)) {
      stream.partEnded();
    }
  }

  /** A stream ends by a reset of ours. Any thread. */
  void reset(Stream stream, ErrorCode code) {
    if (streams.remove(stream)) {
      stream.silenced = true;
      writer.control(Frames.rstStream(stream.id, code));
      writer.resume(stream);
      writer.wake();
      writer.wakeWaiting();
      stream.partEnded();
    }
  }

  /** Whether there are other calls than one that is just ending. */
  boolean isBusy() {
    return slots.get() > 1;
  }

  /** A stream and its thread have both ended. Any thread. */
  void slotFreed() {
    lastCall = System.nanoTime();
    slots.decrementAndGet();
    host.streamEnded();
    closeIfDone();
  }

  /** The peer knows of our going away, and has opened no stream after this one. */
  void refuseAfter(int id) {
    refuseAfter = id;
  }

  /** Ends the connection that goes away and whose last call has ended. Any thread. */
  void closeIfDone() {
    if (refuseAfter < DRAINING && slots.get() == 0) {
      writer.closeWhenWritten();
    }
  }

  /** Writing failed: the peer is gone. The drainer's thread. */
  void lost(Throwable failure) {
    LOG.log(
        failure instanceof UncheckedIOException ? Level.TRACE : Level.ERROR,
        "a connection cannot be written to",
        failure);
    closeSocket();
  }

  /** Ends the connection; its reader sees to the rest. */
  void closeSocket() {
    closed = true;
    try {
      socket.close();
    } catch (RuntimeException e) {
      LOG.log(Level.TRACE, "closing a connection", e);
    }
  }

  /** What a call may ask of its connection: the peer's address and certificates. */
  Attributes attributes() {
    Attributes known = attributes;
    if (known == null) {
      known = Peers.attributes(context);
      attributes = known;
    }
    return known;
  }

  /** Looks at the connection's own times, about every second. The clock's thread; never blocks. */
  void watch(long now) {
    writer.endStalled(now, limits.stall().toNanos());
    if (!reader.hasGreeted()) {
      if (now - opened > limits.preface().toNanos()) {
        end();
      }
      return;
    }
    if (goodbye != 0) {
      if (now - goodbye > LAST_WORDS) {
        end();
      }
      return;
    }
    long quiet = now - lastRead;
    if (pinged != 0 && now - pinged > limits.keepAliveTimeout().toNanos()) {
      end();
    } else if (pinged == 0 && quiet > limits.keepAlive().toNanos()) {
      pinged = now | 1;
      writer.control(Frames.ping(false, KEEP_ALIVE_PING, 0));
      writer.wake();
    }
    if (refuseAfter == DRAINING && now - drainBegan > limits.keepAliveTimeout().toNanos()) {
      end();
    }
    streams.onSecond(now);
    boolean idle = slots.get() == 0 && now - lastCall > limits.idle().toNanos();
    if (refuseAfter == Integer.MAX_VALUE && (idle || now - opened > limits.age().toNanos())) {
      drain();
    }
  }

  /** Ends a connection whose peer does not answer: a thread of its own, as TLS may block. */
  private void end() {
    Thread.startVirtualThread(this::closeSocket);
  }

  /**
   * Tells the client to go elsewhere, and ends the connection when its calls are: first with every
   * stream still welcome, then, when it has answered a PING, with the last one accepted (RFC 9113
   * 6.8).
   */
  private void drain() {
    if (refuseAfter != Integer.MAX_VALUE) {
      return;
    }
    refuseAfter = DRAINING;
    drainBegan = System.nanoTime();
    writer.control(Frames.goAway(Integer.MAX_VALUE, ErrorCode.NO_ERROR, "going away"));
    writer.control(Frames.ping(false, DRAIN_PING, 0));
    writer.wake();
  }

  /**
   * Whether Helidon, which stops, may interrupt {@link #handle} and then close the socket: where no
   * call is left, and what was answered last is written, and the GOAWAY.
   */
  @Override
  public boolean canInterrupt() {
    return http1 instanceof InterruptableTask<?> other
        ? other.canInterrupt()
        : slots.get() == 0 && writer.isIdle();
  }

  /** Helidon's own idle timeout is HTTP/1.1's: for HTTP/2 {@link Limits#idle} is. */
  @Override
  public Duration idleTime() {
    ServerConnection other = http1;
    return other == null ? Duration.ZERO : other.idleTime();
  }

  @Override
  public void close(boolean interrupt) {
    ServerConnection other = http1;
    if (other != null) {
      other.close(interrupt);
    } else if (interrupt || !reader.hasGreeted()) {
      end();
    } else {
      drain();
    }
  }
}
