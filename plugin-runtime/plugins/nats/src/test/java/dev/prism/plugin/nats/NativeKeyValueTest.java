package dev.prism.plugin.nats;

import static dev.prism.plugin.nats.Items.bytes;
import static dev.prism.plugin.nats.Items.key;
import static dev.prism.plugin.nats.Items.put;
import static dev.prism.plugin.nats.Items.read;
import static dev.prism.plugin.nats.Items.scan;
import static dev.prism.plugin.nats.Items.store;
import static dev.prism.plugin.nats.Items.swap;
import static dev.prism.plugin.nats.Items.value;
import static dev.prism.plugin.nats.Items.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.prism.conformance.KeyValueFixture;
import dev.prism.conformance.MovableClock;
import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.sdk.keyvalue.Item;
import dev.prism.sdk.keyvalue.Key;
import dev.prism.sdk.keyvalue.Write;
import dev.prism.sdk.keyvalue.WriteResult;
import dev.prism.testservers.NatsServer;
import io.nats.client.Connection;
import io.nats.client.KeyValue;
import io.nats.client.Nats;
import io.nats.client.api.KeyValueConfiguration;
import io.nats.client.api.KeyValueEntry;
import io.nats.client.api.KeyValueOperation;
import io.nats.client.api.MessageInfo;
import io.nats.client.api.StreamConfiguration;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A native client of KV and Prism on one bucket, which the native client has made. */
@Tag("conformance")
class NativeKeyValueTest {
  private static final Bucket BUCKET = Bucket.of(Items.NAMESPACE, Items.COLLECTION);

  private final MovableClock clock = new MovableClock();
  private NatsServer server;
  private NatsStore store;
  private Connection client;
  private KeyValue bucket;

  @BeforeEach
  void start() throws Exception {
    server = NatsServer.startOwn("");
    store = store(server.url(), clock);
    client = Nats.connect(server.url());
    client
        .keyValueManagement()
        .create(
            KeyValueConfiguration.builder().name("n_c").maxHistoryPerKey(5).replicas(1).build());
    bucket = client.keyValue("n_c");
  }

  @AfterEach
  void stop() throws Exception {
    client.close();
    store.close();
    server.close();
  }

  @Test
  void aNativeClientReadsWhatPrismWrote() throws Exception {
    write(store, put(key("eu.42"), "hello", Map.of("origin", "test")));

    KeyValueEntry entry = bucket.get("eu.42");

    assertThat(entry.getValueAsString()).isEqualTo("hello");
    assertThat(read(store, key("eu.42")).etag()).isEqualTo(Long.toString(entry.getRevision()));
    MessageInfo message =
        client.jetStreamManagement().getLastMessage(BUCKET.stream(), "$KV.n_c.eu.42");
    assertThat(message.getHeaders().getFirst("origin")).isEqualTo("test");
    write(store, new Write.Delete(key("eu.42"), new Write.Condition.None()));
    assertThat(bucket.get("eu.42")).isNull();
    assertThat(bucket.history("eu.42").getLast().getOperation()).isEqualTo(KeyValueOperation.PURGE);
  }

  @Test
  void prismReadsWhatANativeClientWrote() throws Exception {
    long revision = bucket.put("eu.42", "hello");

    Item item = read(store, key("eu.42"));

    assertThat(item.value()).isEqualTo(bytes("hello"));
    assertThat(item.etag()).isEqualTo(Long.toString(revision));
    assertThat(item.expiresAtMillis()).isEqualTo(Item.NEVER);
    bucket.put("eu.43", "");
    bucket.put("eu.42", "again");
    bucket.put("==europe.44", "in a partition");
    bucket.put("=", "no key of Prism's");
    bucket.delete("eu.43");
    assertThat(scan(store, null))
        .isEqualTo(List.of(new Key(Items.COLLECTION, "europe", "44"), key("eu.42")));
    assertThat(value(store, "eu.43")).isNull();
  }

  @Test
  void conditionsHoldBetweenTheTwo() throws Exception {
    long revision = bucket.create("k", bytes("native"));

    WriteResult swapped = write(store, swap("k", "native", "prism"));

    assertThat(swapped).isInstanceOf(WriteResult.Written.class);
    assertThat(catchThrowable(() -> bucket.update("k", bytes("late"), revision))).isNotNull();
    bucket.delete("k");
    assertThat(write(store, swap("k", null, "new"))).isInstanceOf(WriteResult.Written.class);
    assertThat(bucket.get("k").getValueAsString()).isEqualTo("new");
  }

  @Test
  void aWatcherSeesWhatExpiredAsPurgedAndThenNothingIsLeft() throws Exception {
    bucket.put("k", "older");
    write(
        store,
        put(
            key("k"),
            "v",
            Map.of(),
            new Write.Expiry.At(clock.millis() + 1000),
            new Write.Condition.None()));

    clock.advance(Duration.ofSeconds(2));

    KeyValueFixture.await("it is purged", () -> operation() == KeyValueOperation.PURGE);
    clock.advance(Duration.ofMillis(2 * Step.MARKER_MILLIS));
    KeyValueFixture.await("the marker goes, too", () -> operation() == null);
  }

  private KeyValueOperation operation() {
    try {
      List<KeyValueEntry> history = bucket.history("k");
      return history.isEmpty() ? null : history.getLast().getOperation();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aBucketWithoutDirectGetsIsReadAtEveryLevel() throws Exception {
    StreamConfiguration stream =
        client.jetStreamManagement().getStreamInfo(BUCKET.stream()).getConfiguration();
    client
        .jetStreamManagement()
        .updateStream(StreamConfiguration.builder(stream).allowDirect(false).build());
    bucket.put("k", "v");

    for (Consistency.Level level : store.consistencyLevels()) {
      List<Item> items =
          store.read(Items.NAMESPACE, new Consistency(level, 1000), List.of(key("k")), 1 << 20);

      assertThat(items.getFirst().value()).as(level.name()).isEqualTo(bytes("v"));
    }
  }
}
