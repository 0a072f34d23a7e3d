package dev.prism.plugin.redis;

import static dev.prism.conformance.KeyValueFixture.await;
import static dev.prism.conformance.KeyValueProcesses.key;
import static dev.prism.conformance.KeyValueProcesses.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.prism.sdk.Capability;
import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.PluginConfigException;
import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.sdk.keyvalue.Item;
import dev.prism.sdk.keyvalue.Key;
import dev.prism.sdk.keyvalue.Scan;
import dev.prism.sdk.keyvalue.ScanSink;
import dev.prism.sdk.keyvalue.Unit;
import dev.prism.sdk.keyvalue.UnitResult;
import dev.prism.sdk.keyvalue.Write;
import dev.prism.sdk.pubsub.Emission;
import dev.prism.sdk.pubsub.Event;
import dev.prism.sdk.pubsub.Listener;
import dev.prism.sdk.pubsub.Listening;
import dev.prism.sdk.pubsub.TopicPattern;
import dev.prism.sdk.queue.Ack;
import dev.prism.sdk.queue.AckResult;
import dev.prism.sdk.queue.Consumer;
import dev.prism.sdk.queue.Delivery;
import dev.prism.sdk.queue.Message;
import dev.prism.sdk.queue.Publication;
import dev.prism.sdk.queue.Start;
import dev.prism.sdk.queue.Subscription;
import dev.prism.sdk.queue.Topics;
import dev.prism.testservers.RedisServer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Protocol.Command;

/** A server that speaks TLS alone, and a user who may do no more than docs/redis.md says. */
@Tag("conformance")
class RedisSecuredTest {
  private static final String PASSWORD = "correct-horse-battery";

  /** As docs/redis.md has it. */
  private static final String RULES =
      "~default.* ~{default.*}:* ~prism:* &* -@all +@connection +@stream +@scripting +@transaction"
          + " +@pubsub +@sortedset +@hash +del +exists +type +get +set +mget +mset +strlen +getrange"
          + " +setrange +persist +pexpireat +pexpiretime +sadd +srem +smembers +time +memory|usage"
          + " +config|get";

  private static RedisServer server;

