package dev.prism.plugin.nats;

import io.nats.client.Connection;
import io.nats.client.Dispatcher;
import io.nats.client.JetStreamManagement;
import io.nats.client.JetStreamOptions;
import io.nats.client.Message;
import io.nats.client.MessageHandler;
import io.nats.client.Subscription;
import io.nats.client.impl.Headers;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One connection, with all that belongs to it. Whatever the server delivers is handled by one
 * thread, in the order in which it came; {@link #replies} by the thread that reads the socket.
 */
final class Session implements AutoCloseable {
  /** Events that may wait for their listeners; what is over is lost, as a slow listener's are. */
  private static final int MOST_EVENTS = 8192;

  private static final int MOST_EVENT_BYTES = 16 << 20;

  private final Connection connection;
  private final SocketReader reader;
  private final Dispatcher dispatcher;
  private final JetStreamManagement management;
  private final Replies replies;
  private final Replies repliesInOrder;
  private final Set<Runnable> interruptions = ConcurrentHashMap.newKeySet();
  private final AtomicInteger losses = new AtomicInteger();
  private @Nullable Dispatcher events;
  private volatile boolean lost;

  Session(Connection connection, SocketReader reader, NatsSettings settings) throws IOException {
    this.connection = connection;
    this.reader = reader;
    this.dispatcher = connection.createDispatcher();
    this.management =
        connection.jetStreamManagement(
            JetStreamOptions.builder().requestTimeout(settings.timeout()).build());
    this.replies = Replies.atOnce(this);
    this.repliesInOrder = Replies.inOrder(this);
  }

  Connection connection() {
    return connection;
  }

  JetStreamManagement management() {
    return management;
  }

  /** For requests whose answers have nothing to do with what is delivered meanwhile. */
  Replies replies() {
    return replies;
  }

  /** For requests whose answers say something of deliveries. */
  Replies repliesInOrder() {
    return repliesInOrder;
  }

  boolean isConnected() {
    return !lost && connection.getStatus() == Connection.Status.CONNECTED;
  }

  /** It will not come back. */
  boolean isEnded() {
    return connection.getStatus() == Connection.Status.CLOSED;
  }

  /** How often the connection was lost: what was asked before is not answered after. */
  int losses() {
    return losses.get();
  }

  /**
   * The connection is lost, or one more attempt to get it back has failed.
   *
   * @return whether it was there before
   */
  boolean interrupted() {
    boolean first = !lost;
    lost = true;
    losses.incrementAndGet();
    interruptions.forEach(Runnable::run);
    return first;
  }

  void resumed() {
    lost = false;
  }

  /** Runs when the connection is lost, on the driver's thread. */
  void onInterrupted(Runnable interruption) {
    interruptions.add(interruption);
  }

  void forgetInterrupted(Runnable interruption) {
    interruptions.remove(interruption);
  }

  Subscription subscribe(String subject, MessageHandler handler) {
    return dispatcher.subscribe(subject, handler);
  }

  /**
   * Subscribes once, for as long as the session lives; the thread that reads the socket handles.
   */
  void read(String subject, MessageHandler handler) {
    reader.read(connection.subscribe(subject), handler);
  }

  void unsubscribe(Subscription subscription) {
    if (!isEnded() && subscription.isActive()) {
      dispatcher.unsubscribe(subscription);
    }
  }

  /** Subscribes to events, which have a thread of their own. */
  synchronized Subscription subscribeEvents(String subject, String group, MessageHandler handler) {
    Dispatcher open = events;
    if (open == null) {
      open = connection.createDispatcher();
      open.setPendingLimits(MOST_EVENTS, MOST_EVENT_BYTES);
      events = open;
    }
    return group.isEmpty()
        ? open.subscribe(subject, handler)
        : open.subscribe(subject, group, handler);
  }

  synchronized void unsubscribeEvents(Subscription subscription) {
    if (events != null && !isEnded() && subscription.isActive()) {
      events.unsubscribe(subscription);
    }
  }

  String inbox() {
    return connection.createInbox();
  }

  /**
   * Hands a message to the driver.
   *
   * @return false where the connection is lost: nothing was sent
   */
  boolean send(String subject, @Nullable String replyTo, @Nullable Headers headers, byte[] body) {
    try {
      connection.publish(subject, replyTo, headers, body);
      return true;
    } catch (IllegalStateException e) {
      return false; // no connection, and nothing is kept for later
    }
  }

  /** Whether the server answers within {@code limit}. */
  boolean answers(Duration limit) {
    try {
      connection.flush(limit);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @Override
  public void close() {
    interrupted();
    try {
      connection.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether a message is the server's word that something is not there, or ended. */
  static int status(Message message) {
    return message.isStatusMessage() && message.getStatus() != null
        ? message.getStatus().getCode()
        : 0;
  }
}
