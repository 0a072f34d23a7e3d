package dev.prism.plugin.kafka;

import dev.prism.sdk.queue.Provisioned;
import dev.prism.sdk.queue.Topic;
import dev.prism.sdk.queue.Topics;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The cluster's topics: whether they are there, and making them. Any thread. */
final class Cluster implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Cluster.class);
  private static final int PING_MILLIS = 900;
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(1);
  private static final long LOOK_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

  /** With so many copies one may be missing while messages are taken, and none be lost. */
  private static final int COPIES_FOR_TWO = 3;

  private final Lazy<Admin> admin;
  private final Topics topics;
  private final int messageBytes;

  /** By physical name: how many partitions those topics have that are known to be there. */
  private final Map<String, Integer> known = new ConcurrentHashMap<>();

  Cluster(Drivers drivers, KafkaSettings settings) {
    this.admin = new Lazy<>(drivers::admin);
    this.topics = settings.topics();
    this.messageBytes = settings.messageBytes();
  }

  Admin admin() {
    return admin.get();
  }

  /** What a topic is called at the brokers. */
  String physical(String namespace, String topic) {
    return topics.of(namespace, topic).physicalName();
  }

  /**
   * Sees to it that a topic is there.
   *
   * @return how many partitions it has, or had when it was looked at last
   * @throws PrismException {@code NOT_PROVISIONED} where it is missing and not to be made
   */
  int ensure(String namespace, String topic) {
    return ensure(topics.of(namespace, topic));
  }

  int ensure(Topic topic) {
    Integer partitions = known.get(topic.physicalName());
    if (partitions != null) {
      return partitions;
    }
    Optional<TopicDescription> there = describe(topic.physicalName());
    if (there.isPresent()) {
      return there.get().partitions().size();
    }
    if (!topic.create()) {
      throw PrismException.of(
          Reason.NOT_PROVISIONED, "the topic is not there, and is not to be made by being used");
    }
    return create(topic);
  }

  /**
   * How many partitions a topic has now.
   *
   * @throws PrismException {@code TOPIC_NOT_FOUND}
   */
  int partitions(String namespace, String topic) {
    return describe(physical(namespace, topic))
        .orElseThrow(() -> PrismException.of(Reason.TOPIC_NOT_FOUND, "there is no such topic"))
        .partitions()
        .size();
  }

  /** Forgets that a topic was there: Kafka says it is not. */
  void forget(String physicalName) {
    known.remove(physicalName);
  }

  private Optional<TopicDescription> describe(String physicalName) {
    try {
      TopicDescription found =
          Errors.awaited(admin().describeTopics(List.of(physicalName)).allTopicNames())
              .values()
              .iterator()
              .next();
      known.put(physicalName, found.partitions().size());
      return Optional.of(found);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UnknownTopicOrPartitionException) {
        known.remove(physicalName);
        return Optional.empty();
      }
      throw Errors.answer(e.getCause());
    }
  }

  private int create(Topic topic) {
    Map<String, String> settings = settings(topic);
    if (topic.replicas() >= COPIES_FOR_TWO) {
      settings.put(TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG, "2");
    }
    NewTopic wanted =
        new NewTopic(
                topic.physicalName(),
                topic.partitions() == 0 ? Optional.empty() : Optional.of(topic.partitions()),
                topic.replicas() == 0 ? Optional.empty() : Optional.of((short) topic.replicas()))
            .configs(settings);
    try {
      Errors.awaited(admin().createTopics(List.of(wanted)).all());
      LOG.info("made the topic {}", topic.physicalName());
    } catch (ExecutionException e) {
      if (!(e.getCause() instanceof TopicExistsException)) {
        throw Errors.answer(e.getCause());
      }
    }
    // The controller has it; the brokers hear of it a moment later.
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(Drivers.CALL_MILLIS);
    while (System.nanoTime() < end) {
      Optional<TopicDescription> there = describe(topic.physicalName());
      if (there.isPresent()
          && there.get().partitions().stream().allMatch(each -> each.leader() != null)) {
        return there.get().partitions().size();
      }
      LockSupport.parkNanos(this, LOOK_AGAIN_NANOS);
    }
    throw PrismException.of(Reason.BACKEND_UNAVAILABLE, "Kafka does not show the new topic yet");
  }

  private Map<String, String> settings(Topic topic) {
    Map<String, String> settings = new HashMap<>();
    settings.put(TopicConfig.MAX_MESSAGE_BYTES_CONFIG, Integer.toString(messageBytes));
    // The time at which the brokers took a message is what Seek by time goes by.
    settings.put(TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG, "LogAppendTime");
    if (topic.retentionMillis() > 0) {
      settings.put(TopicConfig.RETENTION_MS_CONFIG, Long.toString(topic.retentionMillis()));
    }
    if (topic.retentionBytes() > 0) {
      settings.put(TopicConfig.RETENTION_BYTES_CONFIG, Long.toString(topic.retentionBytes()));
    }
    return settings;
  }

  /** As {@link dev.prism.sdk.queue.MessageQueue#provision}. */
  Provisioned provision(String namespace, String name, boolean dryRun) {
    Topic topic = topics.of(namespace, name);
    Optional<TopicDescription> there = describe(topic.physicalName());
    if (there.isEmpty()) {
      if (!dryRun) {
        create(topic);
      }
      return new Provisioned(
          Provisioned.Change.CREATE,
          "%s with %s partitions, %s copies, %s"
              .formatted(
                  topic.physicalName(),
                  topic.partitions() == 0 ? "the brokers' number of" : topic.partitions(),
                  topic.replicas() == 0 ? "the brokers' number of" : topic.replicas(),
                  settings(topic)));
    }
    List<String> differences = differences(topic, there.get());
    return differences.isEmpty()
        ? new Provisioned(Provisioned.Change.NONE, topic.physicalName())
        : new Provisioned(
            Provisioned.Change.DIFFERS,
            topic.physicalName() + ": " + String.join(", ", differences));
  }

  private List<String> differences(Topic topic, TopicDescription there) {
    List<String> differences = new ArrayList<>();
    compare(differences, "partitions", topic.partitions(), there.partitions().size());
    compare(
        differences, "copies", topic.replicas(), there.partitions().getFirst().replicas().size());
    if (topic.retentionMillis() > 0 || topic.retentionBytes() > 0) {
      ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic.physicalName());
      Config config =
          Errors.await(admin().describeConfigs(List.of(resource)).all()).values().iterator().next();
      for (String name :
          List.of(TopicConfig.RETENTION_MS_CONFIG, TopicConfig.RETENTION_BYTES_CONFIG)) {
        long wanted =
            name.equals(TopicConfig.RETENTION_MS_CONFIG)
                ? topic.retentionMillis()
                : topic.retentionBytes();
        compare(differences, name, wanted, Long.parseLong(config.get(name).value()));
      }
    }
    return differences;
  }

  private static void compare(List<String> differences, String what, long wanted, long found) {
    if (wanted != 0 && wanted != found) {
      differences.add(what + " " + found + " instead of " + wanted);
    }
  }

  /** Throws where the brokers do not answer within a second, or do not let this process in. */
  void ping() {
    try {
      Errors.awaited(
          admin().describeCluster(new DescribeClusterOptions().timeoutMs(PING_MILLIS)).nodes());
    } catch (ExecutionException e) {
      throw new IllegalStateException("Kafka: " + e.getCause(), e.getCause());
    }
  }

  @Override
  public void close() {
    admin.close(made -> made.close(CLOSE_LIMIT));
  }
}
