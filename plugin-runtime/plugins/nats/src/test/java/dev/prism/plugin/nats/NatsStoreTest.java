package dev.prism.plugin.nats;

import static dev.prism.conformance.KeyValueFixture.await;
import static dev.prism.conformance.KeyValueFixture.join;
import static dev.prism.plugin.nats.Items.key;
import static dev.prism.plugin.nats.Items.put;
import static dev.prism.plugin.nats.Items.read;
import static dev.prism.plugin.nats.Items.scan;
import static dev.prism.plugin.nats.Items.store;
import static dev.prism.plugin.nats.Items.swap;
import static dev.prism.plugin.nats.Items.text;
import static dev.prism.plugin.nats.Items.value;
import static dev.prism.plugin.nats.Items.write;
import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.conformance.MovableClock;
import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.sdk.keyvalue.Item;
import dev.prism.sdk.keyvalue.Key;
import dev.prism.sdk.keyvalue.Scan;
import dev.prism.sdk.keyvalue.Unit;
import dev.prism.sdk.keyvalue.Write;
import dev.prism.sdk.keyvalue.WriteResult;
import dev.prism.testservers.NatsServer;
import io.nats.client.Connection;
import io.nats.client.Nats;
import io.nats.client.api.StreamState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What the suite does not see: two processes on one bucket, what is in it, and what is too large.
 */
@Tag("conformance")
class NatsStoreTest {
  private static final int STEPS = 100;
  private static final Bucket BUCKET = Bucket.of(Items.NAMESPACE, Items.COLLECTION);

  private final MovableClock clock = new MovableClock();
  private NatsServer server;
  private NatsStore store;

  @BeforeEach
  void start() {
    server = NatsServer.startOwn("");
    store = store(server.url(), clock);
  }

  @AfterEach
  void stop() {
    store.close();
    server.close();
  }

  private Write expiring(String key) {
    return put(
        key(key),
        "v",
        Map.of(),
        new Write.Expiry.At(clock.millis() + 1000),
        new Write.Condition.None());
  }

