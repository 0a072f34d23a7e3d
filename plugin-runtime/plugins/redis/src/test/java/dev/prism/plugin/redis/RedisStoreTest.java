package dev.prism.plugin.redis;

import static dev.prism.conformance.KeyValueFixture.await;
import static dev.prism.conformance.KeyValueProcesses.key;
import static dev.prism.conformance.KeyValueProcesses.put;
import static dev.prism.conformance.KeyValueProcesses.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.prism.conformance.KeyValueProcesses;
import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.sdk.keyvalue.Item;
import dev.prism.sdk.keyvalue.Key;
import dev.prism.sdk.keyvalue.Scan;
import dev.prism.sdk.keyvalue.Unit;
import dev.prism.sdk.keyvalue.UnitResult;
import dev.prism.sdk.keyvalue.Write;
import dev.prism.sdk.keyvalue.WriteResult;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import dev.prism.testservers.RedisServer;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;

/** What is particular to Redis: names kept in step with items, and what others do at the server. */
@Tag("conformance")
class RedisStoreTest implements KeyValueProcesses {
  private static final String NAMES = "{n.c}:names";
  private static final String PLACES = "{n.c}:places";
  private static final String EXPIRING = "{n.}:expiring";
  private static final Key IN_PARTITION = new Key("c", "p", "placed");

  private static RedisServer server;
  private RedisStore store;
  private Jedis client;

