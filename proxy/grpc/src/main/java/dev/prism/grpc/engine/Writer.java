package dev.prism.grpc.engine;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.socket.HelidonSocket;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.ManyToOneConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * Writes a connection's frames. Anyone offers; whoever ends its call while nobody writes drains,
 * for itself and others, into as few socket writes as there can be: no lock, no hop. The reader and
 * the clock only offer, and start a thread to drain where nobody does (hazards 2 and 3). Flow
 * control is the drainer's: it alone takes off the windows, so nothing is reserved or refunded.
 */
final class Writer {
  /**
   * What is offered: a piece of a response, a stream whose window grew, or that the connection's
   * window grew.
   */
  sealed interface Task permits Outgoing, Stream, ConnectionWindow {}

  private enum ConnectionWindow implements Task {
    GREW
  }

  /** A stream writes so much in its turn, bytes. */
  private static final int TURN = Frames.MAX_FRAME;

  /** A call's thread writes so much for others, bytes; then a thread of the writer's goes on. */
  private static final int SHARE = 64 * 1024;

  /** Control frames that wait; a peer that asks for more answers than it takes is cut off. */
  private static final int MAX_CONTROL = 4096;

  /** The drainer's buffer, bytes: what one or two socket writes take. */
  private static final int BUFFER = 32 * 1024;

  private static final int IDLE = 0;
  private static final int DRAINING = 1;
  private static final byte TABLE_SIZE_ZERO = 0x20;

  private final HelidonSocket socket;
  private final Connection connection;
  private final Buffers buffers;
  private final long maxQueued;

  private final Queue<Task> offered = new ManyToOneConcurrentLinkedQueue<>();
  private final Queue<byte[]> control = new ManyToOneConcurrentLinkedQueue<>();
  private final AtomicInteger controls = new AtomicInteger();
  private final AtomicInteger state = new AtomicInteger();
  private final AtomicLong window = new AtomicLong(Frames.DEFAULT_WINDOW);
  private final AtomicLong queued = new AtomicLong();
  private final Queue<Thread> waiting = new ConcurrentLinkedQueue<>();

  private volatile boolean failed;
  private volatile boolean closing;
  private volatile @Nullable Thread drainer;
  private volatile long writeBegan;
  private volatile int maxFrame = Frames.MAX_FRAME;

  // The drainer's own.
  private final ArrayDeque<Stream> round = new ArrayDeque<>(4);
  private final ArrayDeque<Stream> starved = new ArrayDeque<>(1);
  private final List<Stream> ended = new ArrayList<>(4);
  private byte[] buffer = Buffers.NONE;
  private int filled;
  private long written;
  private boolean begun;

  Writer(HelidonSocket socket, Connection connection, Buffers buffers, long maxQueued) {
    this.socket = socket;
    this.connection = connection;
    this.buffers = buffers;
    this.maxQueued = maxQueued;
  }

  /**
   * Adds a piece; {@link #drain} or {@link #wake} sees to it. For any thread. It is dropped where
   * the connection is lost: nobody drains then.
   */
  void offer(Outgoing piece) {
    if (failed) {
      return;
    }
    int bytes = piece.bytes();
    piece.stream.addQueued(bytes);
    queued.getAndAdd(bytes);
    offered.add(piece);
  }

  /**
   * Adds a control frame, to be written before anything else.
   *
   * @return false where too many wait
   */
  boolean control(byte[] frame) {
    control.add(frame);
    return controls.incrementAndGet() <= MAX_CONTROL;
  }

  /** The peer has opened a stream's window. */
  void resume(Stream stream) {
    offered.add(stream);
  }

  /**
   * The peer has opened the connection's window.
   *
   * @return false where it went beyond what a window can be
   */
  boolean addWindow(int increment) {
    long now = window.addAndGet(increment);
    offered.add(ConnectionWindow.GREW);
    return now <= Frames.MAX_WINDOW;
  }

  void maxFrame(int bytes) {
    maxFrame = Math.min(bytes, TURN);
  }

  boolean failed() {
    return failed;
  }

  /** Whether nothing waits to be written, nor is being written. Any thread. */
  boolean isIdle() {
    return failed || (isEmpty() && state.get() == IDLE);
  }

  /** Bytes that wait to be written, as {@link Outgoing#bytes} counts them. Any thread. */
  long queued() {
    return queued.get();
  }

  /** Writes what waits, on the thread of a call that has ended and may not be interrupted. */
  @SuppressWarnings("ThreadPriorityCheck") // a yield of a virtual thread: see below
  void drain() {
    if (state.compareAndSet(IDLE, DRAINING)) {
      if (connection.isBusy()) {
        // Calls that are about to end join this batch.
        Thread.yield();
      }
      drain(SHARE);
    }
  }

