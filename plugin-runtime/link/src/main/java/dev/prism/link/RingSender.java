package dev.prism.link;

import dev.prism.link.LinkMemory.Lane;
import java.lang.invoke.VarHandle;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.ringbuffer.ManyToOneRingBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Puts frames on one ring; any number of threads. Who may use how much of it (hazards 15 and 16):
 *
 * <ul>
 *   <li>calls of at most 1 KiB: all but a sixteenth, which control frames keep;
 *   <li>other messages of one frame: while less than half is in use;
 *   <li>fragments: while less than {@link #BULK_BYTES} is in use, one at a time and in turn, so
 *       that streams interleave and a small call never waits behind more than that;
 *   <li>control frames and small answers: all of it. They never wait: should there be no room after
 *       all, they queue here and the consumer thread sends them on. Each call in flight has at most
 *       one answer, one CREDIT, one CLEAR and one CANCEL there.
 * </ul>
 */
final class RingSender {
  /**
   * What fragments may take of a ring: 16 of them, enough to keep the other side busy while the
   * next are copied.
   */
  static final int BULK_BYTES = 256 << 10;

  private static final long TURN_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
  private static final byte[] NOTHING = new byte[0];

  private final Lane lane;
  private final ManyToOneRingBuffer ring;
  private final int incarnation;
  private final int anyLimit;
  private final int callLimit;
  private final int messageLimit;
  private final ReentrantLock turn = new ReentrantLock(true);
  private final Queue<Queued> queued = new ConcurrentLinkedQueue<>();
  private final AtomicInteger holds = new AtomicInteger();
  private volatile @Nullable Thread waiting;
  private volatile int waitingLimit;
  private volatile boolean closed;

  /** A frame that found no room. */
  @SuppressWarnings("ArrayRecordComponent") // compared by nobody
  private record Queued(int kind, long id, int flags, int total, int offset, byte[] body) {}

  RingSender(Lane lane, int incarnation) {
    this.lane = lane;
    this.ring = lane.ring();
    this.incarnation = incarnation;
    anyLimit = ring.capacity();
    callLimit = ring.capacity() - ring.capacity() / 16;
    messageLimit = ring.capacity() / 2;
  }

  /** Sends a call that fits one frame, or nothing; false when the ring is full. */
  boolean trySendCall(int kind, long id, CallHeader header, byte[] body) {
    int limit = body.length <= Frame.SMALL_BYTES ? callLimit : messageLimit;
    return rung(put(limit, kind, id, 0, body.length, 0, header, body, 0, body.length));
  }

  /** Says that a message in fragments is to come; false when the ring is full. */
  boolean tryAnnounce(int kind, long id, @Nullable CallHeader header, int total) {
    return rung(put(callLimit, kind, id, Frame.ANNOUNCED, total, 0, header, NOTHING, 0, 0));
  }

  /** As {@link #tryAnnounce} for an answer or a stream's message, which has room of its own. */
  void announceAlways(int kind, long id, int total) {
    sendAlways(new Queued(kind, id, Frame.ANNOUNCED, total, 0, NOTHING));
  }

  /** Sends a frame that has room of its own, now or as soon as there is any. Never waits. */
  void sendAlways(int kind, long id, byte[] body) {
    sendAlways(new Queued(kind, id, 0, body.length, 0, body));
  }

  /**
   * As {@link #sendAlways(int, long, byte[])} for a unary answer, which rings no bell while answers
   * are held together.
   */
  void sendAnswer(int kind, long id, byte[] body) {
    if (queued.isEmpty()
        && put(anyLimit, kind, id, 0, body.length, 0, null, body, 0, body.length)) {
      if (holds.get() == 0) {
        lane.bell().ring();
      }
    } else {
      sendAlways(kind, id, body);
    }
  }

  /** Answers come, one after the other: the bell rings after them, at {@link #release}. */
  void hold() {
    holds.incrementAndGet();
  }

  /** Ends a {@link #hold}. */
  void release() {
    holds.decrementAndGet();
    lane.bell().ring();
  }

  /** As {@link #sendAlways(int, long, byte[])} without a body. */
  void sendAlways(int kind, long id) {
    sendAlways(kind, id, NOTHING);
  }

  /** Grants a stream's sender {@code messages} and {@code bytes} more. Never waits. */
  void sendCredit(long id, int messages, int bytes) {
    sendAlways(new Queued(Frame.CREDIT, id, 0, bytes, messages, NOTHING));
  }

  private void sendAlways(Queued frame) {
    if (!queued.isEmpty() || !trySend(frame)) {
      queued.add(frame);
      lane.wantRoom(); // so that the consumer thread, which sends it on, is rung
      lane.bell().ring();
    }
  }

  private boolean trySend(Queued frame) {
    return rung(
        put(
            anyLimit,
            frame.kind,
            frame.id,
            frame.flags,
            frame.total,
            frame.offset,
            null,
            frame.body,
            0,
            frame.body.length));
  }

  /** Sends a message of one frame while less than half the ring is in use; false otherwise. */
  boolean trySendMessage(int kind, long id, byte[] body) {
    return rung(put(messageLimit, kind, id, 0, body.length, 0, null, body, 0, body.length));
  }

  /**
   * Sends a message of one frame; waits its turn for room.
   *
   * @return false when {@code over} or the ring's end came first
   */
  boolean sendMessage(int kind, long id, byte[] body, BooleanSupplier over)
      throws InterruptedException {
    return trySendMessage(kind, id, body)
        || sendInTurn(messageLimit, kind, id, 0, body, 0, body.length, over);
  }

  /** Sends a message that was announced and cleared. */
  boolean sendFragments(long id, byte[] body, BooleanSupplier over) throws InterruptedException {
    for (int at = 0; at < body.length; ) {
      int length = Math.min(Frame.FRAGMENT_BYTES, body.length - at);
      if (!sendInTurn(BULK_BYTES, Frame.FRAGMENT, id, at, body, at, length, over)) {
        return false;
      }
      at += length;
    }
    return true;
  }

  private boolean sendInTurn(
      int limit,
      int kind,
      long id,
      int offset,
      byte[] body,
      int from,
      int length,
      BooleanSupplier over)
      throws InterruptedException {
    while (!turn.tryLock(TURN_NANOS, TimeUnit.NANOSECONDS)) {
      if (closed || over.getAsBoolean()) {
        return false;
      }
    }
    try {
      while (true) {
        if (closed || over.getAsBoolean()) {
          return false;
        }
        if (rung(put(limit, kind, id, 0, body.length, offset, null, body, from, length))) {
          return true;
        }
        awaitRoom(limit);
      }
    } finally {
      turn.unlock();
    }
  }

  private void awaitRoom(int limit) throws InterruptedException {
    waitingLimit = limit;
    waiting = Thread.currentThread();
    lane.wantRoom();
    lane.bell().ring(); // it may sleep with answers that are held
    VarHandle.fullFence();
    if (!hasRoom(limit) && !closed) {
      LockSupport.park(this);
    }
    waiting = null;
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
  }

  /** Has the consumer look where something was put on the ring. */
  private boolean rung(boolean put) {
    if (put) {
      lane.bell().ring();
    }
    return put;
  }

  /** Puts a frame on the ring, or nothing, and rings no bell. */
  private boolean put(
      int limit,
      int kind,
      long id,
      int flags,
      int total,
      int offset,
      @Nullable CallHeader header,
      byte[] body,
      int from,
      int length) {
    int headerLength = Frame.headerLengthOrShort(header);
    if (!hasRoom(limit)) {
      return false;
    }
    try {
      int at = ring.tryClaim(kind, headerLength + length);
      if (at < 0) {
        return false;
      }
      boolean written = false;
      try {
        AtomicBuffer buffer = ring.buffer();
        Frame.write(buffer, at, id, incarnation, headerLength, flags, total, offset);
        if (header != null) {
          Frame.writeCall(buffer, at, header);
        }
        buffer.putBytes(at + headerLength, body, from, length);
        written = true;
      } finally {
        if (written) {
          ring.commit(at);
        } else {
          ring.abort(at);
        }
      }
    } catch (IndexOutOfBoundsException | IllegalStateException | IllegalArgumentException e) {
      // The frame fits by construction: the peer has written over the ring's positions or records.
      throw new ProtocolViolation("the ring was corrupted", e);
    }
    return true;
  }

  /** Whether less than {@code limit} bytes are in use; a ring without a limit is asked directly. */
  private boolean hasRoom(int limit) {
    return limit == anyLimit || lane.used() < limit;
  }

  /**
   * What only the consumer thread of this end does, often: sends on what queued, and wakes the
   * sender that waits for room when there is some.
   *
   * @return whether it must look again within milliseconds, because no bell rings for it
   */
  boolean poll() {
    for (Queued next = queued.peek(); next != null; next = queued.peek()) {
      if (!trySend(next)) {
        lane.wantRoom();
        break;
      }
      queued.remove();
    }
    Thread sender = waiting;
    if (sender != null) {
      lane.wantRoom();
      if (hasRoom(waitingLimit)) {
        LockSupport.unpark(sender);
      }
    }
    return sender != null || !queued.isEmpty();
  }

  /** Lets every waiting sender go. */
  void close() {
    closed = true;
    LockSupport.unpark(waiting);
  }
}
