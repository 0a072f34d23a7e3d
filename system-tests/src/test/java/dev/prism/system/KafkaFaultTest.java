package dev.prism.system;

import dev.prism.config.v1.BackendType;
import dev.prism.testservers.KafkaServer;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Queues on Kafka while the plugin, the broker and the leader of three brokers are killed. A lone
 * broker syncs each message before it acknowledges it; of three, two have it.
 */
@Tag("system")
class KafkaFaultTest {
  private static final Map<String, String> SYNCED = Map.of("log.flush.interval.messages", "1");

  @Test
  void nothingIsLostWhenThePluginIsKilled() throws Exception {
    try (KafkaServer server = KafkaServer.start(Prism.newDirectory("kafka-server"), 1, SYNCED);
        Prism prism = prism(server)) {
      QueueTrial.of(prism, BackendType.BACKEND_TYPE_KAFKA)
          .disturbedBy(() -> Signals.killAndAwaitTheNext(prism, "kafka"));
    }
  }

  @Test
  void nothingIsLostWhenTheBrokerIsKilledAndStarted() throws Exception {
    try (KafkaServer server = KafkaServer.start(Prism.newDirectory("kafka-server"), 1, SYNCED);
        Prism prism = prism(server)) {
      QueueTrial.of(prism, BackendType.BACKEND_TYPE_KAFKA)
          .disturbedBy(
              () -> {
                server.broker(0).kill();
                server.startAgain(0);
              });
    }
  }

  @Test
  void nothingIsLostWhenOneLeaderOfThreeIsKilledAfterAnother() throws Exception {
    try (KafkaServer server = KafkaServer.start(Prism.newDirectory("kafka-server"), 3, Map.of());
        Prism prism = prism(server);
        KafkaLeader lead = new KafkaLeader(server.addresses(), "default.checked")) {
      QueueTrial.of(prism, BackendType.BACKEND_TYPE_KAFKA)
          .disturbedBy(
              () -> {
                int leader = lead.number();
                server.broker(leader).kill();
                lead.awaitOtherThan(leader);
                server.startAgain(leader);
                lead.awaitInSync(3);
              });
    }
  }

  private static Prism prism(KafkaServer server) throws Exception {
    return Prism.upWith("kafka", Map.of("KAFKA_BROKERS", server.addresses()));
  }
}
