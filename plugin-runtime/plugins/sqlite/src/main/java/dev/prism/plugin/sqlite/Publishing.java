package dev.prism.plugin.sqlite;

import dev.prism.plugin.sqlite.QueueTables.Topic;
import dev.prism.sdk.queue.Message;
import dev.prism.sdk.queue.Publication;
import dev.prism.sdk.queue.PublicationResult;
import dev.prism.sdk.queue.PublishResult;
import dev.prism.sdk.queue.Topics;
import dev.prism.status.PrismException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Publications of one transaction: each of their topics is looked up and moved once. */
final class Publishing {
  private final QueueTables tables;
  private final Topics configured;
  private final String namespace;
  private final long now;
  private final Map<String, End> ends = new HashMap<>();

  /** Where a topic's log ends. */
  private static final class End {
    final long topic;
    final long published;
    long next;

    End(Topic topic, long now) {
      this.topic = topic.id();
      this.published = Math.max(now, topic.published());
      this.next = topic.next();
    }
  }

  Publishing(QueueTables tables, Topics configured, String namespace, long now) {
    this.tables = tables;
    this.configured = configured;
    this.namespace = namespace;
    this.now = now;
  }

  /** One result a publication, in order. */
  List<PublicationResult> publish(List<Publication> publications) throws SQLException {
    List<PublicationResult> results = new ArrayList<>(publications.size());
    for (Publication publication : publications) {
      results.add(publish(publication));
    }
    for (End end : ends.values()) {
      tables.moveTopic(end.topic, end.next, end.published);
    }
    return results;
  }

  private PublicationResult publish(Publication publication) throws SQLException {
    Publication.Idempotency once = publication.idempotency();
    if (once != null) {
      Remembered.Known before =
          tables.remembered.find(namespace, once.scope(), once.key(), once.fingerprint());
      if (before != null) {
        return before.same()
            ? new PublicationResult.Replayed(before.response())
            : new PublicationResult.Failed(Failures.keyReused());
      }
    }
    End end;
    try {
      end = end(publication.topic());
    } catch (PrismException notThere) {
      return new PublicationResult.Failed(notThere.status());
    }
    List<Message> messages = publication.messages();
    List<PublishResult> published = new ArrayList<>(messages.size());
    for (Message message : messages) {
      long offset = end.next++;
      tables.append(end.topic, offset, end.published, message);
      published.add(new PublishResult.Published(Long.toString(offset), 0, offset));
    }
    if (once != null) {
      tables.remembered.add(
          namespace,
          once.scope(),
          once.key(),
          now,
          once.fingerprint(),
          once.encode().apply(published));
    }
    return new PublicationResult.Applied(published);
  }

  /**
   * The topic's, which is made where it is missing and its namespace lets it be; throws before it
   * writes.
   */
  private End end(String name) throws SQLException {
    End end = ends.get(name);
    if (end == null) {
      Topic topic = tables.topic(namespace, name);
      if (topic == null) {
        configured.mayCreate(namespace, name);
        topic = tables.topicOrNew(namespace, name);
      }
      end = new End(topic, now);
      ends.put(name, end);
    }
    return end;
  }
}
