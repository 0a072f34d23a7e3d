package dev.prism.plugin.memory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.sdk.keyvalue.Item;
import dev.prism.sdk.keyvalue.Key;
import dev.prism.sdk.keyvalue.Scan;
import dev.prism.sdk.keyvalue.Unit;
import dev.prism.sdk.keyvalue.UnitResult;
import dev.prism.sdk.keyvalue.Write;
import dev.prism.sdk.keyvalue.WriteResult;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MemoryStoreTest {
  private static final int VALUE_BYTES = 10_000;

  private final AtomicLong now = new AtomicLong(1_000);
  private final MemoryStore store = new MemoryStore(() -> Instant.ofEpochMilli(now.get()), 1 << 20);

  private static Key key(String key) {
    return new Key("c", key, key);
  }

  private static Write put(String key, int bytes, Write.Expiry expiry) {
    return new Write.Put(
        key(key), new byte[bytes], "", Map.of(), expiry, new Write.Condition.None());
  }

  private static Write put(String key, int bytes) {
    return put(key, bytes, new Write.Expiry.Never());
  }

  private UnitResult write(boolean atomic, Write... writes) {
    return store.write("n", List.of(new Unit(List.of(writes), atomic, null))).getFirst();
  }

  private boolean isWritten(Write write) {
    return write(false, write) instanceof UnitResult.Applied(List<WriteResult> results)
        && results.getFirst() instanceof WriteResult.Written;
  }

  private Item read(String key) {
    return store.read("n", Consistency.STRONG, List.of(key(key)), 1).getFirst();
  }

  private int fill(Write.Expiry expiry) {
    int count = 0;
    while (isWritten(put("k" + count, VALUE_BYTES, expiry))) {
      count++;
    }
    return count;
  }

  @Test
  void aFullStoreRefusesWritesAndKeepsWhatItHas() {
    int held = fill(new Write.Expiry.Never());

    boolean more = isWritten(put("more", VALUE_BYTES));

    assertThat(more).isFalse();
    assertThat(held).isBetween(90, 104);
    assertThat(read("k0").value()).hasSize(VALUE_BYTES);
    assertThat(read("more")).isNull();
  }

  @Test
  void aFullStoreTakesWhatReplacesAndRoomThatWasFreed() {
    fill(new Write.Expiry.Never());

    assertThat(isWritten(put("k0", VALUE_BYTES))).isTrue();
    write(false, new Write.Delete(key("k1"), new Write.Condition.None()));
    assertThat(isWritten(put("more", VALUE_BYTES))).isTrue();
  }

  @Test
  void expiredItemsMakeRoomForAll() {
    int held = fill(new Write.Expiry.At(2_000));
    now.set(2_000);

    int again = fill(new Write.Expiry.Never());

    assertThat(again).isEqualTo(held);
  }

  @Test
  void overwritingDoesNotGrowTheStore() {
    for (int i = 0; i < 10_000; i++) {
      assertThat(isWritten(put("k", VALUE_BYTES, new Write.Expiry.At(1_000_000 + i)))).isTrue();
    }
  }

  @Test
  void anAtomicBatchThatDoesNotFitLeavesNothing() {
    UnitResult result = write(true, put("a", 100), put("b", 2 << 20));

    assertThat(result).isInstanceOf(UnitResult.Failed.class);
    assertThat(read("a")).isNull();
  }

  @Test
  void aScanSeesAtomicBatchesWhole() throws Exception {
    AtomicBoolean stop = new AtomicBoolean();
    List<Integer> seen = new ArrayList<>();
    Thread scanner =
        Thread.ofPlatform()
            .start(
                () -> {
                  while (!stop.get()) {
                    store.scan(
                        "n",
                        Consistency.STRONG,
                        new Scan("c", null, "", "", Long.MAX_VALUE, false),
                        entries -> {
                          // Of one length each batch; a page holds all of it or is shorter.
                          if (entries.size() == 8) {
                            seen.add(
                                (int)
                                    entries.stream()
                                        .mapToInt(entry -> entry.item().value().length)
                                        .distinct()
                                        .count());
                          }
                          return true;
                        });
                  }
                });

    for (int i = 1; i <= 20_000; i++) {
      int length = i % 50;
      write(true, IntStream.range(0, 8).mapToObj(k -> put("k" + k, length)).toArray(Write[]::new));
    }
    stop.set(true);
    scanner.join();

    assertThat(seen).isNotEmpty().containsOnly(1);
  }
}
