package dev.prism.plugin.nats;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.conformance.HostedPlugin;
import dev.prism.conformance.QueueApi;
import dev.prism.conformance.QueueFixture;
import dev.prism.queue.v1.Delivery;
import dev.prism.queue.v1.SubscribeRequest;
import dev.prism.sdk.Capability;
import dev.prism.sdk.PluginConfig;
import dev.prism.testservers.NatsServer;
import io.nats.client.Connection;
import io.nats.client.JetStreamSubscription;
import io.nats.client.Message;
import io.nats.client.Nats;
import io.nats.client.PullSubscribeOptions;
import io.nats.client.api.ConsumerConfiguration;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What somebody had who is gone without a word. */
@Tag("conformance")
class OrphansTest implements QueueFixture {
  private final NatsServer server = NatsServer.start();
  private final HostedPlugin plugin =
      new HostedPlugin(
          new NatsPlugin(InstantSource.system()),
          PluginConfig.of(Map.of("NATS_URL", server.url(), "NATS_ACK_WAIT_SECONDS", "300")),
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

  /** Takes messages of a group as a process that dies with them: nothing is said of them. */
  private void takeAndDie(String topic, int count) throws Exception {
    try (Connection connection = Nats.connect(server.url())) {
      JetStreamSubscription taken =
          connection
              .jetStream()
              .subscribe(
                  Names.queueSubject("default." + topic),
                  PullSubscribeOptions.builder()
                      .durable("g")
                      .configuration(
                          ConsumerConfiguration.builder().ackWait(Duration.ofMinutes(5)).build())
                      .build());
      List<Message> messages = taken.fetch(count, Duration.ofSeconds(10));
      assertThat(messages).hasSize(count);
    }
  }

  @Test
  void whatAProcessHadThatDiedComesFirstAndInItsOrder() throws Exception {
    String topic = newTopic();
    for (int i = 1; i <= 9; i++) {
      publish(topic, "k", Integer.toString(i));
    }
    takeAndDie(topic, 6);

    try (Subscriber subscriber = subscribe(QueueFixture.fromStart(topic, "g"))) {
      List<Delivery> all = subscriber.next(9);

      assertThat(all)
          .extracting(delivery -> delivery.getMessage().getPayload().toStringUtf8())
          .containsExactly("1", "2", "3", "4", "5", "6", "7", "8", "9");
      assertThat(all).extracting(Delivery::getAttempt).containsExactly(2, 2, 2, 2, 2, 2, 1, 1, 1);
    }
  }

  @Test
  void whatALivingProcessHasStaysItsOwn() {
    String topic = newTopic();
    publish(topic, "k", "a");
    publish(topic, "k", "b");
    HostedPlugin other =
        new HostedPlugin(
            new NatsPlugin(InstantSource.system()),
            PluginConfig.of(Map.of("NATS_URL", server.url())),
            InstantSource.system());
    try (Subscriber here = subscribe(QueueFixture.fromStart(topic, "g"))) {
      List<Delivery> both = here.next(2);

      try (Subscriber there =
          new Subscriber(
              other
                  .queue("default")
                  .subscribe(
                      SubscribeRequest.newBuilder()
                          .setSubscription(QueueFixture.fromStart(topic, "g"))
                          .build()))) {
        assertThat(there.nextOrCaughtUp()).isNull();
      }
      ack(topic, both.toArray(Delivery[]::new));
    } finally {
      other.close();
    }
  }

  @Test
  void aDelayOutlivesTheOnlyStreamOfTheGroup() {
    String topic = newTopic();
    publish(topic, "k", "a");
    try (Subscriber subscriber = subscribe(QueueFixture.fromStart(topic, "g"))) {
      acknowledge(topic, QueueFixture.nack(subscriber.next(), 60_000));
    }

    try (Subscriber subscriber = subscribe(QueueFixture.fromStart(topic, "g"))) {
      assertThat(subscriber.nextOrCaughtUp()).isNull();
    }
  }
}
