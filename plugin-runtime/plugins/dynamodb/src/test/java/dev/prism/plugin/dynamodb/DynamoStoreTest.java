package dev.prism.plugin.dynamodb;

import static dev.prism.plugin.dynamodb.Fixtures.atomic;
import static dev.prism.plugin.dynamodb.Fixtures.key;
import static dev.prism.plugin.dynamodb.Fixtures.once;
import static dev.prism.plugin.dynamodb.Fixtures.put;
import static dev.prism.plugin.dynamodb.Fixtures.read;
import static dev.prism.plugin.dynamodb.Fixtures.reason;
import static dev.prism.plugin.dynamodb.Fixtures.status;
import static dev.prism.plugin.dynamodb.Fixtures.value;
import static dev.prism.plugin.dynamodb.Fixtures.write;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.rpc.Status;
import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.sdk.keyvalue.Item;
import dev.prism.sdk.keyvalue.Key;
import dev.prism.sdk.keyvalue.Scan;
import dev.prism.sdk.keyvalue.Unit;
import dev.prism.sdk.keyvalue.UnitResult;
import dev.prism.sdk.keyvalue.Write;
import dev.prism.sdk.keyvalue.WriteResult;
import dev.prism.testservers.DynamoDbServer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the suite does not see: two processes on one table, and DynamoDB's own bounds. */
@Tag("conformance")
class DynamoStoreTest {
  private static final int STEPS = 50;

  private static DynamoDbServer server;

