package dev.prism.plugin.nats;

import static dev.prism.conformance.QueueFixture.fromStart;
import static dev.prism.conformance.QueueFixture.message;
import static dev.prism.conformance.QueueFixture.nack;
import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.conformance.HostedPlugin;
import dev.prism.conformance.QueueApi;
import dev.prism.conformance.QueueFixture;
import dev.prism.queue.v1.Delivery;
import dev.prism.queue.v1.Message;
import dev.prism.queue.v1.PublishBatchRequest;
import dev.prism.sdk.Capability;
import dev.prism.sdk.PluginConfig;
import dev.prism.testservers.NatsServer;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Servers before 2.10.17 do not note acknowledgements of what they delivered before a message that
 * came again: stopped and started, they would deliver it again, however long ago that was.
 */
@Tag("conformance")
class AcknowledgedLongAgoTest implements QueueFixture {
  private static final int BATCH = 200;
  private static final int BATCHES = 100;

  private final NatsServer server = NatsServer.startOwn("");
  private final HostedPlugin plugin =
      new HostedPlugin(
          new NatsPlugin(InstantSource.system()),
          PluginConfig.of(Map.of("NATS_URL", server.url())),
          InstantSource.system());

  @AfterEach
  void stop() {
    plugin.close();
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

  private void publishBatch(String topic) {
    List<Message> messages =
        IntStream.range(0, BATCH).mapToObj(i -> message("k", Integer.toString(i))).toList();
    api()
        .publishBatch(
            PublishBatchRequest.newBuilder().setTopic(topic).addAllMessages(messages).build());
  }

  @Test
  void doesNotComeAgainWhenTheServerWasStopped() {
    String topic = newTopic();
    try (Subscriber subscriber = subscribe(fromStart(topic, "g"))) {
      publishBatch(topic);
      List<Delivery> first = subscriber.next(BATCH);
      acknowledge(topic, nack(first.get(5), 0));
      Delivery again = subscriber.next();
      assertThat(again.getAttempt()).isEqualTo(2);
      first.stream()
          .filter(delivery -> !delivery.equals(first.get(5)))
          .forEach(delivery -> ack(topic, delivery));
      ack(topic, again);
      for (int i = 0; i < BATCHES; i++) {
        publishBatch(topic);
        ack(topic, subscriber.next(BATCH).toArray(Delivery[]::new));
      }

      server.process().close();
      server.startAgain();

      publish(topic, "k", "last");
      assertThat(QueueFixture.text(subscriber.next())).isEqualTo("last");
      assertThat(lag(topic, "g")).isEqualTo(1);
    }
  }
}
