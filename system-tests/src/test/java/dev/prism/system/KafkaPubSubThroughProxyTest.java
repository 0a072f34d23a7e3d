package dev.prism.system;

import dev.prism.config.v1.BackendType;
import dev.prism.testservers.KafkaServer;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;

@Tag("system")
class KafkaPubSubThroughProxyTest extends PubSubThroughProxy {
  private final KafkaServer server = KafkaServer.forTests(Prism.newDirectory("kafka-server"));

  KafkaPubSubThroughProxyTest() {
    super("kafka", BackendType.BACKEND_TYPE_KAFKA);
  }

  @Override
  protected Map<String, String> settings() {
    return Map.of("KAFKA_BROKERS", server.addresses());
  }

  @AfterAll
  void stopServer() {
    server.close();
  }
}
