package dev.prism.plugin.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.pubsub.Emission;
import dev.prism.sdk.pubsub.Event;
import dev.prism.sdk.pubsub.Listener;
import dev.prism.sdk.pubsub.Listening;
import dev.prism.sdk.pubsub.TopicPattern;
import dev.prism.sdk.queue.Ack;
import dev.prism.sdk.queue.AckResult;
import dev.prism.sdk.queue.Consumer;
import dev.prism.sdk.queue.Delivery;
import dev.prism.sdk.queue.Header;
import dev.prism.sdk.queue.Message;
import dev.prism.sdk.queue.Publication;
import dev.prism.sdk.queue.PublicationResult;
import dev.prism.sdk.queue.PublishResult;
import dev.prism.sdk.queue.Start;
import dev.prism.sdk.queue.Subscription;
import dev.prism.sdk.queue.TopicInfo;
import dev.prism.sdk.queue.Topics;
import dev.prism.testservers.RedisServer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.StreamEntryID;

/** Two plugins on one server, as two processes have them, and Redis's own client beside them. */
@Tag("conformance")
class RedisProcessesTest {
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(5);

  private static RedisServer server;
  private RedisQueue one;
  private RedisQueue other;

  @BeforeAll
  static void startServer(@TempDir Path directory) {
    server = RedisServer.durable(directory);
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @BeforeEach
  void open() {
    one = queue();
    other = queue();
    try (Jedis client = new Jedis("127.0.0.1", server.port())) {
      client.flushAll();
    }
  }

  @AfterEach
  void close() {
    one.close();
    other.close();
  }

  private static RedisSettings settings() {
    return RedisSettings.of(
        PluginConfig.of(Map.of("REDIS_URL", server.url(), "REDIS_QUEUE_KEEP_SECONDS", "0")));
  }

  private static RedisQueue queue() {
    return RedisQueue.open(settings(), Topics.unconfigured(), InstantSource.system());
  }

  @Test
  void aReceiptOfOneProcessIsTakenByAnother() {
    publish(one, "a");
    try (Consumer consumer = one.subscribe("n", subscription())) {
      Delivery delivery = consumer.poll(1, 1 << 20, PATIENCE).getFirst();

      List<AckResult> results = other.acknowledge("n", List.of(done(delivery)));

      assertThat(results).containsExactly(new AckResult.Taken(0));
      assertThat(one.acknowledge("n", List.of(done(delivery))))
          .allMatch(AckResult.Failed.class::isInstance);
    }
  }

  @Test
  void aNackOfOneProcessWakesTheConsumerOfAnother() {
    publish(one, "a");
    Delivery first;
    try (Consumer consumer = one.subscribe("n", subscription());
        Consumer waiting = other.subscribe("n", subscription())) {
      first = consumer.poll(1, 1 << 20, PATIENCE).getFirst();
      assertThat(waiting.poll(1, 1 << 20, 0)).isEmpty();

      one.acknowledge("n", List.of(new Ack(first.receipt(), new Ack.Outcome.Again(0))));

      Delivery second = waiting.poll(1, 1 << 20, PATIENCE).getFirst();
      assertThat(second.attempt()).isEqualTo(2);
      assertThat(second.stored().messageId()).isEqualTo(first.stored().messageId());
    }
  }

  @Test
  void whatAProcessHadThatDiedComesBackBeforeWhatIsNew() {
    publish(one, "a");
    publish(one, "b");
    Consumer lost = other.subscribe("n", subscription());
    assertThat(lost.poll(1, 1 << 20, PATIENCE)).hasSize(1);

    other.close(); // its connections are gone, and it has said nothing

    try (Consumer consumer = one.subscribe("n", subscription())) {
      List<Delivery> both = consumer.poll(10, 1 << 20, PATIENCE);
      assertThat(both).map(RedisProcessesTest::text).containsExactly("a", "b");
      assertThat(both).map(Delivery::attempt).containsExactly(2, 1);
    }
  }

  @Test
  void clientsOfRedisReadAndWriteTheSameMessages() {
    try (Jedis client = new Jedis("127.0.0.1", server.port())) {
      // Given
      client.xadd("n.t", StreamEntryID.NEW_ENTRY, Map.of("payload", "theirs", "colour", "red"));

      // When
      Message ours =
          new Message(bytes("k"), List.of(new Header("key", bytes("v"))), bytes("ours"), 0);
      one.publish("n", List.of(new Publication("t", List.of(ours), false, null)));

      // Then
      try (Consumer consumer = one.subscribe("n", subscription())) {
        List<Delivery> both = consumer.poll(10, 1 << 20, PATIENCE);
        assertThat(both).map(RedisProcessesTest::text).containsExactly("theirs", "ours");
        assertThat(both.get(0).stored().message().headers())
            .singleElement()
            .satisfies(header -> assertThat(header.name()).isEqualTo("colour"));
        assertThat(both.get(1).stored().message().headers())
            .singleElement()
            .satisfies(header -> assertThat(header.name()).isEqualTo("key"));
      }
      assertThat(client.xrange("n.t", "-", "+").getLast().getFields())
          .containsExactlyInAnyOrderEntriesOf(
              Map.of("payload", "ours", "key", "k", "header:key", "v"));
    }
  }

  @Test
  void whatAllGroupsHaveAcknowledgedGoes() throws InterruptedException {
    // Given
    for (int i = 0; i < 10; i++) {
      publish(one, "m" + i);
    }
    try (Consumer consumer = one.subscribe("n", subscription())) {
      List<Delivery> all = consumer.poll(10, 1 << 20, PATIENCE);

      // When
      one.acknowledge("n", all.subList(0, 7).stream().map(RedisProcessesTest::done).toList());

      // Then
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
      TopicInfo.Partition topic = one.info("n", "t", List.of()).partitions().getFirst();
      while (topic.earliest() < all.get(7).stored().offset() && System.nanoTime() < end) {
        Thread.sleep(50); // between looks at what its upkeep does in its own time
        topic = one.info("n", "t", List.of()).partitions().getFirst();
      }
      assertThat(topic.earliest()).isEqualTo(all.get(7).stored().offset());
    }
  }

  @Test
  void theLagIsExactAfterTheServerWasKilled() {
    // Given
    for (int i = 0; i < 5; i++) {
      publish(one, "m" + i);
    }
    try (Consumer consumer = one.subscribe("n", subscription())) {
      List<Delivery> three = consumer.poll(3, 1 << 20, PATIENCE);
      one.acknowledge("n", three.stream().map(RedisProcessesTest::done).toList());
    }

    // When
    server.kill();
    server.start();

    // Then
    assertThat(one.info("n", "t", List.of()).groups().getFirst().positions().getFirst().lag())
        .isEqualTo(2);
  }

  @Test
  void aTopicThatIsNotToBeMadeIsRefusedUntilItIsProvisioned() {
    // Given
    Topics topics =
        new Topics(
            Map.of(
                new Topics.Name("n", "t"),
                new dev.prism.sdk.queue.Topic("physical", false, 0, 0, 0, 0)),
            Set.of());
    try (RedisQueue queue = RedisQueue.open(settings(), topics, InstantSource.system())) {
      PublicationResult refused = publish(queue, "a");

      // When
      queue.provision("n", "t", false);

      // Then
      assertThat(refused)
          .isInstanceOfSatisfying(
              PublicationResult.Applied.class,
              applied ->
                  assertThat(applied.results()).allMatch(PublishResult.Failed.class::isInstance));
      assertThat(publish(queue, "a"))
          .isInstanceOfSatisfying(
              PublicationResult.Applied.class,
              applied ->
                  assertThat(applied.results())
                      .allMatch(PublishResult.Published.class::isInstance));
    }
  }

  @Test
  void listenersOfAQueueGroupShareTheEventsOfAllProcesses() throws InterruptedException {
    // Given
    BlockingQueue<String> first = new LinkedBlockingQueue<>();
    BlockingQueue<String> second = new LinkedBlockingQueue<>();
    TopicPattern pattern = new TopicPattern("a.*");
    try (RedisPubSub here = new RedisPubSub(settings());
        RedisPubSub there = new RedisPubSub(settings());
        Listening _ = here.listen("n", pattern, "g", into(first));
        Listening _ = there.listen("n", pattern, "g", into(second))) {
      // When
      List<Emission> events = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        events.add(new Emission("a.b", new Event(bytes("e" + i), List.of(), "", "")));
      }
      here.publish("n", events);

      // Then
      List<String> heard = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        heard.add(first.poll(5, TimeUnit.SECONDS));
        heard.add(second.poll(5, TimeUnit.SECONDS));
      }
      assertThat(heard).doesNotContainNull().doesNotHaveDuplicates().hasSize(100);
      assertThat(first).isEmpty();
      assertThat(second).isEmpty();
    }
  }

  private static Listener into(BlockingQueue<String> heard) {
    return new Listener() {
      @Override
      public void onEvent(String topic, Event event) {
        heard.add(new String(event.payload(), StandardCharsets.UTF_8));
      }

      @Override
      public boolean isBehind() {
        return false;
      }
    };
  }

  private static Subscription subscription() {
    return new Subscription("t", "g", new Start.Earliest(), 30_000);
  }

  private static PublicationResult publish(RedisQueue queue, String payload) {
    return queue
        .publish(
            "n",
            List.of(
                new Publication(
                    "t",
                    List.of(new Message(new byte[0], List.of(), bytes(payload), 0)),
                    false,
                    null)))
        .getFirst();
  }

  private static Ack done(Delivery delivery) {
    return new Ack(delivery.receipt(), new Ack.Outcome.Done());
  }

  private static String text(Delivery delivery) {
    return new String(delivery.stored().message().payload(), StandardCharsets.UTF_8);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
