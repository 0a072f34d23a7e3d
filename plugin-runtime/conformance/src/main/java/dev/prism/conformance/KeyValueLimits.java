package dev.prism.conformance;

import static dev.prism.conformance.KeyValueFixture.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.ByteString;
import dev.prism.keyvalue.v1.DeleteRequest;
import dev.prism.keyvalue.v1.ExistsRequest;
import dev.prism.keyvalue.v1.GetRequest;
import dev.prism.keyvalue.v1.PutRequest;
import dev.prism.keyvalue.v1.ScanRequest;
import dev.prism.sdk.Capability;
import dev.prism.status.Reason;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a request may hold (contract 5, 6 and 8): the limit is taken, one more is refused. */
public interface KeyValueLimits extends KeyValueFixture {
  @Test
  default void aKeyOfOneKibibyteIsTakenAndOneByteMoreRefused() {
    String collection = newCollection();
    String longest = "ß".repeat(512);

    put(collection, longest, "v");

    assertThat(value(collection, longest)).isEqualTo("v");
    assertFails(Reason.KEY_INVALID, () -> put(collection, longest + "x", "v"));
    assertFails(Reason.KEY_INVALID, () -> get(collection, longest + "x"));
    assertFails(Reason.KEY_INVALID, () -> put(collection, "", "v"));
    assertFails(
        Reason.KEY_INVALID,
        () -> api().exists(ExistsRequest.newBuilder().setCollection(collection).build()));
    assertFails(
        Reason.KEY_INVALID,
        () ->
            api()
                .get(
                    GetRequest.newBuilder()
                        .setCollection(collection)
                        .setKey("k")
                        .setPartitionKey("x".repeat(1025))
                        .build()));
  }

  @Test
  default void aCollectionNameOutOfTheAlphabetIsRefused() {
    String longest = "c".repeat(128 - 20) + Long.toString(System.nanoTime(), 36);

    put(longest, "k", "v");

    assertThat(value(longest, "k")).isEqualTo("v");
    for (String wrong : List.of("a b", "a/b", "ä", "a'b", "c".repeat(129))) {
      assertFails(Reason.COLLECTION_INVALID, () -> put(wrong, "k", "v"));
      assertFails(
          Reason.COLLECTION_INVALID,
          () -> scan(ScanRequest.newBuilder().setCollection(wrong).setPartitionKey("p").build()));
    }
  }

  @Test
  default void metadataOverItsBoundsIsRefused() {
    String collection = newCollection();
    PutRequest.Builder put = PutRequest.newBuilder().setCollection(collection).setKey("k");
    for (int i = 0; i < 64; i++) {
      put.putMetadata("name" + i, "value");
    }

    api().put(put.build());

    assertThat(present(collection, "k").getMetadataCount()).isEqualTo(64);
    assertFails(Reason.METADATA_INVALID, () -> api().put(put.putMetadata("one more", "").build()));
    assertFails(
        Reason.METADATA_INVALID,
        () -> api().put(put.clearMetadata().putMetadata("large", "x".repeat(8192)).build()));
  }

  @Test
  default void theBackendsLargestValueIsTakenWithTheLongestKeyAndOneByteMoreRefused() {
    assumeTrue(maxValueBytes() <= 1 << 20, () -> backend() + " takes what messages hold");
    String collection = newCollection();
    PutRequest.Builder put =
        PutRequest.newBuilder()
            .setCollection(collection)
            .setKey("k".repeat(1024))
            .setPartitionKey("p".repeat(1024))
            .setContentType("t".repeat(255));
    for (int i = 10; i < 74; i++) {
      put.putMetadata("name-" + i, "v".repeat(121));
    }

    api().put(put.setValue(ByteString.copyFrom(new byte[maxValueBytes()])).build());

    var refused =
        assertFails(
            Reason.VALUE_TOO_LARGE,
            () ->
                api()
                    .put(put.setValue(ByteString.copyFrom(new byte[maxValueBytes() + 1])).build()));
    assertThat(refused.getMessage()).contains(Integer.toString(maxValueBytes()));
    var read =
        api()
            .get(
                GetRequest.newBuilder()
                    .setCollection(collection)
                    .setKey(put.getKey())
                    .setPartitionKey(put.getPartitionKey())
                    .build());
    assertThat(read.getItem().getValue().size()).isEqualTo(maxValueBytes());
    assertThat(read.getItem().getMetadataMap()).isEqualTo(put.getMetadataMap());
  }

  @Test
  default void aDeleteOfWhatIsAbsentIsRefused() {
    needs(Capability.PRECONDITIONS);
    String collection = newCollection();
    put(collection, "k", "v");

    assertFails(
        Reason.PRECONDITION_INVALID,
        () ->
            api()
                .delete(
                    DeleteRequest.newBuilder()
                        .setCollection(collection)
                        .setKey("k")
                        .setIfAbsent(true)
                        .build()));

    assertThat(value(collection, "k")).isEqualTo("v");
  }

  @Test
  default void anIdempotencyKeyOfMoreThan128BytesIsRefused() {
    needs(Capability.IDEMPOTENCY);
    String collection = newCollection();
    PutRequest.Builder put = PutRequest.newBuilder().setCollection(collection).setKey("k");

    api().put(put.setIdempotencyKey("i".repeat(128)).build());

    assertFails(
        Reason.IDEMPOTENCY_KEY_INVALID,
        () -> api().put(put.setIdempotencyKey("i".repeat(129)).build()));
  }
}
