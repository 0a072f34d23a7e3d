package dev.prism.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.prism.keyvalue.v1.DeleteRequest;
import dev.prism.keyvalue.v1.ExistsRequest;
import dev.prism.keyvalue.v1.GetRequest;
import dev.prism.keyvalue.v1.PutRequest;
import dev.prism.keyvalue.v1.PutResponse;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Single items: what is written is what is read. */
public interface KeyValueItems extends KeyValueFixture {
  @Test
  default void aValueThatWasPutIsRead() {
    String collection = newCollection();
    PutResponse written = put(collection, "greeting", "hello");

    var item = present(collection, "greeting");

    assertThat(item.getValue().toStringUtf8()).isEqualTo("hello");
    assertThat(item.getEtag()).isEqualTo(written.getEtag()).isNotEmpty();
    assertThat(item.getEtag().length()).isLessThanOrEqualTo(64);
    assertThat(item.hasExpiresAt()).isFalse();
  }

  @Test
  default void aMissingKeyIsAnAnswerWithoutItem() {
    assertThat(get(newCollection(), "nothing")).isNull();
  }

  @Test
  default void theLastPutWins() {
    String collection = newCollection();
    put(collection, "k", "first");

    put(collection, "k", "second");

    assertThat(value(collection, "k")).isEqualTo("second");
  }

  @Test
  default void everyPutChangesTheEtag() {
    String collection = newCollection();
    String first = put(collection, "k", "same").getEtag();

    String second = put(collection, "k", "same").getEtag();

    assertThat(second).isNotEqualTo(first);
    assertThat(present(collection, "k").getEtag()).isEqualTo(second);
  }

  @Test
  default void anEtagIsNotUsedAgainAfterDeleteAndRecreate() {
    String collection = newCollection();
    String first = put(collection, "k", "v").getEtag();
    delete(collection, "k");

    String second = put(collection, "k", "v").getEtag();

    assertThat(second).isNotEqualTo(first);
  }

  @Test
  default void deletingRemovesTheItemAndSaysWhetherThereWasOne() {
    String collection = newCollection();
    put(collection, "k", "v");

    boolean existed = delete(collection, "k");

    assertThat(existed).isTrue();
    assertThat(get(collection, "k")).isNull();
    assertThat(delete(collection, "k")).isFalse();
  }

  @Test
  default void existsSaysWhetherTheKeyIsThere() {
    String collection = newCollection();
    put(collection, "k", "");

    boolean there = exists(collection, "k");

    assertThat(there).isTrue();
    assertThat(exists(collection, "other")).isFalse();
  }

  @Test
  default void anEmptyValueIsAnItem() {
    String collection = newCollection();

    put(collection, "k", "");

    assertThat(present(collection, "k").getValue()).isEqualTo(ByteString.EMPTY);
  }

  @Test
  default void everyByteOfABinaryValueIsKept() {
    String collection = newCollection();
    byte[] all = new byte[512];
    for (int i = 0; i < all.length; i++) {
      all[i] = (byte) i;
    }

    putBytes(collection, "k", all);

    assertThat(present(collection, "k").getValue().toByteArray()).isEqualTo(all);
  }

  @Test
  default void aValueOfOneMebibyteOrTheBackendsMostIsKept() {
    String collection = newCollection();
    byte[] large = new byte[Math.min(1 << 20, maxValueBytes())];
    new Random(7).nextBytes(large);

    putBytes(collection, "k", large);

    assertThat(present(collection, "k").getValue().toByteArray()).isEqualTo(large);
  }

  @Test
  default void contentTypeAndMetadataAreKept() {
    String collection = newCollection();
    Map<String, String> metadata = Map.of("origin", "test", "empty", "", "ключ", "значение 🎈");
    api()
        .put(
            PutRequest.newBuilder()
                .setCollection(collection)
                .setKey("k")
                .setContentType("application/json; charset=utf-8")
                .putAllMetadata(metadata)
                .build());

    var item = present(collection, "k");

    assertThat(item.getContentType()).isEqualTo("application/json; charset=utf-8");
    assertThat(item.getMetadataMap()).isEqualTo(metadata);
  }

  @Test
  default void aPutReplacesContentTypeAndMetadata() {
    String collection = newCollection();
    api()
        .put(
            PutRequest.newBuilder()
                .setCollection(collection)
                .setKey("k")
                .setContentType("text/plain")
                .putMetadata("a", "b")
                .build());

    put(collection, "k", "v");

    assertThat(present(collection, "k").getContentType()).isEmpty();
    assertThat(present(collection, "k").getMetadataMap()).isEmpty();
  }

  @Test
  default void keysAreTakenLiterally() {
    String collection = newCollection();
    List<String> keys =
        List.of(
            "'; DROP TABLE item; --",
            "\" OR 1=1 --",
            "%",
            "_",
            "*",
            "?",
            "../../etc/passwd",
            "a/b/c",
            "a.b.>",
            "$1",
            "{\"$ne\": null}",
            "\r\nFLUSHALL\r\n",
            " ",
            "tab\tnew\nline",
            "\\",
            "\u0001",
            "a\u0000b",
            "é",
            "e\u0301",
            "🎈");
    keys.forEach(key -> put(collection, key, "value of " + key));

    List<String> values = keys.stream().map(key -> value(collection, key)).toList();

    assertThat(values).isEqualTo(keys.stream().map(key -> "value of " + key).toList());
    assertThat(value(collection, "a")).isNull();
  }

  @Test
  default void collectionsAreApart() {
    String one = newCollection();
    String other = newCollection();
    put(one, "k", "one");

    put(other, "k", "other");

    assertThat(value(one, "k")).isEqualTo("one");
    assertThat(value(other, "k")).isEqualTo("other");
  }

  @Test
  default void theSameKeyInTwoPartitionsIsTwoItems() {
    String collection = newCollection();
    PutRequest.Builder put = PutRequest.newBuilder().setCollection(collection).setKey("k");
    api().put(put.setPartitionKey("p1").setValue(ByteString.copyFromUtf8("1")).build());
    api().put(put.setPartitionKey("p2").setValue(ByteString.copyFromUtf8("2")).build());
    GetRequest.Builder get = GetRequest.newBuilder().setCollection(collection).setKey("k");

    var first = api().get(get.setPartitionKey("p1").build());

    assertThat(first.getItem().getValue().toStringUtf8()).isEqualTo("1");
    assertThat(api().get(get.setPartitionKey("p2").build()).getItem().getValue().toStringUtf8())
        .isEqualTo("2");
    assertThat(api().get(get.clearPartitionKey().build()).hasItem()).isFalse();
  }

  @Test
  default void thePartitionOfAnItemIsItsKeyWhereNoneIsGiven() {
    String collection = newCollection();
    put(collection, "k", "v");

    var read =
        api()
            .get(
                GetRequest.newBuilder()
                    .setCollection(collection)
                    .setKey("k")
                    .setPartitionKey("k")
                    .build());

    assertThat(read.getItem().getValue().toStringUtf8()).isEqualTo("v");
  }

  private void putBytes(String collection, String key, byte[] value) {
    api()
        .put(
            PutRequest.newBuilder()
                .setCollection(collection)
                .setKey(key)
                .setValue(ByteString.copyFrom(value))
                .build());
  }

  private boolean delete(String collection, String key) {
    return api()
        .delete(DeleteRequest.newBuilder().setCollection(collection).setKey(key).build())
        .getExisted();
  }

  private boolean exists(String collection, String key) {
    return api()
        .exists(ExistsRequest.newBuilder().setCollection(collection).setKey(key).build())
        .getExists();
  }
}
