package dev.prism.plugin.postgres;

import dev.prism.sdk.queue.Topic;
import dev.prism.sdk.queue.Topics;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Which numbers topics and groups have in the tables. They never change, so that what was found
 * once is kept. Any thread.
 */
final class Names {
  private static final int MOST_KEPT = 100_000;

  private final Topics topics;
  private final Map<String, Long> topicIds = new ConcurrentHashMap<>();
  private final Map<GroupName, Long> groupIds = new ConcurrentHashMap<>();

  private record GroupName(long topic, String group) {}

  Names(Topics topics) {
    this.topics = topics;
  }

  Topic configured(String namespace, String name) {
    return topics.of(namespace, name);
  }

  /** The topic; null where there is none. */
  @Nullable Long find(Slot slot, String namespace, String name) throws SQLException {
    return find(slot, configured(namespace, name).physicalName());
  }

  private @Nullable Long find(Slot slot, String physicalName) throws SQLException {
    Long known = topicIds.get(physicalName);
    if (known != null) {
      return known;
    }
    PreparedStatement find = slot.prepare("SELECT id FROM topic WHERE name = ?");
    find.setString(1, physicalName);
    Long found = id(find);
    if (found != null) {
      keep(topicIds, physicalName, found);
    }
    return found;
  }

  /**
   * The topic.
   *
   * @throws PrismException TOPIC_NOT_FOUND
   */
  long known(Slot slot, String namespace, String name) throws SQLException {
    Long found = find(slot, namespace, name);
    if (found == null) {
      throw PrismException.of(Reason.TOPIC_NOT_FOUND, "there is no topic '" + name + "'");
    }
    return found;
  }

  /**
   * The topic, made where it is missing and may be.
   *
   * @throws PrismException NOT_PROVISIONED
   */
  long findOrMake(Slot slot, String namespace, String name) throws SQLException {
    Topic topic = configured(namespace, name);
    Long found = find(slot, topic.physicalName());
    if (found != null) {
      return found;
    }
    if (!topic.create()) {
      throw PrismException.of(
          Reason.NOT_PROVISIONED,
          "the topic '%s' is not there, and is not to be created: ask who runs the server"
              .formatted(name));
    }
    return make(slot, topic.physicalName());
  }

  long make(Slot slot, String physicalName) throws SQLException {
    PreparedStatement add =
        slot.prepare("INSERT INTO topic (name) VALUES (?) ON CONFLICT DO NOTHING");
    add.setString(1, physicalName);
    add.executeUpdate();
    Long made = find(slot, physicalName);
    if (made == null) {
      throw new IllegalStateException("a topic that was just made is not there");
    }
    return made;
  }

  /** The group of a topic; null where there is none. */
  @Nullable Long group(Slot slot, long topic, String name) throws SQLException {
    GroupName key = new GroupName(topic, name);
    Long known = groupIds.get(key);
    if (known != null) {
      return known;
    }
    PreparedStatement find = slot.prepare("SELECT id FROM consumers WHERE topic = ? AND name = ?");
    find.setLong(1, topic);
    find.setString(2, name);
    Long found = id(find);
    if (found != null) {
      keep(groupIds, key, found);
    }
    return found;
  }

  private static @Nullable Long id(PreparedStatement find) throws SQLException {
    try (ResultSet row = find.executeQuery()) {
      return row.next() ? row.getLong(1) : null;
    }
  }

  private static <K> void keep(Map<K, Long> ids, K key, Long id) {
    if (ids.size() >= MOST_KEPT) {
      ids.clear();
    }
    ids.put(key, id);
  }
}
