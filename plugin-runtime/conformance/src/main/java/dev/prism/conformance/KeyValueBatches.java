package dev.prism.conformance;

import static dev.prism.conformance.KeyValueFixture.assertFails;
import static dev.prism.conformance.KeyValueFixture.assertReason;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.prism.keyvalue.v1.BatchDeleteEntry;
import dev.prism.keyvalue.v1.BatchDeleteRequest;
import dev.prism.keyvalue.v1.BatchGetRequest;
import dev.prism.keyvalue.v1.BatchGetResult;
import dev.prism.keyvalue.v1.BatchPutEntry;
import dev.prism.keyvalue.v1.BatchPutRequest;
import dev.prism.keyvalue.v1.KeyRef;
import dev.prism.sdk.Capability;
import dev.prism.status.Reason;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Batches: a result each, in order (contract 7). */
public interface KeyValueBatches extends KeyValueFixture {
  @Test
  default void aBatchGetHasAResultForEveryKeyMissingOnesToo() {
    String collection = newCollection();
    put(collection, "a", "A");
    put(collection, "c", "C");
    BatchGetRequest.Builder request = BatchGetRequest.newBuilder().setCollection(collection);
    List.of("c", "b", "a", "c").forEach(k -> request.addKeys(KeyRef.newBuilder().setKey(k)));

    List<BatchGetResult> results = api().batchGet(request.build()).getResultsList();

    assertThat(
            results.stream()
                .map(BatchGetResult::getSuccess)
                .map(r -> r.hasItem() ? r.getItem().getValue().toStringUtf8() : "-"))
        .isEqualTo(List.of("C", "-", "A", "C"));
    assertThat(results.get(2).getSuccess().getItem()).isEqualTo(present(collection, "a"));
  }

  @Test
  default void aBatchPutWritesEveryEntry() {
    String collection = newCollection();
    BatchPutRequest.Builder request = BatchPutRequest.newBuilder().setCollection(collection);
    IntStream.range(0, 1000).forEach(i -> request.addEntries(entry("k" + i, "v" + i)));

    var response = api().batchPut(request.build());

    assertThat(response.getResultsCount()).isEqualTo(1000);
    for (int i = 0; i < 1000; i += 111) {
      assertThat(value(collection, "k" + i)).isEqualTo("v" + i);
      assertThat(response.getResults(i).getSuccess().getEtag())
          .isEqualTo(present(collection, "k" + i).getEtag());
    }
  }

  @Test
  default void aBatchWithOneBadEtagReportsThatKeyAndAppliesTheRest() {
    needs(Capability.PRECONDITIONS);
    String collection = newCollection();
    put(collection, "b", "old");

    var response =
        api()
            .batchPut(
                BatchPutRequest.newBuilder()
                    .setCollection(collection)
                    .addEntries(entry("a", "A"))
                    .addEntries(entry("b", "B").setIfEtag("wrong"))
                    .addEntries(entry("c", "C").setIfAbsent(true))
                    .build());

    assertThat(response.getResults(0).hasSuccess()).isTrue();
    assertReason(Reason.ETAG_MISMATCH, response.getResults(1).getError());
    assertThat(response.getResults(2).hasSuccess()).isTrue();
    assertThat(value(collection, "a")).isEqualTo("A");
    assertThat(value(collection, "b")).isEqualTo("old");
    assertThat(value(collection, "c")).isEqualTo("C");
  }

  @Test
  default void aBatchDeleteSaysForEachKeyWhetherItWasThere() {
    String collection = newCollection();
    put(collection, "a", "A");
    put(collection, "c", "C");

    var response =
        api()
            .batchDelete(
                BatchDeleteRequest.newBuilder()
                    .setCollection(collection)
                    .addEntries(BatchDeleteEntry.newBuilder().setKey("a"))
                    .addEntries(BatchDeleteEntry.newBuilder().setKey("b"))
                    .build());

    assertThat(response.getResults(0).getSuccess().getExisted()).isTrue();
    assertThat(response.getResults(1).getSuccess().getExisted()).isFalse();
    assertThat(get(collection, "a")).isNull();
    assertThat(value(collection, "c")).isEqualTo("C");
  }

  @Test
  default void aBatchDeleteWithOneBadEtagRemovesTheRest() {
    needs(Capability.PRECONDITIONS);
    String collection = newCollection();
    put(collection, "a", "A");
    String etag = put(collection, "b", "B").getEtag();

    var response =
        api()
            .batchDelete(
                BatchDeleteRequest.newBuilder()
                    .setCollection(collection)
                    .addEntries(BatchDeleteEntry.newBuilder().setKey("a").setIfEtag("wrong"))
                    .addEntries(BatchDeleteEntry.newBuilder().setKey("b").setIfEtag(etag))
                    .addEntries(BatchDeleteEntry.newBuilder().setKey("c").setIfPresent(true))
                    .build());

    assertReason(Reason.ETAG_MISMATCH, response.getResults(0).getError());
    assertThat(response.getResults(1).getSuccess().getExisted()).isTrue();
    assertReason(Reason.KEY_ABSENT, response.getResults(2).getError());
    assertThat(value(collection, "a")).isEqualTo("A");
    assertThat(get(collection, "b")).isNull();
  }

