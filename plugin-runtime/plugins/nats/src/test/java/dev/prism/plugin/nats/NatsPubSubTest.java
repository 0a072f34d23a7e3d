package dev.prism.plugin.nats;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.conformance.HostedPubSubSuite;
import dev.prism.pubsub.v1.EventDelivery;
import dev.prism.sdk.Plugin;
import dev.prism.testservers.NatsServer;
import io.nats.client.Connection;
import io.nats.client.Message;
import io.nats.client.Nats;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** NATS subjects through the SPI. */
@Tag("conformance")
class NatsPubSubTest extends HostedPubSubSuite {
  private final NatsServer server = NatsServer.start();

  @AfterAll
  void stopServer() {
    server.close();
  }

  @Override
  public String backend() {
    return "nats";
  }

  @Override
  protected Plugin newPlugin() {
    return new NatsPlugin(InstantSource.system());
  }

  @Override
  protected Map<String, String> variables() {
    return Map.of("NATS_URL", server.url());
  }

  @Test
  void aNativeClientThatAsksIsAnswered() throws Exception {
    String topic = newTopic();
    try (Connection client = Nats.connect(server.url());
        Subscriber subscriber = subscribe(topic)) {
      CompletableFuture<Message> answer =
          client.request("events.default." + topic, "who?".getBytes(StandardCharsets.UTF_8));
      EventDelivery question = subscriber.next();

      publish(question.getEvent().getReplyTo(), "me");

      assertThat(answer.get(10, TimeUnit.SECONDS).getData()).asString().isEqualTo("me");
    }
  }
}
