package dev.prism.plugin.nats;

import io.nats.client.Consumer;
import io.nats.client.Message;
import io.nats.client.MessageHandler;
import io.nats.client.Options;
import io.nats.client.ReadListener;
import io.nats.client.Subscription;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Has the messages of one of a connection's subscriptions handled by the driver's own thread that
 * reads the socket, with no queue and no other thread between.
 *
 * <p>The driver (2.26) tells a {@link ReadListener} of each message through the executor of its
 * callbacks: here those that the reading thread makes run at once, all others on a thread of their
 * own, because they may come with the driver's locks held. It ends when it has had nothing to do
 * for a second.
 */
final class SocketReader extends ThreadPoolExecutor implements ReadListener {
  private volatile @Nullable Reading reading;

  /** Whose messages are handled here. */
  private record Reading(Subscription subscription, MessageHandler handler) {}

  /** Marks the thread. */
  private static final class ReadingThread extends Thread {
    ReadingThread(Runnable task) {
      super(task, "nats-read");
      setDaemon(true);
    }
  }

  SocketReader() {
    super(
        1,
        1,
        1,
        TimeUnit.SECONDS,
        new LinkedBlockingQueue<>(),
        Thread.ofPlatform().name("nats-events").daemon().factory());
    allowCoreThreadTimeOut(true);
  }

  /** Sets it into the connection's options. */
  Options.Builder into(Options.Builder options) {
    return options
        .readListener(this)
        .callbackExecutor(this)
        .readerThreadFactory(ReadingThread::new);
  }

  /**
   * Takes the messages of this subscription from now on; {@code handler} never waits. Nobody takes
   * them from the driver's queue: it keeps the first one, and drops the others before they are
   * handled here.
   */
  void read(Subscription subscription, MessageHandler handler) {
    subscription.setPendingLimits(1, Long.MAX_VALUE);
    reading = new Reading(subscription, handler);
  }

  /** Whether the driver complains of the queue that is left full. */
  boolean isRead(Consumer consumer) {
    Reading now = reading;
    return now != null && now.subscription().equals(consumer);
  }

  @Override
  public void message(String op, Message message) {
    Reading now = reading;
    if (now != null && now.subscription().equals(message.getSubscription())) {
      try {
        now.handler().onMessage(message);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public void execute(Runnable callback) {
    if (Thread.currentThread() instanceof ReadingThread) {
      callback.run();
    } else {
      super.execute(callback);
    }
  }
}