  private StreamState state() {
    try (Connection client = Nats.connect(server.url())) {
      return client.jetStreamManagement().getStreamInfo(BUCKET.stream()).getStreamState();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static int number(String value) {
    return value == null ? 0 : Integer.parseInt(value);
  }

  private static void increase(NatsStore store) {
    for (int done = 0; done < STEPS; ) {
      String now = value(store, "sum");
      WriteResult result = write(store, swap("sum", now, Integer.toString(number(now) + 1)));
      done += result instanceof WriteResult.Written ? 1 : 0;
    }
  }

  @Test
  void swapsOfTwoProcessesAreNeverLost() {
    try (NatsStore other = store(server.url(), clock)) {
      Thread beside = Thread.ofPlatform().start(() -> increase(other));
      increase(store);
      join(beside);

      assertThat(value(store, "sum")).isEqualTo(Integer.toString(2 * STEPS));
    }
  }

  @Test
  void bucketsAreReadWhileTheyAreMade() {
    try (NatsStore other = store(server.url(), clock)) {
      for (int round = 0; round < STEPS; round++) {
        Key key = new Key("made-" + round, "k", "k");
        Thread beside = Thread.ofPlatform().start(() -> write(other, put(key, "v", Map.of())));
        await("it is there", () -> "v".equals(text(read(store, key))));
        join(beside);
      }
    }

    assertThat(server.process().log()).doesNotContain("panic");
  }

  @Test
  void ofTwoProcessesThatDeleteAnItemOneIsToldThatItWasThere() {
    try (NatsStore other = store(server.url(), clock)) {
      List<WriteResult> results = Collections.synchronizedList(new ArrayList<>());
      for (int round = 0; round < STEPS; round++) {
        write(store, put("k", "v"));
        Write delete = new Write.Delete(key("k"), new Write.Condition.None());
        Thread beside = Thread.ofPlatform().start(() -> results.add(write(other, delete)));
        results.add(write(store, delete));
        join(beside);
      }

      assertThat(results.stream().filter(new WriteResult.Deleted(true)::equals)).hasSize(STEPS);
      assertThat(results.stream().filter(new WriteResult.Deleted(false)::equals)).hasSize(STEPS);
    }
  }

  @Test
  void nothingStaysOfWhatExpiredOrWasDeleted() {
    write(store, expiring("expires"));
    write(store, put("deleted", "v"));
    write(store, new Write.Delete(key("deleted"), new Write.Condition.None()));
    write(store, put("stays", "v"));
    assertThat(state().getMsgCount()).isEqualTo(3);

    clock.advance(Duration.ofSeconds(2));

    assertThat(value(store, "expires")).isNull();
    await(
        "the item is a marker, and then nothing",
        () -> {
          clock.advance(Duration.ofMillis(Step.MARKER_MILLIS));
          return state().getMsgCount() == 1;
        });
    assertThat(value(store, "stays")).isEqualTo("v");
  }

  @Test
  void whatAProcessLeftThatHasEndedIsRemovedByAnother() {
    write(store, expiring("left"));
    store.close();
    clock.advance(Duration.ofMinutes(1));

    store = store(server.url(), clock);
    write(store, put("other", "v"));

    await(
        "the other process finds it",
        () -> {
          clock.advance(Duration.ofMillis(Step.MARKER_MILLIS));
          return state().getMsgCount() == 1;
        });
  }

  @Test
  void anItemThatWasWrittenAgainIsNotSwept() {
    write(store, expiring("k"));
    write(store, put("k", "again"));
    write(store, expiring("witness"));

    clock.advance(Duration.ofMinutes(1));

    await("the sweeper has been there", () -> state().getLastSequence() > 3);
    assertThat(value(store, "k")).isEqualTo("again");
  }

  @Test
  void theLongestKeysOfAllKindsAreKept() {
    List<String> longest = List.of("k".repeat(1024), "ß".repeat(512), "a" + ".a".repeat(511));
    List<Key> keys = new ArrayList<>();
    for (String partition : longest) {
      for (String key : longest) {
        keys.add(new Key(Items.COLLECTION, partition, key));
      }
    }

    keys.forEach(key -> write(store, put(key, "v", Map.of())));

    assertThat(keys).allMatch(key -> "v".equals(text(read(store, key))));
    assertThat(scan(store, null)).containsExactlyInAnyOrderElementsOf(keys);
    assertThat(scan(store, longest.get(1)))
        .containsExactlyInAnyOrderElementsOf(
            keys.stream().filter(key -> key.partition().equals(longest.get(1))).toList());
  }

  @Test
  void aReadEndsWithTheValueThatIsTooMuch() {
    List<Key> keys = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      write(store, put("large-" + i, "x".repeat(1000)));
      keys.add(key("large-" + i));
    }
    keys.add(1, key("nothing"));

    List<Item> items = store.read(Items.NAMESPACE, Consistency.STRONG, keys, 1500);

    assertThat(items).hasSize(3);
    assertThat(items.get(1)).isNull();
    assertThat(items.get(2).value()).hasSize(1000);
  }

  @Test
  void aScanThatKnowsFewKeysAtATimeFindsAll() {
    List<String> keys = IntStream.range(0, 500).mapToObj("key-%03d"::formatted).toList();
    List<Write> puts =
        Stream.concat(keys.reversed().stream(), Stream.of("other"))
            .map(key -> put(key, "v" + key))
            .toList();
    store.write(Items.NAMESPACE, List.of(new Unit(puts, false, null)));
    NatsSettings settings = Items.settings(server.url());
    Buckets buckets = new Buckets(settings);
    List<String> seen = new ArrayList<>();
    try (NatsLink link = new NatsLink(settings)) {
      Session session = link.await(settings.timeout().toNanos());

      new ItemScan(
              link,
              settings,
              new Gets(settings, buckets),
              clock,
              BUCKET,
              Consistency.STRONG,
              new Scan(Items.COLLECTION, null, "key", "key-099", Long.MAX_VALUE, false),
              entries ->
                  seen.addAll(entries.stream().map(entry -> entry.key().key()).toList()) || true,
              2000)
          .run(buckets.look(session, BUCKET));
    }

    assertThat(seen).isEqualTo(keys.subList(100, 500));
  }
}
