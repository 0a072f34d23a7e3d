package dev.prism.plugin.nats;

import io.nats.client.Message;
import io.nats.client.Subscription;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Takes the messages of one consumer at the server by asking for them: a request at a time, which
 * the server ends when it has no more or the request is full.
 *
 * <p>{@link #poll} is one thread's at a time; messages come on the session's thread.
 *
 * @param <T> what is made of a message when it comes; null: nothing
 */
final class Pull<T> implements AutoCloseable {
  private static final int CONFLICT = 409;
  private static final int NO_MESSAGES = 404;
  private static final int REQUEST_OVER = 408;
  private static final String TOO_LARGE = "Message Size Exceeds MaxBytes";

  /** Servers from 2.10 on say so after the last message of a request that names bytes. */
  private static final String COMPLETED = "Batch Completed";

  /** Before asking again where another's request is waiting for the same messages. */
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  private static final Duration FENCE = Duration.ofSeconds(1);
  private static final long FENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(4);

  private final Session session;
  private final Duration timeout;
  private final String stream;
  private final String consumer;
  private final String subject;
  private final String inbox;
  private final Function<Message, @Nullable T> arrival;
  private final Subscription subscription;
  private final Runnable interruption = this::lost;
  private final Queue<T> items = new ConcurrentLinkedQueue<>();

  private volatile long request;
  private volatile boolean open;
  private volatile boolean woken;
  private volatile boolean gone;
  private volatile boolean large;
  private volatile @Nullable Thread waiting;

  /** What is left of the open request; the session's thread's, once it is open. */
  private volatile int left;

  /**
   * @param arrival gets each message at once, on the session's thread
   */
  Pull(
      Session session,
      Duration timeout,
      String stream,
      String consumer,
      Function<Message, @Nullable T> arrival) {
    this.session = session;
    this.timeout = timeout;
    this.stream = stream;
    this.consumer = consumer;
    this.subject = "$JS.API.CONSUMER.MSG.NEXT." + stream + "." + consumer;
    this.inbox = session.inbox() + ".";
    this.arrival = arrival;
    this.subscription = session.subscribe(inbox + "*", this::take);
    session.onInterrupted(interruption);
  }

  Session session() {
    return session;
  }

  /** The consumer may not be there any more, or the connection was lost: find out, ask anew. */
  boolean isGone() {
    return gone;
  }

  /** It is there after all. */
  void found() {
    gone = false;
  }

  private void take(Message message) {
    int status = Session.status(message);
    if (status == 0) {
      T item = arrival.apply(message);
      if (item != null) {
        items.add(item);
      }
      int rest = left - 1;
      left = rest;
      if (rest <= 0) {
        end();
      }
      return;
    }
    if (!message.getSubject().equals(inbox + request)) {
      return; // of an earlier request
    }
    String text = String.valueOf(message.getStatus().getMessage());
    if (status == CONFLICT && text.startsWith(TOO_LARGE)) {
      large = true;
    } else if (status != NO_MESSAGES
        && status != REQUEST_OVER
        && !(status == CONFLICT && text.startsWith(COMPLETED))) {
      gone = true;
    }
    end();
  }

  private void lost() {
    gone = true;
    end();
  }

  private void end() {
    open = false;
    LockSupport.unpark(waiting);
  }

  /**
   * The next messages; waits until there are some, at most {@code patienceNanos}, {@link #wake} or
   * {@link #isGone}.
   *
   * @param mostBytes how many bytes of messages; one message may be larger
   */
  List<T> poll(int most, long mostBytes, long patienceNanos) {
    long end = System.nanoTime() + patienceNanos;
    waiting = Thread.currentThread();
    while (true) {
      if (!open && items.isEmpty() && !gone) {
        ask(large ? 1 : most, large ? 0 : mostBytes, end - System.nanoTime());
      }
      awaitEnd(end);
      List<T> taken = drain(most);
      if (!taken.isEmpty()) {
        large = false;
        return taken;
      }
      if (woken || gone || Thread.currentThread().isInterrupted()) {
        woken = false;
        return taken;
      }
      if (!large) {
        if (System.nanoTime() >= end) {
          return taken;
        }
        LockSupport.parkNanos(this, PAUSE_NANOS);
      }
    }
  }

  private void ask(int most, long mostBytes, long patienceNanos) {
    StringBuilder body = new StringBuilder(96);
    // With "expires" the server waits for the first message, and then too sends what it has.
    body.append("{\"no_wait\":true,\"batch\":").append(most);
    if (mostBytes > 0) {
      body.append(",\"max_bytes\":").append(mostBytes);
    }
    if (patienceNanos > PAUSE_NANOS) {
      body.append(",\"expires\":").append(patienceNanos);
    }
    body.append('}');
    long number = request + 1;
    request = number;
    left = most;
    open = true;
    if (!session.send(
        subject, inbox + number, null, body.toString().getBytes(StandardCharsets.US_ASCII))) {
      lost();
    }
  }

  private void awaitEnd(long end) {
    long limit = Math.max(end, System.nanoTime()) + timeout.toNanos();
    while (open && !woken && !Thread.currentThread().isInterrupted()) {
      long rest = limit - System.nanoTime();
      if (rest <= 0) {
        lost();
        return;
      }
      LockSupport.parkNanos(this, rest);
    }
  }

  private List<T> drain(int most) {
    List<T> taken = new ArrayList<>();
    while (taken.size() < most) {
      T item = items.poll();
      if (item == null) {
        break;
      }
      taken.add(item);
    }
    return taken;
  }

  /** Makes a poll that waits return, or the next one not wait. Any thread. */
  void wake() {
    woken = true;
    LockSupport.unpark(waiting);
  }

  /**
   * No further message comes. A request that is open at the server is taken off there before this
   * returns: servers up to 2.9 lose a message that is given back while the first request that waits
   * is of somebody who has gone, until its time is up.
   */
  @Override
  public void close() {
    boolean wasOpen = open;
    session.forgetInterrupted(interruption);
    session.unsubscribe(subscription);
    if (wasOpen && session.isConnected()) {
      // Asking for messages makes the server look through the requests that wait.
      try (Pull<T> fence = new Pull<>(session, FENCE, stream, consumer, arrival)) {
        fence.poll(1, 0, FENCE_NANOS);
      }
    }
  }
}
