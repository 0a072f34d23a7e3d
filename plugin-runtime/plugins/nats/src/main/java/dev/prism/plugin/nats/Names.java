package dev.prism.plugin.nats;

import org.jspecify.annotations.Nullable;

/** What topics and groups are called at the server. Different names stay different. */
final class Names {
  /** Subjects of queues begin so, those of events with another word: the two never meet. */
  private static final String QUEUE = "queue.";

  private static final String EVENTS = "events.";

  /** Where native clients await answers. */
  private static final String INBOX = "_INBOX.";

  private static final char SEPARATOR = '.';

  /** Stands for what the server allows in subjects only; not allowed in Prism's names. */
  private static final char COLON = ':';

  private static final String MOVING = "~seek";

  private Names() {}

  /** The stream of a topic: streams have no dots in their names. */
  static String stream(String physicalName) {
    return physicalName.replace(SEPARATOR, COLON);
  }

  /** Where messages of a topic are published. */
  static String queueSubject(String physicalName) {
    return QUEUE + subject(physicalName);
  }

  /** A name as tokens of a subject, none of which may be empty. */
  static String subject(String name) {
    StringBuilder subject = new StringBuilder(name.length() + 1);
    boolean empty = true;
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c == SEPARATOR && empty) {
        subject.append(COLON);
      }
      empty = c == SEPARATOR;
      subject.append(c);
    }
    return empty ? subject.append(COLON).toString() : subject.toString();
  }

  /** The durable consumer of a group. */
  static String consumer(String group) {
    return group.replace(SEPARATOR, COLON);
  }

  /** Keeps where a group is being moved to, see {@link Groups#seek}. */
  static String moving(String consumer) {
    return consumer + MOVING;
  }

  /** The group of a durable consumer. */
  static String group(String consumer) {
    return consumer.replace(COLON, SEPARATOR);
  }

  static boolean isGroup(String consumer) {
    return !consumer.endsWith(MOVING);
  }

  /** The subject of a topic or pattern of events; topics of events have no empty tokens. */
  static String eventSubject(String namespace, String topic) {
    return EVENTS + subject(namespace) + SEPARATOR + topic;
  }

  /** The topic of a subject where an answer is awaited; null where it is of no topic. */
  static @Nullable String replyTopic(String namespace, String subject) {
    String prefix = eventSubject(namespace, "");
    return subject.startsWith(prefix) ? subject.substring(prefix.length()) : null;
  }

  /** Whether a native client awaits an answer there. */
  static boolean isInbox(String subject) {
    return subject.startsWith(INBOX);
  }
}