  /** Has a thread of the writer's own write what waits. Never blocks. */
  void wake() {
    if (state.compareAndSet(IDLE, DRAINING)) {
      Thread.startVirtualThread(() -> drain(Long.MAX_VALUE));
    }
  }

  /**
   * Waits until the stream and the connection have room for a piece.
   *
   * @param maxOfStream bytes that the stream itself may have waiting
   */
  void awaitRoom(Stream stream, long maxOfStream) throws InterruptedException {
    if (hasRoom(stream, maxOfStream)) {
      return;
    }
    Thread thread = Thread.currentThread();
    while (true) {
      waiting.add(thread);
      try {
        if (hasRoom(stream, maxOfStream)) {
          return;
        }
        LockSupport.park(this);
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
      } finally {
        waiting.remove(thread);
      }
    }
  }

  private boolean hasRoom(Stream stream, long maxOfStream) {
    boolean room = stream.queued() <= maxOfStream && queued.get() <= maxQueued;
    return room || stream.silenced || failed;
  }

  /** Ends the connection when all that waits, and can be written, is written. For any thread. */
  void closeWhenWritten() {
    closing = true;
    wake();
  }

  /** Lets those that wait for room look again. */
  void wakeWaiting() {
    for (Thread thread : waiting) {
      LockSupport.unpark(thread);
    }
  }

  /**
   * Ends a write that a peer has not taken for so long, and with it the connection: by interrupting
   * it, as closing a TLS socket waits for the write (hazard 5).
   */
  void endStalled(long nanoTime, long limitNanos) {
    long began = writeBegan;
    Thread thread = drainer;
    if (began != 0 && nanoTime - began > limitNanos && thread != null) {
      thread.interrupt();
    }
  }

  private void drain(long share) {
    Thread.interrupted(); // an interrupted write would close the connection (hazard 1)
    drainer = Thread.currentThread();
    buffer = buffers.take();
    long from = written;
    try {
      while (true) {
        boolean more = pass();
        if (!more) {
          flush();
          if (closing && isEmpty()) {
            connection.closeSocket();
          }
          release();
          if (isEmpty() || !state.compareAndSet(IDLE, DRAINING)) {
            return;
          }
          drainer = Thread.currentThread();
          buffer = buffers.take();
        } else if (written - from > share) {
          flush();
          drainer = null;
          buffers.give(buffer);
          buffer = Buffers.NONE;
          Thread.startVirtualThread(() -> drain(Long.MAX_VALUE));
          return;
        }
      }
    } catch (RuntimeException | Error failure) {
      fail();
      connection.lost(failure);
    }
  }

  private boolean isEmpty() {
    return offered.isEmpty() && control.isEmpty();
  }

  private void release() {
    drainer = null;
    buffers.give(buffer);
    buffer = Buffers.NONE;
    state.set(IDLE);
  }

  /** The connection cannot be written to any more: what waits and what comes is dropped. */
  private void fail() {
    failed = true;
    drainer = null;
    writeBegan = 0;
    round.clear();
    starved.clear();
    ended.clear();
    empty(offered);
    empty(control);
    wakeWaiting();
    // The state stays DRAINING: nobody drains a lost connection.
  }

  /** Agrona's queue has no clear. */
  private static void empty(Queue<?> queue) {
    while (queue.poll() != null) {}
  }

  /** Writes control frames, takes what is offered, gives one stream its turn; false: all done. */
  private boolean pass() {
    putControls();
    Task task = offered.poll();
    if (task != null) {
      take(task);
      return true;
    }
    Stream stream = round.poll();
    if (stream == null) {
      return false;
    }
    stream.inRound = false;
    turn(stream);
    return true;
  }

  private void putControls() {
    byte[] frame = control.poll();
    while (frame != null) {
      controls.decrementAndGet();
      put(frame, 0, frame.length);
      frame = control.poll();
    }
  }

  /** What a stream may send, bytes; the acknowledgement of the SETTINGS that say so is written. */
  private long open(Stream stream) {
    long open = Math.min(stream.sendWindow(), window.get());
    while (!control.isEmpty()) {
      putControls();
      open = Math.min(stream.sendWindow(), window.get());
    }
    return open;
  }

  private void take(Task task) {
    switch (task) {
      case Outgoing piece -> {
        Stream stream = piece.stream;
        stream.pending.add(piece);
        if (stream.pending.size() == 1) {
          turn(stream);
        } else {
          join(stream);
        }
      }
      case Stream stream -> join(stream);
      case ConnectionWindow grew -> {
        Stream stream = starved.poll();
        while (stream != null) {
          stream.isStarved = false;
          join(stream);
          stream = starved.poll();
        }
      }
    }
  }

  private void join(Stream stream) {
    if (!stream.inRound) {
      stream.inRound = true;
      round.add(stream);
    }
  }

