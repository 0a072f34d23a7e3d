package dev.prism.plugin.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.queue.Ack;
import dev.prism.sdk.queue.AckResult;
import dev.prism.sdk.queue.Consumer;
import dev.prism.sdk.queue.Delivery;
import dev.prism.sdk.queue.Message;
import dev.prism.sdk.queue.MessageQueue;
import dev.prism.sdk.queue.Publication;
import dev.prism.sdk.queue.PublicationResult;
import dev.prism.sdk.queue.Start;
import dev.prism.sdk.queue.Subscription;
import dev.prism.testservers.KafkaServer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A broker that speaks TLS only and asks who is there (SASL_SSL). */
@Tag("conformance")
class KafkaSecuredTest {
  private static final String PASSWORD = "s3cret-with-=;-in-it";

  @TempDir private static Path directory;
  private static KafkaServer server;

  @BeforeAll
  static void start() {
    server = KafkaServer.startSecured(directory.resolve("kafka"), "prism", PASSWORD);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static MessageQueue queue(String password) throws Exception {
    Path secret = Files.writeString(directory.resolve("password"), password);
    return new KafkaPlugin(InstantSource.system())
        .queue(
            PluginConfig.of(
                Map.of(
                    "KAFKA_BROKERS",
                    server.addresses(),
                    "KAFKA_SECURITY_PROTOCOL",
                    "SASL_SSL",
                    "KAFKA_SASL_MECHANISM",
                    "PLAIN",
                    "KAFKA_USERNAME",
                    "prism",
                    "KAFKA_PASSWORD_FILE",
                    secret.toString(),
                    "KAFKA_CA_FILE",
                    KafkaServer.authority(directory.resolve("kafka")).toString())))
        .orElseThrow();
  }

  @Test
  void aMessageIsPublishedDeliveredAndAcknowledged() throws Exception {
    try (MessageQueue queue = queue(PASSWORD)) {
      Message message =
          new Message(new byte[] {1}, List.of(), "hello".getBytes(StandardCharsets.UTF_8), 0);
      List<PublicationResult> published =
          queue.publish("default", List.of(new Publication("t", List.of(message), false, null)));
      assertThat(published.getFirst()).isInstanceOf(PublicationResult.Applied.class);

      try (Consumer consumer =
          queue.subscribe("default", new Subscription("t", "g", new Start.Earliest(), 30_000))) {
        List<Delivery> deliveries = consumer.poll(1, 1 << 20, TimeUnit.SECONDS.toNanos(20));

        assertThat(deliveries).hasSize(1);
        assertThat(deliveries.getFirst().stored().message().payload()).isEqualTo(message.payload());
        assertThat(
                queue.acknowledge(
                    "default",
                    List.of(new Ack(deliveries.getFirst().receipt(), new Ack.Outcome.Done()))))
            .allMatch(AckResult.Taken.class::isInstance);
      }
    }
  }

  @Test
  void aWrongPasswordIsSaidAndNotRepeated() throws Exception {
    String wrong = "wr0ng-password";
    try (MessageQueue queue = queue(wrong)) {
      assertThatThrownBy(queue::ping)
          .hasMessageContaining("Authentication failed")
          .hasMessageNotContaining(wrong);
    }
  }
}
