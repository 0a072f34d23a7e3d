package dev.prism.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.sdk.keyvalue.Item;
import dev.prism.sdk.keyvalue.Key;
import dev.prism.sdk.keyvalue.KeyValueStore;
import dev.prism.sdk.keyvalue.Unit;
import dev.prism.sdk.keyvalue.UnitResult;
import dev.prism.sdk.keyvalue.Write;
import dev.prism.sdk.keyvalue.WriteResult;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * What the suite does not see: two stores on the same data, as two processes have them, and a read
 * that is too large. For backends with COMPARE_AND_SWAP and IDEMPOTENCY.
 */
public interface KeyValueProcesses {
  /** How often two stores do the same thing at the same time. */
  int STEPS = 100;

  /** Opens a store as another process would. */
  KeyValueStore open();

  @Test
  default void swapsOfTwoProcessesAreNeverLost() throws Exception {
    try (KeyValueStore one = open();
        KeyValueStore other = open()) {
      Thread beside = Thread.ofPlatform().start(() -> increase(other));
      increase(one);
      beside.join(TimeUnit.MINUTES.toMillis(1));

      assertThat(number(read(one, key("sum")))).isEqualTo(2 * STEPS);
    }
  }

  @Test
  default void anIdempotencyKeyTakesEffectOnceWhereTwoProcessesGetItTogether() throws Exception {
    try (KeyValueStore one = open();
        KeyValueStore other = open()) {
      List<UnitResult> results = Collections.synchronizedList(new ArrayList<>());
      for (int round = 0; round < STEPS; round++) {
        Unit once =
            new Unit(
                List.of(put(key("once-" + round), number(round))),
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

  @Test
  default void aReadEndsWithTheValueThatIsTooMuch() {
    try (KeyValueStore store = open()) {
      List<Key> keys = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        Key key = key("large-" + i);
        store.write("n", List.of(new Unit(List.of(put(key, new byte[1000])), false, null)));
        keys.add(key);
      }
      keys.add(1, key("nothing"));

      List<@Nullable Item> items = store.read("n", Consistency.STRONG, keys, 1500);

      assertThat(items).hasSize(3);
      assertThat(items.get(1)).isNull();
      assertThat(items.get(2)).isNotNull();
    }
  }

  /** A key that is its partition, of one collection. */
  static Key key(String key) {
    return new Key("c", key, key);
  }

  /** A put on no condition of what stays. */
  static Write.Put put(Key key, byte[] value) {
    return new Write.Put(
        key, value, "", Map.of(), new Write.Expiry.Never(), new Write.Condition.None());
  }

  /** The item, or null. */
  static @Nullable Item read(KeyValueStore store, Key key) {
    return store.read("n", Consistency.STRONG, List.of(key), 1 << 20).getFirst();
  }

  private static byte[] number(int number) {
    return Integer.toString(number).getBytes(StandardCharsets.US_ASCII);
  }

  private static int number(@Nullable Item item) {
    return item == null ? 0 : Integer.parseInt(new String(item.value(), StandardCharsets.US_ASCII));
  }

  private static void increase(KeyValueStore store) {
    for (int done = 0; done < STEPS; ) {
      Item now = read(store, key("sum"));
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

  private static List<UnitResult> write(KeyValueStore store, CyclicBarrier together, Unit unit) {
    try {
      together.await(1, TimeUnit.MINUTES);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
    return store.write("n", List.of(unit));
  }
}
