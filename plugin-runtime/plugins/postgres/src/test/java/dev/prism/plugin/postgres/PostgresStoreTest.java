package dev.prism.plugin.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.sdk.keyvalue.Item;
import dev.prism.sdk.keyvalue.Key;
import dev.prism.sdk.keyvalue.Unit;
import dev.prism.sdk.keyvalue.UnitResult;
import dev.prism.sdk.keyvalue.Write;
import dev.prism.sdk.keyvalue.WriteResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the suite does not see: two processes on the same tables, and a read that is too large. */
class PostgresStoreTest {
  private static final int STEPS = 100;

  private static TestDatabase server;

  @BeforeAll
  static void start(@TempDir Path directory) {
    server = TestDatabase.open(directory.resolve("server"));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static PostgresStore store() {
    return new PostgresStore(
        PostgresSettings.of(PluginConfig.of(server.settings())), InstantSource.system());
  }

  private static Key key(String key) {
    return new Key("c", key, key);
  }

  private static Unit put(String key, byte[] value) {
    return new Unit(
        List.of(
            new Write.Put(
                key(key),
                value,
                "",
                Map.of(),
                new Write.Expiry.Never(),
                new Write.Condition.None())),
        false,
        null);
  }

  private static byte[] number(int number) {
    return Integer.toString(number).getBytes(StandardCharsets.US_ASCII);
  }

  private static int number(Item item) {
    return item == null ? 0 : Integer.parseInt(new String(item.value(), StandardCharsets.US_ASCII));
  }

  private static void increase(PostgresStore store) {
    for (int done = 0; done < STEPS; ) {
      Item now = store.read("n", Consistency.STRONG, List.of(key("sum")), 1 << 20).getFirst();
      Write swap =
          new Write.CompareAndSwap(
              key("sum"),
              now == null ? null : now.value(),
              number(number(now) + 1),
              "",
              Map.of(),
              new Write.Expiry.Never());
      UnitResult result =
          store.write("n", List.of(new Unit(List.of(swap), false, null))).getFirst();
      done +=
          ((UnitResult.Applied) result).results().getFirst() instanceof WriteResult.Written ? 1 : 0;
    }
  }

  @Test
  void swapsOfTwoProcessesAreNeverLost() throws Exception {
    try (PostgresStore one = store();
        PostgresStore other = store()) {
      Thread beside = Thread.ofPlatform().start(() -> increase(other));
      increase(one);
      beside.join(TimeUnit.MINUTES.toMillis(1));

      Item sum = one.read("n", Consistency.STRONG, List.of(key("sum")), 1 << 20).getFirst();
      assertThat(number(sum)).isEqualTo(2 * STEPS);
    }
  }

  @Test
  void anIdempotencyKeyTakesEffectOnceWhereTwoProcessesGetItTogether() throws Exception {
    try (PostgresStore one = store();
        PostgresStore other = store()) {
      List<UnitResult> results = Collections.synchronizedList(new ArrayList<>());
      for (int round = 0; round < STEPS; round++) {
        Unit unit = put("once-" + round, number(round));
        Unit once =
            new Unit(
                unit.writes(),
                false,
                new Unit.Idempotency("s", "key-" + round, new byte[32], _ -> new byte[] {1}));
        CyclicBarrier together = new CyclicBarrier(2);
        Thread beside =
            Thread.ofPlatform().start(() -> results.addAll(write(other, together, once)));
        results.addAll(write(one, together, once));
        beside.join(TimeUnit.MINUTES.toMillis(1));
      }

      assertThat(results).hasSize(2 * STEPS);
      assertThat(results.stream().filter(UnitResult.Applied.class::isInstance)).hasSize(STEPS);
      assertThat(results.stream().filter(UnitResult.Replayed.class::isInstance)).hasSize(STEPS);
    }
  }

  private static List<UnitResult> write(PostgresStore store, CyclicBarrier together, Unit unit) {
    try {
      together.await(1, TimeUnit.MINUTES);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
    return store.write("n", List.of(unit));
  }

  @Test
  void aReadEndsWithTheValueThatIsTooMuch() {
    try (PostgresStore store = store()) {
      List<Key> keys = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        store.write("n", List.of(put("large-" + i, new byte[1000])));
        keys.add(key("large-" + i));
      }
      keys.add(1, key("nothing"));

      List<Item> items = store.read("n", Consistency.STRONG, keys, 1500);

      assertThat(items).hasSize(3);
      assertThat(items.get(1)).isNull();
      assertThat(items.get(2).value()).hasSize(1000);
    }
  }
}
