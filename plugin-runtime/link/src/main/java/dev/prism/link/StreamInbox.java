package dev.prism.link;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The messages of one stream that have arrived and have not been taken, and the credit that keeps
 * them few: the peer may send while it has a message and a byte left, and is granted more as they
 * are taken, half a window at a time. The consumer thread adds; one thread takes.
 */
final class StreamInbox {
  /** Messages of one stream on their way or waiting. */
  static final int WINDOW_MESSAGES = 32;

  /** Bytes likewise; the last message may go beyond. */
  static final long WINDOW_BYTES = 64 << 10;

  private final Queue<Message> messages = new ConcurrentLinkedQueue<>();
  private final AtomicInteger messagesGranted = new AtomicInteger(WINDOW_MESSAGES);
  private final AtomicLong bytesGranted = new AtomicLong(WINDOW_BYTES);
  private volatile @Nullable Thread taker;
  private volatile boolean complete;
  private int messagesTaken;
  private long bytesTaken;

  /** One message, and what it holds of a budget. */
  private static final class Message {
    final byte[] bytes;
    final ByteBudget.@Nullable Reservation reservation;

    Message(byte[] bytes, ByteBudget.@Nullable Reservation reservation) {
      this.bytes = bytes;
      this.reservation = reservation;
    }
  }

  /** Accounts for a message whose first frame is here. */
  void admit(int length) {
    if (length < 0
        || complete
        || messagesGranted.getAndDecrement() <= 0
        || bytesGranted.getAndAdd(-length) <= 0) {
      throw new ProtocolViolation("a message of a stream without credit");
    }
  }

  void add(byte[] bytes, ByteBudget.@Nullable Reservation reservation) {
    messages.add(new Message(bytes, reservation));
    wake();
  }

  /** No further message will come. */
  void complete() {
    complete = true;
    wake();
  }

  boolean isComplete() {
    return complete;
  }

  void wake() {
    LockSupport.unpark(taker);
  }

  /** The thread that will look for messages next and park between looks. */
  void taker(@Nullable Thread thread) {
    taker = thread;
  }

  /** The next message where there is one; grants the peer more by {@code sender} when it is due. */
  byte @Nullable [] poll(RingSender sender, long id) {
    Message next = messages.poll();
    if (next == null) {
      return null;
    }
    if (next.reservation != null) {
      next.reservation.close();
    }
    messagesTaken++;
    bytesTaken += next.bytes.length;
    if (!complete && (messagesTaken >= WINDOW_MESSAGES / 2 || bytesTaken >= WINDOW_BYTES / 2)) {
      messagesGranted.addAndGet(messagesTaken);
      bytesGranted.addAndGet(bytesTaken);
      sender.sendCredit(id, messagesTaken, (int) bytesTaken);
      messagesTaken = 0;
      bytesTaken = 0;
    }
    return next.bytes;
  }

  /** Drops what is here and lets go of what it holds. */
  void clear() {
    for (Message next = messages.poll(); next != null; next = messages.poll()) {
      if (next.reservation != null) {
        next.reservation.close();
      }
    }
  }
}