  private void turn(Stream stream) {
    int left = TURN;
    Outgoing piece = stream.pending.peek();
    while (piece != null) {
      if (stream.silenced) {
        drop(stream);
        return;
      }
      byte[] head = piece.takeHead();
      if (head != null && !stream.headWritten) {
        stream.headWritten = true;
        putBlock(head, stream.id);
      }
      while (piece.remaining() > 0) {
        if (left <= 0) {
          join(stream);
          return;
        }
        long open = open(stream);
        if (open <= 0) {
          if (stream.sendWindow() > 0 && !stream.isStarved) {
            stream.isStarved = true;
            starved.add(stream);
          }
          return;
        }
        int length = (int) Math.min(Math.min(piece.remaining(), open), Math.min(maxFrame, left));
        putData(stream, piece, length);
        left -= length;
      }
      if (piece.body != null && piece.body.length == 0 && piece.endsWithData()) {
        putEmptyEnd(stream);
      }
      if (piece.tail != null) {
        putBlock(piece.tail, stream.id);
        end(stream);
      } else if (piece.endsWithData()) {
        end(stream);
      }
      stream.pending.poll();
      forget(stream, piece);
      piece = stream.pending.peek();
    }
  }

  private void putData(Stream stream, Outgoing piece, int length) {
    window.getAndAdd(-length);
    stream.addSendWindow(-length);
    room(Frames.HEADER + length);
    boolean last = piece.endsWithData() && length == piece.remaining();
    filled =
        Frames.header(buffer, filled, length, Frames.DATA, last ? Frames.END_STREAM : 0, stream.id);
    piece.copy(buffer, filled, length);
    filled += length;
  }

  private void putEmptyEnd(Stream stream) {
    room(Frames.HEADER);
    filled = Frames.header(buffer, filled, 0, Frames.DATA, Frames.END_STREAM, stream.id);
  }

  private void end(Stream stream) {
    stream.silenced = true;
    if (!stream.remoteEnded) {
      // What the client still sends is not wanted (RFC 9113 8.1).
      byte[] reset = Frames.rstStream(stream.id, ErrorCode.NO_ERROR);
      put(reset, 0, reset.length);
    }
    ended.add(stream);
  }

  private void drop(Stream stream) {
    Outgoing piece = stream.pending.poll();
    while (piece != null) {
      forget(stream, piece);
      piece = stream.pending.poll();
    }
  }

  private void forget(Stream stream, Outgoing piece) {
    int bytes = piece.bytes();
    stream.addQueued(-bytes);
    queued.getAndAdd(-bytes);
    if (piece.tail == null) {
      stream.onRoom();
    }
    if (!waiting.isEmpty()) {
      wakeWaiting();
    }
  }

  /**
   * A framed header block, of one frame or more. The connection's first one begins with a table
   * size update to 0: ours never uses the table, and a peer that lowered its size must be told (RFC
   * 9113 4.3.1).
   */
  private void putBlock(byte[] block, int id) {
    int at = 0;
    while (at < block.length) {
      int length = Frames.length(block, at);
      int update = begun ? 0 : 1;
      begun = true;
      room(Frames.HEADER + update + length);
      filled = Frames.header(buffer, filled, update + length, block[at + 3], block[at + 4], id);
      if (update > 0) {
        buffer[filled++] = TABLE_SIZE_ZERO;
      }
      System.arraycopy(block, at + Frames.HEADER, buffer, filled, length);
      filled += length;
      at += Frames.HEADER + length;
    }
  }

  private void put(byte[] from, int at, int length) {
    int done = 0;
    while (done < length) {
      if (filled == BUFFER) {
        flush();
      }
      int some = Math.min(length - done, BUFFER - filled);
      System.arraycopy(from, at + done, buffer, filled, some);
      filled += some;
      done += some;
    }
  }

  private void room(int bytes) {
    if (filled + bytes > BUFFER) {
      flush();
    }
  }

  private void flush() {
    // Before the write: a client that sees a stream's end may open the next one at once.
    boolean timed = false;
    for (int i = 0; i < ended.size(); i++) {
      Stream stream = ended.get(i);
      timed |= stream.answeredAt != 0;
      connection.streamEnded(stream);
    }
    if (filled > 0) {
      writeBegan = System.nanoTime() | 1;
      socket.write(BufferData.createReadOnly(buffer, 0, filled));
      writeBegan = 0;
      written += filled;
      filled = 0;
    }
    if (timed) {
      tellWritten(System.nanoTime()); // one look at the clock for all that the write carried
    }
    ended.clear();
  }

  private void tellWritten(long now) {
    for (int i = 0; i < ended.size(); i++) {
      long from = ended.get(i).answeredAt;
      if (from != 0) {
        connection.host().written(now - from);
      }
    }
  }
}
