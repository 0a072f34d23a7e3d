package dev.prism.plugin.kafka;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** Kafka's own clients, set up to be small, to come back soon, and to be told when it is over. */
final class Drivers {
  /** One request to a broker. */
  static final int REQUEST_MILLIS = 4_000;

  /** A whole call of the administrator's, retries included. */
  static final int CALL_MILLIS = 5_000;

  /** How long a publication may wait for a topic's metadata, or for room. */
  private static final int BLOCK_MILLIS = 3_000;

  /** Batches are sent when they are flushed; a wait that no flush ends is one too many. */
  private static final int LINGER_MILLIS = 50;

  /** A broker does not take less as the time of a member that is not heard of. */
  private static final int SESSION_MILLIS = 6_000;

  private static final int BATCH_BYTES = 128 << 10;
  private static final long PRODUCER_BYTES = 2 << 20;
  private static final int FETCH_BYTES = 1 << 20;
  private static final int PARTITION_FETCH_BYTES = 256 << 10;

  private final KafkaSettings settings;

  Drivers(KafkaSettings settings) {
    this.settings = settings;
  }

  private Map<String, Object> common() {
    Map<String, Object> config = new HashMap<>(settings.security());
    config.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, settings.brokers());
    config.put(CommonClientConfigs.CLIENT_ID_CONFIG, settings.name());
    config.put(CommonClientConfigs.REQUEST_TIMEOUT_MS_CONFIG, REQUEST_MILLIS);
    config.put(CommonClientConfigs.RECONNECT_BACKOFF_MS_CONFIG, 50L);
    config.put(CommonClientConfigs.RECONNECT_BACKOFF_MAX_MS_CONFIG, 250L);
    config.put(CommonClientConfigs.RETRY_BACKOFF_MS_CONFIG, 20L);
    config.put(CommonClientConfigs.RETRY_BACKOFF_MAX_MS_CONFIG, 250L);
    config.put(CommonClientConfigs.SOCKET_CONNECTION_SETUP_TIMEOUT_MS_CONFIG, 1_000L);
    config.put(CommonClientConfigs.SOCKET_CONNECTION_SETUP_TIMEOUT_MAX_MS_CONFIG, 3_000L);
    config.put(CommonClientConfigs.ENABLE_METRICS_PUSH_CONFIG, false);
    // None to JMX, which nobody reads here.
    config.put(CommonClientConfigs.METRIC_REPORTER_CLASSES_CONFIG, "");
    return config;
  }

  /** The one that all publications share. */
  KafkaProducer<byte[], byte[]> producer() {
    Map<String, Object> config = common();
    config.put(ProducerConfig.ACKS_CONFIG, "all");
    config.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    config.put(ProducerConfig.LINGER_MS_CONFIG, LINGER_MILLIS);
    config.put(ProducerConfig.BATCH_SIZE_CONFIG, BATCH_BYTES);
    config.put(
        ProducerConfig.BUFFER_MEMORY_CONFIG, Math.max(PRODUCER_BYTES, settings.messageBytes()));
    config.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, settings.messageBytes());
    config.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, BLOCK_MILLIS);
    config.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, requestMillis());
    config.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, settings.deliveryMillis());
    return new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
  }

  private int requestMillis() {
    return Math.min(REQUEST_MILLIS, settings.deliveryMillis() - LINGER_MILLIS);
  }

  Admin admin() {
    Map<String, Object> config = common();
    config.put(CommonClientConfigs.DEFAULT_API_TIMEOUT_MS_CONFIG, CALL_MILLIS);
    return Admin.create(config);
  }

  /** A consumer that belongs to no group. */
  KafkaConsumer<byte[], byte[]> reader() {
    return new KafkaConsumer<>(reading(), new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  /** One that belongs to no group, and goes on with what comes where it has missed something. */
  KafkaConsumer<byte[], byte[]> listener() {
    Map<String, Object> config = reading();
    config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "latest");
    return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  /**
   * A member of a group.
   *
   * @param member what it is known as over restarts of the process; null: a new one each time
   */
  KafkaConsumer<byte[], byte[]> member(String group, @Nullable String member) {
    Map<String, Object> config = reading();
    config.put(ConsumerConfig.GROUP_ID_CONFIG, group);
    if (member != null) {
      config.put(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, member);
    }
    config.put(
        ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,
        CooperativeStickyAssignor.class.getName());
    config.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, SESSION_MILLIS);
    config.put(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, SESSION_MILLIS / 4);
    return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  private Map<String, Object> reading() {
    Map<String, Object> config = common();
    config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    config.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    config.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    config.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, FETCH_BYTES);
    config.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, PARTITION_FETCH_BYTES);
    config.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, CALL_MILLIS);
    return config;
  }
}
