package dev.prism.plugin.kafka;

import dev.prism.conformance.HostedPlugin;
import dev.prism.conformance.QueueApi;
import dev.prism.conformance.QueueSuite;
import dev.prism.sdk.Capability;
import dev.prism.sdk.PluginConfig;
import dev.prism.testservers.KafkaServer;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** The Kafka backend's queue through the SPI, on a broker. */
@Tag("conformance")
class KafkaQueueTest extends QueueSuite {
  private static KafkaServer server;
  private static HostedPlugin plugin;

  @BeforeAll
  static void start(@TempDir Path directory) {
    server = KafkaServer.forTests(directory.resolve("kafka"));
    plugin =
        new HostedPlugin(
            new KafkaPlugin(InstantSource.system()),
            PluginConfig.of(
                Map.of(
                    "KAFKA_BROKERS",
                    server.addresses(),
                    "PRISM_DATA_DIR",
                    directory.resolve("data").toString())),
            InstantSource.system());
  }

  @AfterAll
  static void stop() {
    plugin.close();
    server.close();
  }

  @Override
  public String backend() {
    return "kafka";
  }

  @Override
  public Set<Capability> capabilities() {
    return plugin.queueCapabilities();
  }

  @Override
  public QueueApi api() {
    return plugin.queue("default");
  }

  @Override
  public void restart() {
    plugin.restart();
  }
}
