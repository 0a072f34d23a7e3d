package dev.prism.plugin.nats;

import io.nats.client.Message;
import io.nats.client.Subscription;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Tells which groups processes of the plugin read from: whoever does listens on a subject of the
 * group's. The server itself says when nobody listens, so that no time has to pass to know, and
 * what a process that died has said of itself ends with its connection.
 *
 * <p>Safe for any thread; {@link #enter} of one group is one call at a time.
 */
final class Presence {
  private static final String SUBJECT = NatsSettings.INBOX + "reads.";
  private static final byte[] NOTHING = {};

  private final Duration timeout;
  private final Map<String, Post> posts = new ConcurrentHashMap<>();

  /** Where this process listens; moves from connection to connection. */
  private static final class Post {
    private final String subject;
    private @Nullable Session session;
    private @Nullable Subscription subscription;

    Post(String subject) {
      this.subject = subject;
    }

    synchronized void open(Session on) {
      if (!on.equals(session)) {
        session = on;
        subscription = on.subscribe(subject, question -> answer(on, question));
      }
    }

    private static void answer(Session session, Message question) {
      String asker = question.getReplyTo();
      if (asker != null) {
        session.send(asker, null, null, NOTHING);
      }
    }

    synchronized void close() {
      if (session != null && subscription != null) {
        session.unsubscribe(subscription);
      }
    }
  }

  Presence(NatsLink link, Duration timeout) {
    this.timeout = timeout;
    link.onSession(session -> posts.values().forEach(post -> post.open(session)));
  }

  private static String subject(String stream, String consumer) {
    return SUBJECT + stream + "." + consumer;
  }

  /**
   * This process reads from the group from now on.
   *
   * @return whether no process did until now; false too where that is not known
   */
  boolean enter(Session session, String stream, String consumer) {
    String subject = subject(stream, consumer);
    if (posts.containsKey(subject)) {
      return false;
    }
    boolean alone = isNobodyAt(session, subject);
    posts.computeIfAbsent(subject, Post::new).open(session);
    return alone;
  }

  private boolean isNobodyAt(Session session, String subject) {
    try (Replies.Batch batch = session.replies().batch(1)) {
      batch.send(0, subject, null, NOTHING);
      batch.await(timeout);
      Message answer = batch.answer(0);
      return answer != null && Session.status(answer) != 0;
    }
  }

  /**
   * This process does not read from the group any more.
   *
   * @param still whether that holds: somebody may have come meanwhile
   */
  void leave(String stream, String consumer, BooleanSupplier still) {
    posts.computeIfPresent(
        subject(stream, consumer),
        (_, post) -> {
          if (!still.getAsBoolean()) {
            return post;
          }
          post.close();
          return null;
        });
  }
}
