package dev.prism.plugin.sqlite;

import static dev.prism.plugin.sqlite.Fixtures.bytes;
import static dev.prism.plugin.sqlite.Fixtures.count;
import static dev.prism.plugin.sqlite.Fixtures.key;
import static dev.prism.plugin.sqlite.Fixtures.once;
import static dev.prism.plugin.sqlite.Fixtures.open;
import static dev.prism.plugin.sqlite.Fixtures.put;
import static dev.prism.plugin.sqlite.Fixtures.putEtag;
import static dev.prism.plugin.sqlite.Fixtures.unit;
import static dev.prism.plugin.sqlite.Fixtures.value;
import static dev.prism.plugin.sqlite.Fixtures.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.rpc.Status;
import dev.prism.conformance.CallFailedException;
import dev.prism.plugin.sqlite.Fixtures.StillClock;
import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.sdk.keyvalue.Key;
import dev.prism.sdk.keyvalue.Scan;
import dev.prism.sdk.keyvalue.Unit;
import dev.prism.sdk.keyvalue.UnitResult;
import dev.prism.sdk.keyvalue.Write;
import dev.prism.sdk.keyvalue.WriteResult;
import dev.prism.status.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("conformance")
class SqliteStoreTest {
  private static final long MEBIBYTE = 1 << 20;

  @TempDir Path directory;
  private Path file;
  private final StillClock clock = new StillClock();

  @BeforeEach
  void name() {
    file = directory.resolve("prism.db");
  }

  @Test
  void aFailedUnitLeavesNoTraceAndTouchesNoOther() {
    try (SqliteStore store = open(file)) {
      Unit failing =
          new Unit(
              List.of(
                  put("a", bytes("atomic")),
                  new Write.Delete(key("b"), new Write.Condition.IfPresent())),
              true,
              null);

      List<UnitResult> results =
          store.write(
              "n", List.of(unit(put("x", bytes("1"))), failing, unit(put("y", bytes("2")))));

      assertThat(results.get(1)).isInstanceOf(UnitResult.Failed.class);
      assertThat(value(store, "x")).isEqualTo("1");
      assertThat(value(store, "a")).isNull();
      assertThat(value(store, "y")).isEqualTo("2");
    }
  }

  @Test
  void aReadStopsWithTheValueThatGoesOverItsBytes() {
    try (SqliteStore store = open(file)) {
      write(store, unit(put("a", new byte[10])));
      write(store, unit(put("b", new byte[10])));
      write(store, unit(put("c", new byte[10])));
      List<Key> keys = List.of(key("none"), key("a"), key("b"), key("c"));

      assertThat(store.read("n", Consistency.STRONG, keys, 15)).hasSize(3);
      assertThat(store.read("n", Consistency.STRONG, keys, 30)).hasSize(4);
    }
  }

  @Test
  void unitsOfABatchSeeThoseBefore() {
    try (SqliteStore store = open(file)) {
      Write.Put create =
          new Write.Put(
              key("k"),
              bytes("v"),
              "",
              Map.of(),
              new Write.Expiry.Never(),
              new Write.Condition.IfAbsent());

      List<UnitResult> results =
          store.write(
              "n", List.of(unit(create), unit(create), once("i", create), once("i", create)));

      assertThat(results.get(0)).isInstanceOf(UnitResult.Applied.class);
      assertThat(((UnitResult.Applied) results.get(1)).results().getFirst())
          .isInstanceOf(WriteResult.Failed.class);
      assertThat(results.get(3))
          .as("a failure is not remembered")
          .isNotInstanceOf(UnitResult.Replayed.class);
    }
  }

  @Test
  void aThrowingEncoderLeavesNothing() {
    try (SqliteStore store = open(file)) {
      Unit broken =
          new Unit(
              List.of(put("k", bytes("v"))),
              false,
              new Unit.Idempotency(
                  "s",
                  "i",
                  new byte[32],
                  _ -> {
                    throw new IllegalStateException("broken");
                  }));

      assertThatThrownBy(() -> write(store, broken)).isInstanceOf(IllegalStateException.class);

      assertThat(value(store, "k")).isNull();
      putEtag(store, "k", "next");
      assertThat(value(store, "k")).isEqualTo("next");
    }
  }

  @Test
  void aFullDatabaseRefusesWritesKeepsValuesAndGoesOnWhenThereIsRoom() {
    try (SqliteStore store =
        SqliteStore.open(new SqliteSettings(file, 2, MEBIBYTE), InstantSource.system())) {
      putEtag(store, "old", "kept");
      List<Write> filling = new ArrayList<>();
      for (int i = 0; i < 7; i++) {
        write(store, unit(put("fill-" + i, new byte[128 * 1024])));
        filling.add(new Write.Delete(key("fill-" + i), new Write.Condition.None()));
      }

      List<UnitResult> results =
          store.write(
              "n",
              List.of(unit(put("old", new byte[512 * 1024])), unit(put("small", bytes("fits")))));

      assertThat(reason(results.get(0))).isEqualTo(Reason.BACKEND_FULL.name());
      assertThat(results.get(1)).as("the guilty one only").isInstanceOf(UnitResult.Applied.class);
      assertThat(value(store, "old")).isEqualTo("kept");
      store.write("n", List.of(new Unit(filling, false, null)));
      assertThat(write(store, unit(put("old", new byte[512 * 1024]))))
          .isInstanceOf(UnitResult.Applied.class);
    }
  }

