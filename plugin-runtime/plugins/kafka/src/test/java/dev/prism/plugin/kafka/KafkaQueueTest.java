package dev.prism.plugin.kafka;

import dev.prism.conformance.HostedQueueSuite;
import dev.prism.sdk.Plugin;
import dev.prism.testservers.KafkaServer;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** The Kafka backend's queue through the SPI, on a broker. */
@Tag("conformance")
class KafkaQueueTest extends HostedQueueSuite {
  @TempDir private static Path directory;
  private KafkaServer server;

  @Override
  public String backend() {
    return "kafka";
  }

  @Override
  protected Plugin newPlugin() {
    return new KafkaPlugin(InstantSource.system());
  }

  @Override
  protected Map<String, String> variables() {
    server = KafkaServer.forTests(directory.resolve("kafka"));
    return Map.of(
        "KAFKA_BROKERS",
        server.addresses(),
        "PRISM_DATA_DIR",
        directory.resolve("data").toString());
  }

  @AfterAll
  void stopServer() {
    server.close();
  }
}
