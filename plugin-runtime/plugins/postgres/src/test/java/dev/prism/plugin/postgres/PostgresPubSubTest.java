package dev.prism.plugin.postgres;

import static dev.prism.conformance.PubSubFixture.to;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.prism.conformance.HostedPlugin;
import dev.prism.conformance.HostedPubSubSuite;
import dev.prism.conformance.PubSubApi;
import dev.prism.pubsub.v1.Event;
import dev.prism.pubsub.v1.UnsubscribeRequest;
import dev.prism.sdk.Plugin;
import dev.prism.sdk.PluginConfig;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The PostgreSQL backend's events through the SPI, on a real server. */
@Tag("conformance")
class PostgresPubSubTest extends HostedPubSubSuite {
  private static @TempDir Path directory;
  private static TestDatabase database;

  @Override
  public String backend() {
    return "postgres";
  }

  @Override
  protected Plugin newPlugin() {
    return new PostgresPlugin();
  }

  @Override
  protected Map<String, String> variables() {
    if (database == null) {
      database = TestDatabase.open(directory.resolve("server"));
    }
    return database.settings();
  }

  @AfterAll
  static void stopServer() {
    database.close();
  }

  @Test
  void anEventLargerThanANotificationIsDeliveredInItsPlace() {
    byte[] payload = new byte[1 << 20];
    new Random(1).nextBytes(payload);
    String topic = newTopic();
    try (Subscriber subscriber = subscribe(topic)) {
      publish(topic, "before");
      publish(topic, Event.newBuilder().setPayload(ByteString.copyFrom(payload)).build());
      publish(topic, "after");

      assertThat(subscriber.next(1)).containsExactly("before");
      assertThat(subscriber.next().getEvent().getPayload().toByteArray()).isEqualTo(payload);
      assertThat(subscriber.next(1)).containsExactly("after");
    }
  }

  @Test
  void aQueueGroupOfTwoProcessesHearsEachEventOnce() {
    String topic = newTopic();
    try (HostedPlugin second =
        new HostedPlugin(
            new PostgresPlugin(), PluginConfig.of(variables()), InstantSource.system())) {
      PubSubApi other = second.pubSub("default", 11);
      Subscriber one = subscribe(to(topic).setQueueGroup("workers").setBuffer(1000));
      Subscriber two =
          new Subscriber(
              other.subscribe(to(topic).setQueueGroup("workers").setBuffer(1000).build()));
      Subscriber all = subscribe(to(topic).setBuffer(1000));
      List<String> sent = IntStream.range(0, 200).mapToObj(Integer::toString).toList();

      sent.forEach(each -> publish(topic, each));

      assertThat(all.next(200)).isEqualTo(sent);
      // What is heard last says that what was heard before has been handed out, in both processes.
      Subscriber end = new Subscriber(other.subscribe(to(topic).build()));
      publish(topic, "end");
      end.next();
      all.next();
      end(api(), topic);
      end(other, topic);
      List<String> first = one.rest();
      List<String> rest = two.rest();
      assertThat(first).isNotEmpty();
      assertThat(rest).isNotEmpty();
      List<String> together = new ArrayList<>(first);
      together.addAll(rest);
      together.remove("end");
      assertThat(together).containsExactlyInAnyOrderElementsOf(sent);
    }
  }

  private static void end(PubSubApi api, String topic) {
    api.unsubscribe(UnsubscribeRequest.newBuilder().setPattern(topic).build());
  }
}
