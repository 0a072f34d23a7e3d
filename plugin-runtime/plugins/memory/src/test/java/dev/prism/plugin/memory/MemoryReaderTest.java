package dev.prism.plugin.memory;

import static dev.prism.conformance.KeyValueFixture.assertFails;
import static dev.prism.conformance.ReaderFixture.rows;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.prism.conformance.HostedReaderSuite;
import dev.prism.conformance.JsonItems;
import dev.prism.conformance.ReaderPages;
import dev.prism.conformance.TestTables;
import dev.prism.keyvalue.v1.DeleteRequest;
import dev.prism.keyvalue.v1.PutRequest;
import dev.prism.reader.v1.GetRequest;
import dev.prism.reader.v1.GetResponse;
import dev.prism.reader.v1.Page;
import dev.prism.sdk.Plugin;
import dev.prism.sdk.rows.Documents;
import dev.prism.sdk.rows.Values;
import dev.prism.status.Reason;
import dev.prism.type.v1.Value;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The Reader suite on the memory backend's items, and what is particular to them. */
@Tag("conformance")
class MemoryReaderTest extends HostedReaderSuite {
  @Override
  public String backend() {
    return "memory";
  }

  @Override
  protected Plugin newPlugin() {
    return new MemoryPlugin(InstantSource.system());
  }

  @Override
  public TestTables tables() {
    return new JsonItems(this::keyValue);
  }

  private static PutRequest.Builder put(String collection, String key, String value) {
    return PutRequest.newBuilder()
        .setCollection(collection)
        .setKey(key)
        .setValue(ByteString.copyFromUtf8(value));
  }

  private static PutRequest.Builder putJson(String collection, String key, String json) {
    return put(collection, key, json).setContentType("application/json");
  }

  private List<Map<String, Value>> read(String collection) {
    return rows(pages(ReaderPages.read(collection).build()));
  }

  @Test
  void aValueThatIsNoObjectIsInOneColumn() {
    String collection = "no-objects";
    Value list = Documents.parse("[1, \"a\"]");
    keyValue().put(put(collection, "1", "plain {}").build());
    keyValue()
        .put(
            put(collection, "2", "")
                .setValue(ByteString.copyFrom(new byte[] {(byte) 0xff, 0}))
                .build());
    keyValue().put(putJson(collection, "3", "[1, \"a\"]").build());
    keyValue().put(putJson(collection, "4", "{\"broken\"").build());
    keyValue()
        .put(
            put(collection, "5", "{\"a\": 1.50}")
                .setContentType("application/vnd.x+JSON; charset=utf-8")
                .build());

    List<Map<String, Value>> rows = read(collection);

    assertThat(rows.stream().map(row -> row.get("value")))
        .containsExactly(
            Values.of("plain {}"),
            Values.of(new byte[] {(byte) 0xff, 0}),
            list,
            Values.of("{\"broken\""),
            Values.NULL);
    assertThat(rows.getLast())
        .containsEntry("a", Value.newBuilder().setDecimalValue("1.50").build());
  }

  @Test
  void aPartitionKeyOfItsOwnIsPartOfTheKey() {
    String collection = "partitions";
    keyValue().put(putJson(collection, "k", "{\"n\": 1}").build());
    assertThat(read(collection).getFirst()).containsOnlyKeys("key", "n");

    keyValue().put(putJson(collection, "k", "{\"n\": 2}").setPartitionKey("p").build());

    assertThat(read(collection)).containsExactly(row("k", "k", 1), row("k", "p", 2));
    GetRequest.Builder get = GetRequest.newBuilder().setCollection(collection);
    assertFails(Reason.KEY_INVALID, () -> api().get(get.putKey("key", Values.of("k")).build()));
    GetResponse got = api().get(get.putKey("partition_key", Values.of("p")).build());
    assertThat(got.getRow().getValuesList())
        .containsExactly(Values.of("k"), Values.of("p"), Values.of(2L));
    keyValue()
        .delete(
            DeleteRequest.newBuilder()
                .setCollection(collection)
                .setKey("k")
                .setPartitionKey("p")
                .build());
    assertThat(read(collection).getFirst()).containsOnlyKeys("key", "n");
  }

  private static Map<String, Value> row(String key, String partition, long n) {
    return Map.of("key", Values.of(key), "partition_key", Values.of(partition), "n", Values.of(n));
  }

  @Test
  void aFieldThatIsCalledAsTheKeyIsLeftOut() {
    String collection = "shadowed";
    keyValue().put(putJson(collection, "k", "{\"key\": \"other\", \"n\": 1}").build());

    assertThat(read(collection)).containsExactly(Map.of("key", Values.of("k"), "n", Values.of(1L)));
  }

  @Test
  void aCollectionIsThereWithItsFirstItemAndGoneWithItsLast() {
    String collection = "comes-and-goes";
    assertFails(Reason.COLLECTION_NOT_FOUND, () -> read(collection));

    keyValue().put(putJson(collection, "k", "{}").build());
    assertThat(read(collection)).containsExactly(Map.of("key", Values.of("k")));

    keyValue().delete(DeleteRequest.newBuilder().setCollection(collection).setKey("k").build());
    assertFails(Reason.COLLECTION_NOT_FOUND, () -> read(collection));
  }

  @Test
  void rowsWithNothingInCommonDoNotMakeALargePage() {
    String collection = "nothing-in-common";
    for (int i = 0; i < 400; i++) {
      String fields =
          String.join(
              ",", IntStream.range(i * 50, i * 50 + 50).mapToObj(n -> "\"f" + n + "\":1").toList());
      keyValue().put(putJson(collection, "k" + i, "{" + fields + "}").build());
    }

    List<Page> pages = pages(ReaderPages.read(collection).setPageSize(10_000).build());

    assertThat(pages).allMatch(page -> page.getSerializedSize() < 300_000);
    assertThat(pages.stream().mapToInt(Page::getRowsCount).sum()).isEqualTo(400);
  }
}
