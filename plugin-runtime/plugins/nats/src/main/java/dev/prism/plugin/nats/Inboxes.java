package dev.prism.plugin.nats;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Where native clients await answers: subjects outside of a namespace's own, as the {@code
 * reply_to} of their events had them. Only what came so may be published to as it is; all else that
 * begins like it is a topic. The newest are remembered.
 *
 * <p>Safe for any thread.
 */
final class Inboxes {
  private static final int MOST = 10_000;

  /** Longer subjects are no inboxes that a driver makes. */
  private static final int LONGEST = 255;

  private final LinkedHashMap<Inbox, Boolean> known =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Inbox, Boolean> eldest) {
          return size() > MOST;
        }
      };

  private record Inbox(String namespace, String subject) {}

  /** The topic by which a namespace's publishers answer there; empty where they cannot. */
  String heard(String namespace, String subject) {
    String topic = Names.replyTopic(namespace, subject);
    if (topic != null) {
      return topic;
    }
    if (!Names.isInbox(subject) || subject.length() > LONGEST) {
      return "";
    }
    remember(new Inbox(namespace, subject));
    return subject;
  }

  private synchronized void remember(Inbox inbox) {
    known.putLast(inbox, true);
  }

  /** Where what a namespace publishes to a topic goes. */
  String subject(String namespace, String topic) {
    return Names.isInbox(topic) && isKnown(namespace, topic)
        ? topic
        : Names.eventSubject(namespace, topic);
  }

  private synchronized boolean isKnown(String namespace, String subject) {
    return known.containsKey(new Inbox(namespace, subject));
  }
}
