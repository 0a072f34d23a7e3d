package dev.prism.conformance;

import static dev.prism.conformance.KeyValueFixture.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.prism.keyvalue.v1.BatchPutEntry;
import dev.prism.keyvalue.v1.BatchPutRequest;
import dev.prism.keyvalue.v1.DeleteRequest;
import dev.prism.keyvalue.v1.PutRequest;
import dev.prism.keyvalue.v1.ScanEntry;
import dev.prism.keyvalue.v1.ScanRequest;
import dev.prism.keyvalue.v1.ScanResponse;
import dev.prism.sdk.Capability;
import dev.prism.status.Reason;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Scans: order, pages, prefixes and what happens meanwhile. */
public interface KeyValueScans extends KeyValueFixture {
  @Test
  default void aPartitionIsScannedInKeyOrder() {
    String collection = newCollection();
    for (String key : List.of("b", "a", "c", "p")) {
      putIn(collection, "p", key);
    }
    putIn(collection, "q", "b");
    put(collection, "d", "in its own partition");

    List<ScanEntry> entries = scan(in(collection, "p").build());

    assertThat(entries.stream().map(ScanEntry::getKey)).isEqualTo(List.of("a", "b", "c", "p"));
    assertThat(entries).allMatch(entry -> entry.getPartitionKey().equals("p"));
    assertThat(entries.getFirst().getItem().getValue().toStringUtf8()).isEqualTo("p/a");
    assertThat(scanKeys(in(collection, "d").build())).isEqualTo(List.of("d"));
    assertThat(scanKeys(in(collection, "nothing").build())).isEmpty();
  }

  @Test
  default void aPartitionIsScannedByPrefixFromAKeyOnAndToALimit() {
    String collection = newCollection();
    for (String key : List.of("a", "p1", "p2", "p3", "p4", "q")) {
      putIn(collection, "p", key);
    }

    List<String> keys =
        scanKeys(in(collection, "p").setPrefix("p").setStartAfter("p1").setLimit(2).build());

    assertThat(keys).isEqualTo(List.of("p2", "p3"));
  }

  @Test
  default void allOfACollectionIsScannedInKeyOrder() {
    needs(Capability.GLOBAL_SCAN);
    String collection = newCollection();
    put(collection, "b", "1");
    putIn(collection, "z", "a");
    putIn(collection, "a", "c");
    putIn(collection, "q", "b");

    List<ScanEntry> entries = scan(all(collection).build());

    assertThat(entries.stream().map(ScanEntry::getKey)).isEqualTo(List.of("a", "b", "b", "c"));
    assertThat(entries.stream().map(ScanEntry::getPartitionKey))
        .containsExactlyInAnyOrder("z", "b", "q", "a");
    assertThat(scanKeys(all(collection).setStartAfter("b").build())).isEqualTo(List.of("c"));
    assertThat(scan(all(newCollection()).build())).isEmpty();
  }

  @Test
  default void keysAreOrderedByTheirUtf8Bytes() {
    needs(Capability.GLOBAL_SCAN);
    String collection = newCollection();
    // U+FFFD sorts after the surrogates of U+1F388 in UTF-16, and before it in UTF-8.
    List<String> keys =
        List.of(
            "a", "B", "b", "é", "e\u0301", "\uFFFD", "🎈", "z", "a\u0000", "\u0000", "ab", "10",
            "9");
    keys.forEach(key -> put(collection, key, ""));

    List<String> scanned = scanKeys(all(collection).build());

    assertThat(scanned).isEqualTo(keys.stream().sorted(UTF8).toList());
    assertThat(scanKeys(all(collection).setStartAfter("\uFFFD").build())).isEqualTo(List.of("🎈"));
    assertThat(scanKeys(all(collection).setPrefix("a").setStartAfter("Z").build()))
        .isEqualTo(List.of("a", "a\u0000", "ab"));
  }

  @Test
  default void wildcardsInAPrefixAreLiteral() {
    needs(Capability.GLOBAL_SCAN);
    String collection = newCollection();
    for (String key : List.of("a%b", "a%c", "axb", "a_b", "ayb", "a*b", "a\\b", "A%b", "a[b")) {
      put(collection, key, "");
    }

    List<String> percent = scanKeys(all(collection).setPrefix("a%").build());

    assertThat(percent).isEqualTo(List.of("a%b", "a%c"));
    for (String literal : List.of("a_", "a*", "a\\", "a[")) {
      assertThat(scanKeys(all(collection).setPrefix(literal).build()))
          .isEqualTo(List.of(literal + "b"));
    }
    assertThat(scanKeys(all(collection).setPrefix("a?").build())).isEmpty();
    assertThat(scanKeys(all(collection).setPrefix("'").build())).isEmpty();
  }

