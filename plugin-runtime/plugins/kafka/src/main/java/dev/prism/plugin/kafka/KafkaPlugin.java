package dev.prism.plugin.kafka;

import dev.prism.sdk.Plugin;
import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.PluginMain;
import dev.prism.sdk.log.JsonLogging;
import dev.prism.sdk.pubsub.PubSub;
import dev.prism.sdk.queue.MessageQueue;
import java.time.InstantSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.Level;

/**
 * Queues and events on Apache Kafka. {@code KAFKA_BROKERS} says where it is; {@code docs/kafka.md}
 * lists the other variables.
 */
public final class KafkaPlugin implements Plugin {
  private final InstantSource clock;
  private @Nullable Connections connections;

  /** Counts times of acknowledgement by {@code clock}. */
  public KafkaPlugin(InstantSource clock) {
    this.clock = clock;
  }

  /** The process of the Kafka plugin. */
  public static void main(String[] args) {
    PluginMain.run(new KafkaPlugin(InstantSource.system()), args);
  }

  @Override
  public String name() {
    return "prism-kafka";
  }

  @Override
  public String backendType() {
    return "kafka";
  }

  @Override
  public Optional<MessageQueue> queue(PluginConfig config) {
    return Optional.of(new KafkaQueue(connect(config), clock));
  }

  @Override
  public Optional<PubSub> pubSub(PluginConfig config) {
    return Optional.of(new KafkaPubSub(connect(config)));
  }

  /** The process's connections, which queues and events share. */
  private synchronized Connections connect(PluginConfig config) {
    quiet();
    Connections open = connections;
    if (open == null || !open.retain()) {
      open = new Connections(KafkaSettings.of(config));
      open.retain();
      connections = open;
    }
    return open;
  }

  /**
   * The driver tells its whole configuration at each start and every failed connection of each
   * client: what of that matters the runtime says once.
   */
  private static void quiet() {
    JsonLogging.level("org.apache.kafka", Level.ERROR);
    JsonLogging.off("org.apache.kafka.clients.NetworkClient");
  }
}
