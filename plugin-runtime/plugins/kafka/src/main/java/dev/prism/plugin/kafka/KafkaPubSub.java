package dev.prism.plugin.kafka;

import com.google.rpc.Status;
import dev.prism.sdk.Capability;
import dev.prism.sdk.pubsub.Emission;
import dev.prism.sdk.pubsub.Listener;
import dev.prism.sdk.pubsub.Listening;
import dev.prism.sdk.pubsub.PubSub;
import dev.prism.sdk.pubsub.TopicPattern;
import dev.prism.sdk.queue.Topic;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Events of a namespace go through one topic of Kafka, a partition for all that begin with the same
 * token; each process that has listeners reads it from its end on and gives each event to those
 * whose pattern matches.
 */
final class KafkaPubSub implements PubSub {
  /** What a namespace's topic for events is called where topics are configured. */
  static final String TOPIC = "prism-events";

  /** Nobody reads an event later than it comes; brokers remove what is older than this. */
  private static final long RETENTION_MILLIS = TimeUnit.HOURS.toMillis(1);

  private final Connections connections;
  private final Map<String, EventReader> readers = new ConcurrentHashMap<>();

  KafkaPubSub(Connections connections) {
    this.connections = connections;
  }

  @Override
  public Set<Capability> capabilities() {
    return Set.of();
  }

  private Topic topic(String namespace) {
    Topic topic = connections.settings().topics().of(namespace, TOPIC);
    return topic.retentionMillis() > 0
        ? topic
        : new Topic(
            topic.physicalName(),
            topic.create(),
            topic.partitions(),
            topic.replicas(),
            RETENTION_MILLIS,
            topic.retentionBytes());
  }

  @Override
  public List<Optional<Status>> publish(String namespace, List<Emission> emissions) {
    Topic topic = topic(namespace);
    int partitions = connections.cluster().ensure(topic);
    return connections
        .publisher()
        .send(
            emissions.stream()
                .map(each -> Events.record(topic.physicalName(), partitions, each))
                .toList());
  }

  @Override
  public Listening listen(String namespace, TopicPattern pattern, String group, Listener listener) {
    Topic topic = topic(namespace);
    int partitions = connections.cluster().ensure(topic);
    Map<Integer, Long> ends = connections.places().ends(topic.physicalName(), partitions);
    List<EventReader> started = new ArrayList<>();
    EventReader reader =
        readers.compute(
            namespace,
            (key, known) -> {
              if (known != null && known.join()) {
                return known;
              }
              EventReader made = newReader(namespace, topic.physicalName(), ends);
              made.join();
              started.add(made);
              return made;
            });
    started.forEach(EventReader::start);
    return reader.add(pattern, group, listener, ends);
  }

  private EventReader newReader(String namespace, String topic, Map<Integer, Long> ends) {
    try {
      EventReader[] made = new EventReader[1];
      made[0] =
          new EventReader(
              connections.drivers(),
              topic,
              ends,
              () -> readers.computeIfPresent(namespace, (key, now) -> now == made[0] ? null : now));
      return made[0];
    } catch (RuntimeException e) {
      throw Errors.answer(e);
    }
  }

  @Override
  public void ping() {
    connections.cluster().ping();
  }

  @Override
  public void close() {
    readers.values().forEach(EventReader::finish);
    readers.values().forEach(EventReader::awaitEnd);
    connections.release();
  }
}
