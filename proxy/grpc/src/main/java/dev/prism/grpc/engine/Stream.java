package dev.prism.grpc.engine;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;

/**
 * The HTTP/2 half of a call: windows and what waits to be written. Each field says which thread
 * touches it: the connection's reader, whoever drains its writer (one at a time), or any.
 */
abstract sealed class Stream implements Writer.Task permits Call, Answer {
  private static final VarHandle SEND_WINDOW;
  private static final VarHandle QUEUED;
  private static final VarHandle PARTS;
  private static final VarHandle RECEIVE_WINDOW;
  private static final VarHandle TAKEN;

  /** A client is told of room when there is so much of it, bytes. */
  private static final int CREDIT = 16 * 1024;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      SEND_WINDOW = lookup.findVarHandle(Stream.class, "sendWindow", long.class);
      QUEUED = lookup.findVarHandle(Stream.class, "queued", long.class);
      PARTS = lookup.findVarHandle(Stream.class, "parts", int.class);
      RECEIVE_WINDOW = lookup.findVarHandle(Stream.class, "receiveWindow", long.class);
      TAKEN = lookup.findVarHandle(Stream.class, "taken", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  final Connection connection;
  final int id;

  /** The client has sent its last frame; written by the reader. */
  volatile boolean remoteEnded;

  /** Nothing more is to be written for it. */
  volatile boolean silenced;

  /** The drainer's: what is offered and not written. */
  final ArrayDeque<Outgoing> pending = new ArrayDeque<>(2);

  /** The drainer's: its opening headers are written. */
  boolean headWritten;

  /** The drainer's: it is in the drainer's round. */
  boolean inRound;

  /** The drainer's: it waits for the connection's window. */
  boolean isStarved;

  /** When its answer was there, or 0 where its service does not say; set before it is offered. */
  long answeredAt;

  private volatile long sendWindow;
  private volatile long queued;

  /** Two parts end by themselves, the stream and its thread; the slot is free after both. */
  private volatile int parts = 2;

  /** What the client may still send. */
  private volatile long receiveWindow = Frames.DEFAULT_WINDOW;

  /** What is taken of what it sent, and not given back to its window yet. */
  private volatile long taken;

  /** The reader's: what content-length announced and has not come, or -1. */
  private long bodyLeft;

  Stream(Connection connection, int id, long contentLength, long sendWindow) {
    this.connection = connection;
    this.id = id;
    this.bodyLeft = contentLength;
    this.sendWindow = sendWindow;
  }

  /** DATA, on the reader's thread; {@code from} is valid during the call only. */
  abstract void onData(byte[] from, int at, int length);

  /** The client has sent everything; on the reader's thread. */
  abstract void onRemoteEnd();

  /** The client or its connection is gone; on any thread, more than once. Never blocks. */
  abstract void onGone();

  /** The deadline as {@link System#nanoTime} counts, or {@link Long#MAX_VALUE}. */
  abstract long deadline();

  /**
   * Whether half the time that its client gave it has passed, so that a reset is one for a deadline
   * and not a flood: the client's clock began before ours, by as long as its request was under way.
   */
  abstract boolean isOld();

  /** When {@link #onExpired} is due, on the same clock: at the deadline or later. */
  long expiry() {
    return deadline();
  }

  /** The time of {@link #expiry} has come; on the clock's thread. Never blocks. */
  abstract void onExpired();

  /** A second has passed; on the clock's thread. Never blocks. */
  abstract void onSecond(long now);

  /** The stream and its thread have ended; on any thread, once. Never blocks. */
  abstract void onEnded();

  /** There is room for more messages; on the drainer's thread. Never blocks. */
  abstract void onRoom();

  final long sendWindow() {
    return sendWindow;
  }

  /**
   * Adds to what may be sent.
   *
   * @return the new window
   */
  final long addSendWindow(long change) {
    return (long) SEND_WINDOW.getAndAdd(this, change) + change;
  }

  final long queued() {
    return queued;
  }

  /** Adds to what is offered and not written, in bytes; returns what was before. */
  final long addQueued(long change) {
    return (long) QUEUED.getAndAdd(this, change);
  }

  /**
   * Takes a DATA frame's length off the window.
   *
   * @return false where the client has sent more than it may
   */
  final boolean receive(int length) {
    return (long) RECEIVE_WINDOW.getAndAdd(this, (long) -length) >= length;
  }

  /** So many of the bytes received are no longer held for it. Any thread. */
  final void taken(long bytes) {
    if (remoteEnded || silenced) {
      return;
    }
    long now = (long) TAKEN.getAndAdd(this, bytes) + bytes;
    if (now >= CREDIT) {
      grant((long) TAKEN.getAndSet(this, 0L));
    }
  }

  /** Lets the client send so many bytes more. Any thread. */
  final void grant(long bytes) {
    if (bytes > 0 && !remoteEnded && !silenced) {
      RECEIVE_WINDOW.getAndAdd(this, bytes);
      connection.credit(this, (int) bytes);
    }
  }

  /** The reader's: counts a DATA frame's payload against content-length. */
  final boolean fits(int payload, boolean end) {
    if (bodyLeft < 0) {
      return true;
    }
    bodyLeft -= payload;
    return end ? bodyLeft == 0 : bodyLeft >= 0;
  }

  /** One of its two parts has ended. */
  final void partEnded() {
    if ((int) PARTS.getAndAdd(this, -1) == 1) {
      onEnded();
      connection.slotFreed();
    }
  }
}
