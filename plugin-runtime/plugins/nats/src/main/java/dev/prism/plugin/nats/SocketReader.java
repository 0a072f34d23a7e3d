package dev.prism.plugin.nats;

import io.nats.client.Consumer;
import io.nats.client.Message;
import io.nats.client.MessageHandler;
import io.nats.client.Options;
import io.nats.client.ReadListener;
import io.nats.client.Subscription;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Has a connection's messages handled by the driver's own thread that reads the socket, with no
 * queue and no other thread between. One connection's; {@link #handler} never waits.
 *
 * <p>The driver (2.26) tells a {@link ReadListener} of each message through the executor of its
 * callbacks: here those that the reading thread makes run at once, all others on a thread of their
 * own, because they come with the driver's locks held.
 */
final class SocketReader extends AbstractExecutorService implements ReadListener {
  private static final MessageHandler NOBODY = message -> {};

  /** Its thread ends when it has had nothing to do for a second. */
  private final ThreadPoolExecutor others =
      new ThreadPoolExecutor(
          1,
          1,
          1,
          TimeUnit.SECONDS,
          new LinkedBlockingQueue<>(),
          Thread.ofPlatform().name("nats-events").daemon().factory());

  private volatile MessageHandler handler = NOBODY;
  private volatile @Nullable Subscription unread;

  /** Marks the thread. */
  private static final class ReadingThread extends Thread {
    ReadingThread(Runnable task) {
      super(task, "nats-read");
      setDaemon(true);
    }
  }

  SocketReader() {
    others.allowCoreThreadTimeOut(true);
  }

  /** Sets it into the connection's options. */
  Options.Builder into(Options.Builder options) {
    return options
        .readListener(this)
        .callbackExecutor(this)
        .readerThreadFactory(ReadingThread::new);
  }

  /** Takes every message of the connection from now on. */
  void handler(MessageHandler now) {
    handler = now;
  }

  /**
   * Nobody takes the messages of this subscription from the driver's queue: it keeps the first one,
   * and drops the others once the handler has seen them.
   */
  void leaveUnread(Subscription subscription) {
    subscription.setPendingLimits(1, Long.MAX_VALUE);
    unread = subscription;
  }

  /** Whether the driver complains of a queue that is left as it is. */
  boolean isLeftUnread(Consumer consumer) {
    return consumer.equals(unread);
  }

  @Override
  public void message(String op, Message message) {
    try {
      handler.onMessage(message);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void execute(Runnable callback) {
    if (Thread.currentThread() instanceof ReadingThread) {
      callback.run();
    } else {
      others.execute(callback);
    }
  }

  @Override
  public void shutdown() {
    others.shutdown();
  }

  @Override
  public List<Runnable> shutdownNow() {
    return others.shutdownNow();
  }

  @Override
  public boolean isShutdown() {
    return others.isShutdown();
  }

  @Override
  public boolean isTerminated() {
    return others.isTerminated();
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
    return others.awaitTermination(timeout, unit);
  }
}
