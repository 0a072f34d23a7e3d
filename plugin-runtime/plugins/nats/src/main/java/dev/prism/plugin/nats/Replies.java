package dev.prism.plugin.nats;

import io.nats.client.Message;
import io.nats.client.impl.Headers;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Requests of which many are under way at once: one subscription takes all answers. Safe for any
 * thread; a {@link Batch} is one thread's.
 */
final class Replies {
  private static final char SEPARATOR = '.';

  private final Session session;
  private final String prefix;
  private final Map<Long, Batch> open = new ConcurrentHashMap<>();
  private final AtomicLong next = new AtomicLong();

  private Replies(Session session) {
    this.session = session;
    this.prefix = session.inbox() + SEPARATOR;
    session.onInterrupted(() -> open.values().forEach(Batch::interrupt));
  }

  /**
   * Answers are known after all that the server delivered before them, and each costs two switches
   * of threads: through the driver's queue it wakes a dispatcher, which takes it and sleeps again.
   */
  static Replies inOrder(Session session) {
    Replies replies = new Replies(session);
    session.subscribe(replies.prefix + ">", replies::take);
    return replies;
  }

  /**
   * Answers are taken by the thread that reads the socket, before deliveries that came earlier may
   * have been; the last one of a batch wakes who waits, or the one that is waited for.
   */
  static Replies atOnce(Session session) {
    Replies replies = new Replies(session);
    session.read(replies.prefix + ">", replies::take);
    return replies;
  }

  private void take(Message message) {
    String subject = message.getSubject();
    int dot = subject.lastIndexOf(SEPARATOR);
    Batch batch = open.get(Long.parseLong(subject, prefix.length(), dot, 10));
    if (batch != null) {
      batch.take(Integer.parseInt(subject, dot + 1, subject.length(), 10), message);
    }
  }

  /** Requests that are awaited together; close it. */
  Batch batch(int size) {
    return new Batch(size);
  }

  /** Requests that are awaited together. */
  final class Batch implements AutoCloseable {
    private final long id = next.getAndIncrement();
    private final String inbox = prefix + id + SEPARATOR;
    private final AtomicReferenceArray<@Nullable Message> answers;
    private final AtomicInteger awaited = new AtomicInteger();
    private final boolean[] sent;
    private final Thread owner = Thread.currentThread();
    private volatile boolean interrupted;

    /** The answer that the owner waits for before others. */
    private volatile int wanted = -1;

    private Batch(int size) {
      this.answers = new AtomicReferenceArray<>(size);
      this.sent = new boolean[size];
      open.put(id, this);
    }

    /** Sends the request of number {@code index}, once. */
    void send(int index, String subject, @Nullable Headers headers, byte[] body) {
      awaited.incrementAndGet();
      sent[index] = true;
      if (interrupted || !session.send(subject, inbox + index, headers, body)) {
        sent[index] = false;
        awaited.decrementAndGet();
      }
    }

    private void take(int index, Message answer) {
      if (answers.compareAndSet(index, null, answer)
          && (awaited.decrementAndGet() == 0 || index == wanted)) {
        LockSupport.unpark(owner);
      }
    }

    private void interrupt() {
      interrupted = true;
      LockSupport.unpark(owner);
    }

    /** Waits until all are answered, the connection is lost or {@code limit} has passed. */
    void await(Duration limit) {
      long end = System.nanoTime() + limit.toNanos();
      while (awaited.get() > 0 && !interrupted) {
        long left = end - System.nanoTime();
        if (left <= 0) {
          return;
        }
        LockSupport.parkNanos(this, left);
      }
    }

    /**
     * Waits for the answer to the request of this number, until the connection is lost or the time
     * has come, of {@link System#nanoTime()}.
     */
    void await(int index, long end) {
      wanted = index;
      while (isMissing(index) && !interrupted) {
        long left = end - System.nanoTime();
        if (left <= 0) {
          return;
        }
        LockSupport.parkNanos(this, left);
      }
    }

    /** Whether the request of this number was sent and has no answer. */
    boolean isMissing(int index) {
      return sent[index] && answers.get(index) == null;
    }

    /**
     * The answer to the request of this number, which is then let go of. Waits for it until the
     * connection is lost or {@code limit} has passed; null: none came.
     */
    @Nullable Message take(int index, Duration limit) {
      await(index, System.nanoTime() + limit.toNanos());
      return answers.getAndSet(index, null);
    }

    /** Whether the request of this number was given to the connection. */
    boolean isSent(int index) {
      return sent[index];
    }

    /** The answer to the request of this number; null: none came. */
    @Nullable Message answer(int index) {
      return answers.get(index);
    }

    @Override
    public void close() {
      open.remove(id);
    }
  }
}
