package dev.prism.plugin.memory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.plugin.memory.StoredItem.Content;
import dev.prism.sdk.keyvalue.Item;
import dev.prism.sdk.keyvalue.Key;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StoredItemTest {
  private static final Key KEY = new Key("c", "k", "k");

  private static Content content(byte[] value, long number) {
    return new Content(value, number, Item.NEVER, "", Map.of());
  }

  private static byte[] filled(int length, int with) {
    byte[] bytes = new byte[length];
    Arrays.fill(bytes, (byte) with);
    return bytes;
  }

  @Test
  void whatAnotherThreadReadsIsWhole() throws Exception {
    // Given an item whose value, length, etag, type, metadata and expiry tell which write they are
    // of
    Content[] contents = new Content[8];
    for (int i = 0; i < contents.length; i++) {
      String text = Integer.toString(i);
      contents[i] = new Content(filled(1000 + i, i), i, 10_000 + i, text, Map.of("of", text));
    }
    StoredItem stored = new StoredItem(KEY, contents[0]);
    Map<Integer, String> etags = new ConcurrentHashMap<>();
    for (int i = 0; i < contents.length; i++) {
      etags.put(i, contents[i].etag());
    }
    Thread writer =
        Thread.ofPlatform()
            .start(
                () -> {
                  for (int i = 0; !Thread.currentThread().isInterrupted(); i++) {
                    stored.set(contents[i % contents.length]);
                  }
                });

    // When
    int[] seen = new int[contents.length];
    for (int i = 0; i < 20_000; i++) {
      Item item = stored.item();

      // Then
      int of = item.value()[0];
      assertThat(item.value()).isEqualTo(contents[of].value());
      assertThat(item.etag()).isEqualTo(etags.get(of));
      assertThat(item.expiresAtMillis()).isEqualTo(10_000 + of);
      assertThat(item.contentType()).isEqualTo(Integer.toString(of));
      assertThat(item.metadata()).isEqualTo(Map.of("of", Integer.toString(of)));
      seen[of]++;
    }
    writer.interrupt();
    writer.join();
    assertThat(Arrays.stream(seen).filter(count -> count > 0).count()).isGreaterThan(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4096, 4097, 1 << 20})
  void whatWasReadStaysAsItWas(int length) {
    StoredItem stored = new StoredItem(KEY, content(filled(length, 1), 1));
    Item read = stored.item();

    stored.set(content(filled(length, 2), 2));

    assertThat(read.value()).isEqualTo(filled(length, 1));
    assertThat(stored.item().value()).isEqualTo(filled(length, 2));
    assertThat(stored.item().etag()).isNotEqualTo(read.etag());
  }

  @Test
  void twoItemsOfOneValueAreWrittenApart() {
    byte[] value = filled(10, 1);
    StoredItem first = new StoredItem(KEY, content(value, 1));
    StoredItem second = new StoredItem(KEY, content(value, 2));

    first.set(content(filled(10, 3), 3));

    assertThat(second.item().value()).isEqualTo(filled(10, 1));
    assertThat(value).isEqualTo(filled(10, 1));
  }

  @Test
  void valuesGrowAndShrinkAndTheirBytesAreCounted() {
    StoredItem stored = new StoredItem(KEY, content(new byte[0], 0));
    for (int length : new int[] {10, 9, 0, 4096, 2048, 100, 5000, 4096, 1}) {
      Content content = content(filled(length, length), length);
      long expected = stored.bytes() + stored.growth(content);

      stored.set(content);

      assertThat(stored.item().value()).isEqualTo(content.value());
      assertThat(stored.bytes()).isEqualTo(expected);
      assertThat(stored.bytes()).isBetween(370L + length, 370L + 4 + 2L * length);
    }
  }

  @Test
  void aValueIsReplacedWithoutGarbage() {
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    Content[] contents = {content(filled(256, 1), 1), content(filled(200, 2), 2)};
    StoredItem stored = new StoredItem(KEY, contents[0]);

    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < 10_000; i++) {
      stored.set(contents[i % 2]);
    }
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;

    // The JVM's own, while it compiles
    assertThat(allocated).isLessThan(10_000);
  }
}