  @BeforeAll
  static void start(@TempDir Path directory) {
    server = DynamoDbServer.forTests(directory);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static DynamoStore store() {
    return Fixtures.store(server.settings());
  }

  private static int number(Item item) {
    return item == null ? 0 : Integer.parseInt(new String(item.value(), StandardCharsets.US_ASCII));
  }

  private static void increase(DynamoStore store) {
    for (int done = 0; done < STEPS; ) {
      Item now = read(store, "sum");
      byte[] next = Integer.toString(number(now) + 1).getBytes(StandardCharsets.US_ASCII);
      Write swap =
          new Write.CompareAndSwap(
              key("sum"),
              now == null ? null : now.value(),
              next,
              "",
              Map.of(),
              new Write.Expiry.Never());
      done += write(store, swap) instanceof WriteResult.Written ? 1 : 0;
    }
  }

  @Test
  void swapsOfTwoProcessesAreNeverLost() throws Exception {
    try (DynamoStore one = store();
        DynamoStore other = store()) {
      Thread beside = Thread.ofPlatform().start(() -> increase(other));
      increase(one);
      beside.join(TimeUnit.MINUTES.toMillis(1));

      assertThat(number(read(one, "sum"))).isEqualTo(2 * STEPS);
    }
  }

  @Test
  void anIdempotencyKeyTakesEffectOnceWhereTwoProcessesGetItTogether() throws Exception {
    try (DynamoStore one = store();
        DynamoStore other = store()) {
      List<UnitResult> results = Collections.synchronizedList(new ArrayList<>());
      for (int round = 0; round < STEPS; round++) {
        Unit once = once("key-" + round, put("once-" + round, "v"));
        CyclicBarrier together = new CyclicBarrier(2);
        Thread beside =
            Thread.ofPlatform().start(() -> results.addAll(writeTogether(other, together, once)));
        results.addAll(writeTogether(one, together, once));
        beside.join(TimeUnit.MINUTES.toMillis(1));
      }

      assertThat(results).hasSize(2 * STEPS);
      assertThat(results.stream().filter(UnitResult.Applied.class::isInstance)).hasSize(STEPS);
      assertThat(results.stream().filter(UnitResult.Replayed.class::isInstance)).hasSize(STEPS);
    }
  }

  private static List<UnitResult> writeTogether(
      DynamoStore store, CyclicBarrier together, Unit unit) {
    try {
      together.await(1, TimeUnit.MINUTES);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
    return store.write("n", List.of(unit));
  }

  @Test
  void unitsThatShareATransactionFailEachForItself() {
    try (DynamoStore store = store()) {
      store.write("n", List.of(once("known", put("shared-1", "first"))));

      List<UnitResult> results =
          store.write(
              "n",
              List.of(
                  once("new-0", put("shared-0", "v")),
                  once("known", put("shared-1", "second")),
                  once("new-2", put("shared-2", "v"))));

      assertThat(results.get(0)).isInstanceOf(UnitResult.Applied.class);
      assertThat(results.get(1)).isInstanceOf(UnitResult.Replayed.class);
      assertThat(results.get(2)).isInstanceOf(UnitResult.Applied.class);
      assertThat(value(store, "shared-0")).isEqualTo("v");
      assertThat(value(store, "shared-1")).isEqualTo("first");
      assertThat(value(store, "shared-2")).isEqualTo("v");
    }
  }

  @Test
  void anAtomicBatchHasAtMostAHundredWritesAndOneLessWithAnIdempotencyKey() {
    try (DynamoStore store = store()) {
      List<Write> most = puts("hundred-", 100, 1);
      List<Write> more = puts("hundred-and-one-", 101, 1);

      List<UnitResult> results =
          store.write(
              "n",
              List.of(atomic(most), atomic(more), once("hundred", most.toArray(Write[]::new))));

      assertThat(results.get(0)).isInstanceOf(UnitResult.Applied.class);
      Status refused = status(results.get(1));
      assertThat(reason(refused)).isEqualTo("BATCH_SIZE_INVALID");
      assertThat(refused.getMessage()).contains("at most 100 entries").contains("not 101");
      assertThat(value(store, "hundred-and-one-0")).isNull();
      Status keyed = status(results.get(2));
      assertThat(reason(keyed)).isEqualTo("BATCH_SIZE_INVALID");
      assertThat(keyed.getMessage()).contains("at most 99 entries");
    }
  }

  @Test
  void anAtomicBatchHasAtMostFourMebibytes() {
    try (DynamoStore store = store()) {
      List<UnitResult> results =
          store.write(
              "n",
              List.of(atomic(puts("four-", 10, 388 << 10)), atomic(puts("over-", 11, 388 << 10))));

      assertThat(results.get(0)).isInstanceOf(UnitResult.Applied.class);
      Status refused = status(results.get(1));
      assertThat(reason(refused)).isEqualTo("MESSAGE_TOO_LARGE");
      assertThat(refused.getMessage()).contains(Integer.toString(4 << 20));
      assertThat(value(store, "over-0")).isNull();
    }
  }

  @Test
  void aBatchThatIsNotAtomicMayHaveMore() {
    try (DynamoStore store = store()) {
      Unit many = new Unit(puts("many-", 130, 1), false, null);

      UnitResult result = store.write("n", List.of(many)).getFirst();

      assertThat(((UnitResult.Applied) result).results())
          .hasSize(130)
          .allMatch(WriteResult.Written.class::isInstance);
      List<Key> keys = IntStream.range(0, 130).mapToObj(i -> key("many-" + i)).toList();
      assertThat(store.read("n", new Consistency(Consistency.Level.EVENTUAL, 0), keys, 1 << 20))
          .hasSize(130)
          .doesNotContainNull();
    }
  }

  private static List<Write> puts(String prefix, int count, int bytes) {
    return IntStream.range(0, count)
        .mapToObj(i -> put(prefix + i, new byte[bytes], new Write.Condition.None()))
        .toList();
  }

  @Test
  void aSwapThatExpectsMoreThanAnItemHoldsFindsAnother() {
    try (DynamoStore store = store()) {
      write(store, put("small", "v"));
      Write swap =
          new Write.CompareAndSwap(
              key("small"), new byte[1 << 20], new byte[1], "", Map.of(), new Write.Expiry.Never());

      WriteResult result = write(store, swap);

      assertThat(result).isInstanceOf(WriteResult.NotSwapped.class);
      assertThat(((WriteResult.NotSwapped) result).current().value()).hasSize(1);
    }
  }

  @Test
  void aReadEndsWithTheValueThatIsTooMuch() {
    try (DynamoStore store = store()) {
      List<Key> keys = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        write(store, put("large-" + i, "x".repeat(1000)));
        keys.add(key("large-" + i));
      }
      keys.add(1, key("nothing"));

      List<Item> items = store.read("n", Consistency.STRONG, keys, 1500);

      assertThat(items).hasSize(3);
      assertThat(items.get(1)).isNull();
      assertThat(items.get(2).value()).hasSize(1000);
    }
  }

  @Test
  void moreThanAnAnswerHoldsIsReadInParts() {
    try (DynamoStore store = store()) {
      List<Key> keys = new ArrayList<>();
      for (int i = 0; i < 45; i++) {
        keys.add(key("mebi-" + i));
      }
      store.write("n", List.of(new Unit(puts("mebi-", 45, 380 << 10), false, null)));

      List<Item> read = new ArrayList<>();
      while (read.size() < keys.size()) {
        read.addAll(
            store.read("n", Consistency.STRONG, keys.subList(read.size(), keys.size()), 16 << 20));
      }

      assertThat(read).hasSize(45).allMatch(item -> item.value().length == 380 << 10);
    }
  }

  @Test
  void aScanBeginsWithinItsPrefixOrNotAtAll() {
    try (DynamoStore store = store()) {
      for (String key : List.of("a", "b1", "b2", "c")) {
        write(
            store,
            new Write.Put(
                new Key("scan", "p", key),
                new byte[0],
                "",
                Map.of(),
                new Write.Expiry.Never(),
                new Write.Condition.None()));
      }

      assertThat(scan(store, "b", "a")).containsExactly("b1", "b2");
      assertThat(scan(store, "b", "b1")).containsExactly("b2");
      assertThat(scan(store, "b", "b")).containsExactly("b1", "b2");
      assertThat(scan(store, "b", "b3")).isEmpty();
      assertThat(scan(store, "b", "c")).isEmpty();
      assertThat(scan(store, "", "b15")).containsExactly("b2", "c");
    }
  }

  private static List<String> scan(DynamoStore store, String prefix, String after) {
    List<String> keys = new ArrayList<>();
    store.scan(
        "n",
        Consistency.STRONG,
        new Scan("scan", "p", prefix, after, Long.MAX_VALUE, false),
        entries -> keys.addAll(entries.stream().map(entry -> entry.key().key()).toList()));
    return keys;
  }
}