  @Test
  default void anAtomicBatchIsDoneWhole() {
    needs(Capability.ATOMIC_BATCH);
    String collection = newCollection();
    put(collection, "gone", "x");

    var put =
        api()
            .batchPut(
                BatchPutRequest.newBuilder()
                    .setCollection(collection)
                    .addEntries(entry("a", "A"))
                    .addEntries(entry("b", "B"))
                    .setAtomic(true)
                    .build());

    assertThat(put.getResultsList()).allMatch(result -> result.hasSuccess());
    assertThat(value(collection, "a")).isEqualTo("A");
    assertThat(value(collection, "b")).isEqualTo("B");
    var delete =
        api()
            .batchDelete(
                BatchDeleteRequest.newBuilder()
                    .setCollection(collection)
                    .addEntries(BatchDeleteEntry.newBuilder().setKey("gone"))
                    .addEntries(BatchDeleteEntry.newBuilder().setKey("a"))
                    .setAtomic(true)
                    .build());
    assertThat(delete.getResultsList()).allMatch(r -> r.getSuccess().getExisted());
    assertThat(get(collection, "a")).isNull();
  }

  @Test
  default void anAtomicBatchWithOneFailureChangesNothing() {
    needs(Capability.ATOMIC_BATCH);
    needs(Capability.PRECONDITIONS);
    String collection = newCollection();
    put(collection, "b", "old");

    assertFails(
        Reason.KEY_EXISTS,
        () ->
            api()
                .batchPut(
                    BatchPutRequest.newBuilder()
                        .setCollection(collection)
                        .addEntries(entry("a", "A"))
                        .addEntries(entry("b", "B").setIfAbsent(true))
                        .addEntries(entry("c", "C"))
                        .setAtomic(true)
                        .build()));

    assertThat(get(collection, "a")).isNull();
    assertThat(value(collection, "b")).isEqualTo("old");
    assertThat(get(collection, "c")).isNull();
    assertFails(
        Reason.ETAG_MISMATCH,
        () ->
            api()
                .batchDelete(
                    BatchDeleteRequest.newBuilder()
                        .setCollection(collection)
                        .addEntries(BatchDeleteEntry.newBuilder().setKey("b"))
                        .addEntries(BatchDeleteEntry.newBuilder().setKey("z").setIfEtag("wrong"))
                        .setAtomic(true)
                        .build()));
    assertThat(value(collection, "b")).isEqualTo("old");
  }

  @Test
  default void theSameKeyTwiceIsRefused() {
    String collection = newCollection();

    assertFails(
        Reason.KEY_DUPLICATE,
        () ->
            api()
                .batchPut(
                    BatchPutRequest.newBuilder()
                        .setCollection(collection)
                        .addEntries(entry("a", "1"))
                        .addEntries(entry("a", "2"))
                        .build()));

    assertFails(
        Reason.KEY_DUPLICATE,
        () ->
            api()
                .batchDelete(
                    BatchDeleteRequest.newBuilder()
                        .setCollection(collection)
                        .addEntries(BatchDeleteEntry.newBuilder().setKey("a"))
                        .addEntries(BatchDeleteEntry.newBuilder().setKey("a").setPartitionKey("a"))
                        .build()));
    assertThat(get(collection, "a")).isNull();
  }

  @Test
  default void theSameKeyInTwoPartitionsOfABatchIsTwoItems() {
    String collection = newCollection();

    var response =
        api()
            .batchPut(
                BatchPutRequest.newBuilder()
                    .setCollection(collection)
                    .addEntries(entry("a", "1").setPartitionKey("p1"))
                    .addEntries(entry("a", "2").setPartitionKey("p2"))
                    .build());

    assertThat(response.getResultsList()).allMatch(result -> result.hasSuccess());
  }

  @Test
  default void aBatchOfNothingOrOfTooManyIsRefused() {
    String collection = newCollection();
    BatchPutRequest.Builder many = BatchPutRequest.newBuilder().setCollection(collection);
    IntStream.range(0, 1001).forEach(i -> many.addEntries(entry("k" + i, "")));
    BatchGetRequest.Builder manyGets = BatchGetRequest.newBuilder().setCollection(collection);
    IntStream.range(0, 1001).forEach(i -> manyGets.addKeys(KeyRef.newBuilder().setKey("k" + i)));

    assertFails(Reason.BATCH_SIZE_INVALID, () -> api().batchPut(many.build()));

    assertFails(Reason.BATCH_SIZE_INVALID, () -> api().batchPut(many.clearEntries().build()));
    assertFails(Reason.BATCH_SIZE_INVALID, () -> api().batchGet(manyGets.build()));
    assertFails(Reason.BATCH_SIZE_INVALID, () -> api().batchGet(manyGets.clearKeys().build()));
    assertFails(
        Reason.BATCH_SIZE_INVALID,
        () -> api().batchDelete(BatchDeleteRequest.newBuilder().setCollection(collection).build()));
    assertThat(get(collection, "k0")).isNull();
  }

  private static BatchPutEntry.Builder entry(String key, String value) {
    return BatchPutEntry.newBuilder().setKey(key).setValue(ByteString.copyFromUtf8(value));
  }
}