  @BeforeAll
  static void startServer(@TempDir Path directory) {
    server = RedisServer.durable(directory);
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @BeforeEach
  void openStore() {
    client = new Jedis("127.0.0.1", server.port());
    client.flushAll();
    store = open();
  }

  @AfterEach
  void closeStore() {
    store.close();
    client.close();
  }

  @Override
  public RedisStore open() {
    return RedisStore.open(
        RedisSettings.of(PluginConfig.of(Map.of("REDIS_URL", server.url()))),
        InstantSource.system());
  }

  private UnitResult write(Write... writes) {
    return store.write("n", List.of(new Unit(List.of(writes), false, null))).getFirst();
  }

  private static Write.Put expiring(Key key, long inMillis) {
    Write.Expiry expiry = new Write.Expiry.At(System.currentTimeMillis() + inMillis);
    return new Write.Put(key, new byte[1], "", Map.of(), expiry, new Write.Condition.None());
  }

  private static Write.Put onlyWhere(Key key, Write.Condition condition) {
    return new Write.Put(key, new byte[2], "", Map.of(), new Write.Expiry.Never(), condition);
  }

  private List<String> scan(Scan scan) {
    List<String> keys = new ArrayList<>();
    store.scan(
        "n",
        Consistency.STRONG,
        scan,
        entries -> keys.addAll(entries.stream().map(entry -> entry.key().key()).toList()));
    return keys;
  }

  private List<String> all() {
    return scan(new Scan("c", null, "", "", Long.MAX_VALUE, false));
  }

  @Test
  void whatExpiresLeavesAllOfTheSets() {
    // Given
    write(
        put(key("stays"), new byte[1]),
        expiring(key("goes"), 60_000),
        expiring(IN_PARTITION, 60_000));
    assertThat(client.zcard(NAMES)).isEqualTo(3);
    assertThat(client.zcard(PLACES)).isEqualTo(1);

    // When
    write(new Write.Expire(key("goes"), System.currentTimeMillis() + 100));
    write(new Write.Expire(IN_PARTITION, System.currentTimeMillis() + 100));

    // Then
    await("the sets have what stays", () -> client.zcard(NAMES) == 1 && !client.exists(EXPIRING));
    assertThat(client.exists(PLACES)).isFalse();
    assertThat(all()).containsExactly("stays");
  }

  @Test
  void aScanPassesNamesWhoseItemsAreGone() {
    // Given
    List<String> keys = IntStream.range(0, 2500).mapToObj("k%04d"::formatted).toList();
    write(keys.stream().map(each -> put(key(each), new byte[1])).toArray(Write[]::new));

    // When
    client.del(keys.stream().limit(2400).map("{n.c}:item:"::concat).toArray(String[]::new));

    // Then
    assertThat(all()).hasSize(100).startsWith("k2400");
    assertThat(scan(new Scan("c", null, "", "", 1, true))).containsExactly("k2400");
  }

  @Test
  void aNameStaysWhoseItemWasWrittenAnewBeforeItWasDue() {
    // Given
    write(put(key("a"), new byte[1]), expiring(key("b"), 60_000));

    // When
    client.zadd(EXPIRING, Map.of("c\0a", 1.0, "c\0b", 1.0));

    // Then
    await("nothing is due", () -> client.zcount(EXPIRING, 0, 1) == 0);
    assertThat(client.zcard(EXPIRING)).isEqualTo(1);
    assertThat(client.zscore(EXPIRING, "c\0b")).isGreaterThan(System.currentTimeMillis());
    assertThat(all()).containsExactly("a", "b");
  }

  @Test
  void aDeleteTakesTheNamesWithIt() {
    // Given
    write(expiring(IN_PARTITION, 60_000));

    // When
    write(new Write.Delete(IN_PARTITION, new Write.Condition.None()));

    // Then
    assertThat(client.keys("{n.*")).isEmpty();
  }

  @Test
  void anItemThatIsNoneFailsAloneAndNotHalfWay() {
    // Given
    client.lpush("{n.c}:item:list", "x");
    client.set("{n.c}:item:text", "x");
    Write.Condition present = new Write.Condition.IfPresent();

    // When
    UnitResult each =
        write(
            put(key("a"), new byte[1]),
            onlyWhere(key("list"), present),
            onlyWhere(key("text"), present));
    UnitResult atomic =
        store
            .write(
                "n",
                List.of(
                    new Unit(
                        List.of(put(key("b"), new byte[1]), onlyWhere(key("list"), present)),
                        true,
                        null)))
            .getFirst();

    // Then
    assertThat(((UnitResult.Applied) each).results())
        .map(WriteResult.Failed.class::isInstance)
        .containsExactly(false, true, true);
    assertThat(atomic).isInstanceOf(UnitResult.Failed.class);
    assertThat(all()).containsExactly("a");
    assertThatThrownBy(() -> read(store, key("text")))
        .isInstanceOfSatisfying(
            PrismException.class, e -> assertThat(e.reason()).isEqualTo(Reason.DATA_CORRUPT));
  }

  @Test
  void aSetThatIsNoneRefusesCheckedWritesBeforeAnyIsDone() {
    // Given
    client.set(NAMES, "x");

    // When
    assertThatThrownBy(
            () ->
                write(
                    new Write.Delete(new Key("d", "k", "k"), new Write.Condition.None()),
                    onlyWhere(key("a"), new Write.Condition.IfAbsent())))
        .isInstanceOfSatisfying(
            PrismException.class,
            e -> assertThat(e.reason()).isEqualTo(Reason.CONSTRAINT_VIOLATED));

    // Then
    assertThat(read(store, key("a"))).isNull();
  }

  @Test
  void aFullMemoryRefusesPutsAndLetsDeletesGoOn() {
    // Given
    write(put(key("a"), new byte[1]));
    client.configSet("maxmemory", "1");
    try {
      // When
      assertThatThrownBy(() -> write(put(key("b"), new byte[1])))
          .isInstanceOfSatisfying(
              PrismException.class, e -> assertThat(e.reason()).isEqualTo(Reason.BACKEND_FULL));
      assertThatThrownBy(() -> write(onlyWhere(key("b"), new Write.Condition.IfAbsent())))
          .isInstanceOfSatisfying(
              PrismException.class, e -> assertThat(e.reason()).isEqualTo(Reason.BACKEND_FULL));
      UnitResult deleted = write(new Write.Delete(key("a"), new Write.Condition.None()));

      // Then
      assertThat(deleted).isEqualTo(new UnitResult.Applied(List.of(new WriteResult.Deleted(true))));
    } finally {
      client.configSet("maxmemory", "0");
    }
    assertThat(all()).isEmpty();
  }

  @Test
  void scriptsThatTheServerHasForgottenAreLoadedAgain() {
    // Given
    write(put(key("a"), new byte[1]), put(key("b"), new byte[1]));

    // When
    client.scriptFlush();

    // Then
    assertThat(store.read("n", Consistency.STRONG, List.of(key("a"), key("b")), 1 << 20))
        .doesNotContainNull();
    client.scriptFlush();
    assertThat(write(onlyWhere(key("c"), new Write.Condition.IfAbsent())))
        .isInstanceOf(UnitResult.Applied.class);
  }

  @Test
  void whatTheServerHeldIsThereAfterItWasKilled() {
    // Given
    write(put(key("a"), new byte[1]), expiring(key("b"), 60_000));
    Item before = read(store, key("b"));

    // When
    server.kill();
    server.start();

    // Then
    assertThat(all()).containsExactly("a", "b");
    Item after = read(store, key("b"));
    assertThat(after).usingRecursiveComparison().isEqualTo(before);
    client.close();
    client = new Jedis("127.0.0.1", server.port());
    assertThat(client.pttl("{n.c}:item:b")).isBetween(1L, 60_000L);
  }
}
