package dev.prism.plugin.sqlite;

import dev.prism.plugin.sqlite.QueueTables.Topic;
import dev.prism.sdk.queue.Start;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.sql.SQLException;
import java.util.Map;

/** Where a topic begins, ends and is started from; in the transaction of who asks. */
final class Places {
  private Places() {}

  /**
   * The topic.
   *
   * @throws PrismException TOPIC_NOT_FOUND
   */
  static Topic known(QueueTables tables, String namespace, String name) throws SQLException {
    Topic topic = tables.topic(namespace, name);
    if (topic == null) {
      throw PrismException.of(Reason.TOPIC_NOT_FOUND, "there is no topic '" + name + "'");
    }
    return topic;
  }

  /** A place in a topic; checks it before anything is written. */
  static long of(QueueTables tables, Topic topic, Start start) throws SQLException {
    return switch (start) {
      case Start.Earliest _ -> tables.earliest(topic);
      case Start.Committed _ -> tables.earliest(topic);
      case Start.Latest _ -> topic.next();
      case Start.Time(long millis) -> tables.at(topic, millis);
      case Start.Offsets(Map<Integer, Long> offsets) -> {
        check(topic, offsets);
        long earliest = tables.earliest(topic);
        yield Math.max(earliest, offsets.getOrDefault(0, earliest));
      }
    };
  }

  static void check(Topic topic, Map<Integer, Long> offsets) {
    offsets.forEach(
        (partition, offset) -> {
          if (partition != 0 || offset > topic.next()) {
            throw PrismException.of(
                Reason.FIELD_INVALID,
                "the topic has partition 0 only, and its end is " + topic.next());
          }
        });
  }
}