  @Test
  void expiredItemsAreGoneAtOnceAndSweptInSteps() throws SQLException {
    try (SqliteStore store = open(file, clock)) {
      long soon = clock.millis.get() + 1000;
      for (int i = 0; i < 3; i++) {
        int from = i * 50;
        Write[] fifty =
            IntStream.range(from, from + 50)
                .mapToObj(k -> put("k" + k, bytes("v"), new Write.Expiry.At(soon)))
                .toArray(Write[]::new);
        write(store, unit(fifty));
      }
      putEtag(store, "stays", "v");
      clock.millis.addAndGet(1000);

      assertThat(value(store, "k0")).isNull();

      store.writes().sweepIsDue();
      putEtag(store, "stays", "w");
      assertThat(count(file, "item")).as("one step").isEqualTo(151 - WriteAhead.SWEEP_ROWS);
      putEtag(store, "stays", "x");
      putEtag(store, "stays", "y");
      assertThat(count(file, "item")).isEqualTo(1);
      assertThat(store.writes().isSweepDue()).isFalse();
    }
  }

  @Test
  void expiredItemsAreSweptWithoutAnyWrite() throws SQLException {
    try (SqliteStore store = open(file, clock)) {
      write(store, unit(put("k", bytes("v"), new Write.Expiry.At(clock.millis.get() + 1))));
      clock.millis.addAndGet(2);

      store.upkeep().step();
      store.upkeep().step();

      assertThat(count(file, "item")).isZero();
    }
  }

  @Test
  void idempotencyKeysAreForgottenAfterTheirTimeOnly() throws SQLException {
    try (SqliteStore store = open(file, clock)) {
      write(store, once("i", put("k", bytes("v"))));
      clock.millis.addAndGet(Duration.ofHours(24).toMillis());

      store.upkeep().step();
      store.upkeep().step();

      assertThat(write(store, once("i", put("k", bytes("v")))))
          .isInstanceOf(UnitResult.Replayed.class);
      clock.millis.addAndGet(Duration.ofHours(2).toMillis());
      store.upkeep().step();
      store.upkeep().step();
      assertThat(count(file, "idempotency")).isZero();
    }
  }

  @Test
  void theLogStaysBounded() throws IOException, SQLException {
    try (SqliteStore store = open(file)) {
      byte[] value = new byte[(int) MEBIBYTE];
      long largest = 0;

      for (int i = 0; i < 200; i++) {
        write(store, unit(put("k" + i % 8, value)));
        if (store.writes().commits().estimatedBytes() >= Upkeep.CHECKPOINT_BYTES) {
          store.upkeep().step();
        }
        largest = Math.max(largest, Files.size(directory.resolve("prism.db-wal")));
      }

      assertThat(largest).isLessThan(3 * Upkeep.CHECKPOINT_BYTES);
      assertThat(Files.size(file)).isLessThan(32 * MEBIBYTE);
    }
  }

  @Test
  void aScanHoldsNoTransactionWhileItsTakerIsSlow() throws SQLException {
    try (SqliteStore store = open(file)) {
      for (int i = 0; i < 30; i++) {
        write(store, unit(put("k%02d".formatted(i), new byte[100_000])));
      }
      List<String> seen = new ArrayList<>();

      store.scan(
          "n",
          Consistency.STRONG,
          new Scan("c", null, "", "", Long.MAX_VALUE, false),
          entries -> {
            entries.forEach(entry -> seen.add(entry.key().key()));
            putEtag(store, "k29", "changed while scanning");
            putEtag(store, seen.getFirst(), "changed behind");
            try {
              store.writes().commits().paused(() -> {});
            } catch (SQLException e) {
              throw new AssertionError(e);
            }
            return true;
          });

      assertThat(seen).hasSize(30).doesNotHaveDuplicates().isSorted();
    }
  }

  @Test
  void aScanStopsWhenItsTakerIsGone() {
    try (SqliteStore store = open(file)) {
      for (int i = 0; i < 30; i++) {
        write(store, unit(put("k%02d".formatted(i), new byte[100_000])));
      }
      List<Integer> pages = new ArrayList<>();

      store.scan(
          "n",
          Consistency.STRONG,
          new Scan("c", null, "", "", Long.MAX_VALUE, false),
          entries -> {
            pages.add(entries.size());
            return false;
          });

      assertThat(pages).hasSize(1);
    }
  }

  @Test
  void namespacesAreApart() {
    try (SqliteStore store = open(file)) {
      store.write("one", List.of(unit(put("k", bytes("one")))));

      store.write("n", List.of(unit(put("k", bytes("n")))));

      assertThat(store.read("one", Consistency.STRONG, List.of(key("k")), 1).getFirst().value())
          .isEqualTo(bytes("one"));
      assertThat(value(store, "k")).isEqualTo("n");
    }
  }

  private static String reason(UnitResult result) {
    Status status = ((UnitResult.Failed) result).status();
    return CallFailedException.reason(status);
  }
}