  @Test
  default void manyItemsComeInPagesEachOnceAndInOrder() {
    needs(Capability.GLOBAL_SCAN);
    String collection = newCollection();
    List<String> keys = fill(collection, 2500, "");

    List<String> scanned = scanKeys(all(collection).build());

    assertThat(scanned).isEqualTo(keys);
    assertThat(scanKeys(all(collection).setLimit(1500).build())).isEqualTo(keys.subList(0, 1500));
    assertThat(scanKeys(all(collection).setStartAfter(keys.get(1999)).build()))
        .isEqualTo(keys.subList(2000, 2500));
  }

  @Test
  default void aPageIsBoundByBytes() {
    needs(Capability.GLOBAL_SCAN);
    String collection = newCollection();
    fill(collection, 40, "x".repeat(100_000));

    Iterator<ScanResponse> messages = api().scan(all(collection).build());

    int seen = 0;
    while (messages.hasNext()) {
      ScanResponse message = messages.next();
      seen += message.getEntriesCount();
      assertThat(message.getSerializedSize()).isLessThan(512 * 1024);
    }
    assertThat(seen).isEqualTo(40);
  }

  @Test
  default void keysOnlyLeavesTheValuesOut() {
    needs(Capability.GLOBAL_SCAN);
    String collection = newCollection();
    String etag = put(collection, "k", "value").getEtag();

    ScanEntry entry = scan(all(collection).setKeysOnly(true).build()).getFirst();

    assertThat(entry.getKey()).isEqualTo("k");
    assertThat(entry.getItem().getValue()).isEqualTo(ByteString.EMPTY);
    assertThat(entry.getItem().getEtag()).isEqualTo(etag);
  }

  @Test
  default void aScanSurvivesDeletesAndWritesMeanwhile() {
    needs(Capability.GLOBAL_SCAN);
    String collection = newCollection();
    // The values make the scan longer than what may be on its way, so that it is under way still
    // when the changes happen.
    List<String> keys = fill(collection, 3000, "x".repeat(2000));
    Iterator<ScanResponse> messages = api().scan(all(collection).build());
    List<String> seen = new ArrayList<>();
    messages.next().getEntriesList().forEach(entry -> seen.add(entry.getKey()));

    for (int i = 0; i < keys.size(); i += 3) {
      api()
          .delete(DeleteRequest.newBuilder().setCollection(collection).setKey(keys.get(i)).build());
      put(collection, keys.get(i + 1), "changed");
      put(collection, keys.get(i) + "-new", "new");
    }

    while (messages.hasNext()) {
      messages.next().getEntriesList().forEach(entry -> seen.add(entry.getKey()));
    }
    assertThat(seen).doesNotHaveDuplicates().isSortedAccordingTo(UTF8);
    List<String> stayed =
        IntStream.range(0, keys.size()).filter(i -> i % 3 != 0).mapToObj(keys::get).toList();
    assertThat(seen).containsAll(stayed);
  }

  @Test
  default void aScanOfAllNeedsItsCapability() {
    lacks(Capability.GLOBAL_SCAN);

    assertFails(Reason.PARTITION_KEY_REQUIRED, () -> scan(all(newCollection()).build()));
  }

  /** The order of the contract. */
  Comparator<String> UTF8 =
      (a, b) ->
          Arrays.compareUnsigned(
              a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));

  private List<String> fill(String collection, int count, String value) {
    List<String> keys = IntStream.range(0, count).mapToObj("key-%06d"::formatted).toList();
    int step = 200;
    for (int from = 0; from < count; from += step) {
      BatchPutRequest.Builder batch = BatchPutRequest.newBuilder().setCollection(collection);
      for (String key : keys.subList(from, Math.min(count, from + step))) {
        batch.addEntries(
            BatchPutEntry.newBuilder().setKey(key).setValue(ByteString.copyFromUtf8(value)));
        if (batch.getEntriesCount() * (long) value.length() > 500_000) {
          api().batchPut(batch.build());
          batch.clearEntries();
        }
      }
      if (batch.getEntriesCount() > 0) {
        api().batchPut(batch.build());
      }
    }
    return keys;
  }

  private void putIn(String collection, String partition, String key) {
    api()
        .put(
            PutRequest.newBuilder()
                .setCollection(collection)
                .setPartitionKey(partition)
                .setKey(key)
                .setValue(ByteString.copyFromUtf8(partition + "/" + key))
                .build());
  }

  private static ScanRequest.Builder all(String collection) {
    return ScanRequest.newBuilder().setCollection(collection);
  }

  private static ScanRequest.Builder in(String collection, String partition) {
    return all(collection).setPartitionKey(partition);
  }
}