  @BeforeAll
  static void start(@TempDir Path directory) {
    server = RedisServer.secured(directory, PASSWORD, RULES);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static RedisSettings settings(String password) {
    Map<String, String> variables = new HashMap<>();
    variables.put("REDIS_URL", server.url());
    variables.put("REDIS_USER", RedisServer.USER);
    variables.put("REDIS_PASSWORD", password);
    variables.put("REDIS_TLS_CA_FILE", server.certificate().toString());
    variables.put("REDIS_TLS_CERT_FILE", server.certificate().toString());
    variables.put("REDIS_TLS_KEY_FILE", server.key().toString());
    return RedisSettings.of(PluginConfig.of(variables));
  }

  @Test
  void aMessageGoesThroughAllThatTheUserMayDo() {
    // Given
    try (RedisQueue queue =
        RedisQueue.open(settings(PASSWORD), Topics.unconfigured(), InstantSource.system())) {
      assertThat(queue.capabilities()).contains(Capability.DURABLE);
      queue.publish("default", List.of(publication("one"), publication("two")));
      try (Consumer consumer =
          queue.subscribe("default", new Subscription("t", "g", new Start.Earliest(), 30_000))) {
        List<Delivery> two = consumer.poll(10, 1 << 20, TimeUnit.SECONDS.toNanos(5));

        // When
        List<AckResult> results =
            queue.acknowledge(
                "default",
                List.of(
                    new Ack(two.get(0).receipt(), new Ack.Outcome.Done()),
                    new Ack(two.get(1).receipt(), new Ack.Outcome.Dead("t.dead", "broken"))));

        // Then
        assertThat(results).allMatch(AckResult.Taken.class::isInstance);
        assertThat(queue.info("default", "t.dead", List.of()).partitions().getFirst().end())
            .isPositive();
        queue.commit("default", "t", "g", Map.of());
        queue.seek("default", "t", "g", new Start.Earliest());
        queue.ping();
      }
    }
  }

  @Test
  void aValueGoesThroughAllThatTheUserMayDo() {
    // Given
    Key placed = new Key("c", "p", "k");
    Write.Condition none = new Write.Condition.None();
    Write.Expiry later = new Write.Expiry.At(System.currentTimeMillis() + 60_000);
    try (RedisStore store = RedisStore.open(settings(PASSWORD), InstantSource.system());
        RedisConnections beside = new RedisConnections(settings(PASSWORD), 1)) {
      assertThat(store.capabilities()).contains(Capability.DURABLE);

      // When
      List<UnitResult> results =
          Stream.of(
                  put(key("plain"), new byte[1]),
                  put(key("other"), new byte[1]),
                  new Write.Put(placed, new byte[1], "", Map.of(), later, none),
                  new Write.CompareAndSwap(
                      key("plain"), new byte[1], new byte[2], "a/b", Map.of(), later),
                  new Write.Expire(placed, Item.NEVER),
                  new Write.Delete(key("other"), none))
              .map(write -> new Unit(List.of(write), false, once(write)))
              .map(unit -> store.write("default", List.of(unit)).getFirst())
              .toList();

      // Then
      assertThat(results).allMatch(UnitResult.Applied.class::isInstance);
      assertThat(store.read("default", Consistency.STRONG, List.of(key("plain"), placed), 1 << 20))
          .doesNotContainNull();
      List<ScanSink.Entry> heads = new ArrayList<>();
      store.scan(
          "default",
          Consistency.STRONG,
          new Scan("c", null, "", "", Long.MAX_VALUE, true),
          heads::addAll);
      assertThat(heads).hasSize(2);
      for (Key key : List.of(key("plain"), placed)) {
        Write expire = new Write.Expire(key, System.currentTimeMillis() + 100);
        store.write("default", List.of(new Unit(List.of(expire), false, null)));
      }
      await(
          "the names of what has expired are gone",
          () -> beside.read(c -> c.call(Command.ZCARD, Bytes.of("{default.c}:names"))).equals(0L));
      store.ping();
    }
  }

  /** Remembered, but for what may be done in a transaction. */
  private static Unit.@Nullable Idempotency once(Write write) {
    return write instanceof Write.Put
        ? null
        : new Unit.Idempotency("s", write.toString(), new byte[32], _ -> new byte[1]);
  }

  @Test
  void anEventIsHeard() throws InterruptedException {
    // Given
    BlockingQueue<Event> heard = new LinkedBlockingQueue<>();
    try (RedisPubSub events = new RedisPubSub(settings(PASSWORD));
        Listening _ = events.listen("default", new TopicPattern("a.*"), "group", listener(heard))) {
      // When
      events.publish(
          "default",
          List.of(new Emission("a.b", new Event(bytes("hello"), List.of(), "7", "answers"))));

      // Then
      Event event = heard.poll(5, TimeUnit.SECONDS);
      assertThat(event).isNotNull();
      assertThat(event.payload()).isEqualTo(bytes("hello"));
      assertThat(event.correlationId()).isEqualTo("7");
    }
  }

  @Test
  void aWrongPasswordIsSaidWithoutIt() {
    try (RedisQueue queue =
        RedisQueue.open(settings("wrong-secret"), Topics.unconfigured(), InstantSource.system())) {
      assertThatThrownBy(queue::ping)
          .hasMessageContaining("REDIS_PASSWORD")
          .hasMessageContaining(server.url())
          .satisfies(e -> assertThat(e.toString()).doesNotContain("wrong-secret"));
    }
  }

  @Test
  void aServerThatIsNotTrustedIsNotSpokenTo() {
    // Given
    Map<String, String> variables =
        Map.of("REDIS_URL", server.url(), "REDIS_PASSWORD", PASSWORD, "REDIS_USER", "prism");

    // When
    try (RedisQueue queue =
        RedisQueue.open(
            RedisSettings.of(PluginConfig.of(variables)),
            Topics.unconfigured(),
            InstantSource.system())) {
      // Then
      assertThatThrownBy(queue::ping)
          .hasMessageContaining("not reached")
          .hasMessageContaining("certification path");
    }
  }

  @Test
  void aPasswordInTheUrlIsRefusedWithoutBeingSaid() {
    assertThatThrownBy(
            () ->
                RedisSettings.of(
                    PluginConfig.of(Map.of("REDIS_URL", "redis://user:hidden@127.0.0.1:6379"))))
        .isInstanceOf(PluginConfigException.class)
        .hasMessageContaining("REDIS_URL")
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("hidden"));
  }

  private static Publication publication(String payload) {
    return new Publication(
        "t", List.of(new Message(new byte[0], List.of(), bytes(payload), 0)), false, null);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static Listener listener(BlockingQueue<Event> heard) {
    return new Listener() {
      @Override
      public void onEvent(String topic, Event event) {
        heard.add(event);
      }

      @Override
      public boolean isBehind() {
        return false;
      }
    };
  }
}
