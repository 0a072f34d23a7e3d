package dev.prism.plugin.nats;

import static dev.prism.conformance.QueueFixture.done;
import static dev.prism.conformance.QueueFixture.fromStart;
import static dev.prism.conformance.QueueFixture.nack;
import static dev.prism.conformance.QueueFixture.reject;
import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.conformance.HostedPlugin;
import dev.prism.conformance.KeyValueFixture;
import dev.prism.conformance.QueueApi;
import dev.prism.conformance.QueueFixture;
import dev.prism.queue.v1.AcknowledgeRequest;
import dev.prism.queue.v1.Delivery;
import dev.prism.sdk.Capability;
import dev.prism.sdk.PluginConfig;
import dev.prism.status.Reason;
import dev.prism.testservers.NatsServer;
import dev.prism.type.v1.Ack;
import dev.prism.type.v1.AckResult;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Two processes of the plugin on one server: one delivers, the other is told what became of it. */
@Tag("conformance")
class NeighboursTest implements QueueFixture {
  private final NatsServer server = NatsServer.start();
  private final HostedPlugin plugin = plugin();
  private final HostedPlugin other = plugin();

  private HostedPlugin plugin() {
    return new HostedPlugin(
        new NatsPlugin(InstantSource.system()),
        PluginConfig.of(Map.of("NATS_URL", server.url())),
        InstantSource.system());
  }

  @AfterEach
  void stop() {
    plugin.close();
    other.close();
    server.close();
  }

  @Override
  public String backend() {
    return "nats";
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

  private List<AckResult> tellTheOther(String topic, Ack... acks) {
    return other
        .queue("default")
        .acknowledge(
            AcknowledgeRequest.newBuilder().setTopic(topic).addAllAcks(List.of(acks)).build())
        .getResultsList();
  }

  @Test
  void whatIsToldAnotherProcessReachesTheOneThatDelivered() {
    String topic = newTopic();
    publish(topic, "k", "a");
    publish(topic, "k", "b");
    publish(topic, "k", "c");
    try (Subscriber subscriber = subscribe(fromStart(topic, "g"))) {
      List<Delivery> three = subscriber.next(3);

      List<AckResult> results =
          tellTheOther(
              topic, done(three.get(0)), nack(three.get(1), 0), reject(three.get(2), "broken"));

      assertThat(results).allMatch(AckResult::hasSuccess);
      Delivery again = subscriber.next();
      assertThat(again.getMessageId()).isEqualTo(three.get(1).getMessageId());
      assertThat(again.getAttempt()).isEqualTo(2);
      assertThat(lag(topic, "g")).isEqualTo(1);
      KeyValueFixture.assertReason(
          Reason.RECEIPT_EXPIRED, tellTheOther(topic, done(three.get(0))).getFirst().getError());
    }
  }

  @Test
  void deliveriesOfAProcessEndWithIt() {
    String topic = newTopic();
    publish(topic, "k", "a");
    Delivery delivery;
    try (Subscriber subscriber = subscribe(fromStart(topic, "g"))) {
      delivery = subscriber.next();
    }
    plugin.close();

    List<AckResult> results = tellTheOther(topic, done(delivery));

    KeyValueFixture.assertReason(Reason.RECEIPT_EXPIRED, results.getFirst().getError());
  }
}
