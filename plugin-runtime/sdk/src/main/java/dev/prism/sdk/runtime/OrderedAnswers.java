package dev.prism.sdk.runtime;

import dev.prism.link.InboundCall;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The answers of a stream's items in the order of the items, however they come. A bounded number is
 * unanswered or unsent at once; several that are ready go as one message.
 *
 * <p>One thread adds items, one sends; any thread answers.
 */
final class OrderedAnswers {
  /** Items that were not answered, or whose answers were not sent. */
  static final int MOST_OPEN = 256;

  private final InboundCall stream;
  private final ReentrantLock sending;
  private final Function<List<StreamItem>, byte[]> encode;
  private final Queue<StreamItem> items = new ConcurrentLinkedQueue<>();
  private final Semaphore room = new Semaphore(MOST_OPEN);
  private volatile boolean complete;
  private volatile boolean given;
  private volatile Thread sender = Thread.currentThread();

  /**
   * @param sending is held while a message is sent, for a stream that others send on as well
   * @param encode makes one message of answered items
   */
  OrderedAnswers(
      InboundCall stream, ReentrantLock sending, Function<List<StreamItem>, byte[]> encode) {
    this.stream = stream;
    this.sending = sending;
    this.encode = encode;
  }

  /** The next item, in order; waits for room. Null where the stream is over. */
  @Nullable StreamItem add(byte[] request) {
    room.acquireUninterruptibly();
    if (given) {
      return null;
    }
    StreamItem item = new StreamItem(stream, request, this::wake);
    items.add(item);
    return item;
  }

  /** No further item comes. */
  void complete() {
    complete = true;
    wake();
  }

  /** Nobody waits for answers any more: adding and sending end. Never blocks. */
  void giveUp() {
    given = true;
    room.release(MOST_OPEN);
    wake();
  }

  private void wake() {
    LockSupport.unpark(sender);
  }

  /** Sends answers until all items are answered and no further one comes, or the stream is over. */
  void run() {
    sender = Thread.currentThread();
    List<StreamItem> ready = new ArrayList<>();
    while (!given) {
      // Before the look at the items: what completes them comes after the last.
      boolean last = complete;
      StreamItem head = items.peek();
      while (head != null && head.isAnswered() && ready.size() < MOST_OPEN) {
        ready.add(head);
        items.remove();
        head = items.peek();
      }
      if (!ready.isEmpty()) {
        if (!send(encode.apply(ready))) {
          return;
        }
        room.release(ready.size());
        ready.clear();
      } else if (head == null && last) {
        return;
      } else {
        LockSupport.park(this);
      }
    }
  }

  private boolean send(byte[] message) {
    sending.lock();
    try {
      return stream.send(message);
    } finally {
      sending.unlock();
    }
  }
}
