package dev.prism.plugin.kafka;

import dev.prism.sdk.Plugin;
import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.PluginMain;
import dev.prism.sdk.log.JsonLogging;
import dev.prism.sdk.queue.MessageQueue;
import java.time.InstantSource;
import java.util.Optional;
import org.slf4j.event.Level;

/**
 * Queues on Apache Kafka. {@code KAFKA_BROKERS} says where it is; {@code docs/kafka.md} lists the
 * other variables.
 */
public final class KafkaPlugin implements Plugin {
  private final InstantSource clock;

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
    quiet();
    return Optional.of(new KafkaQueue(KafkaSettings.of(config), clock));
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
