package dev.prism.conformance;

import static dev.prism.conformance.KeyValueFixture.assertFails;
import static dev.prism.conformance.KeyValueFixture.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;
import com.google.protobuf.Timestamp;
import dev.prism.keyvalue.v1.BatchGetRequest;
import dev.prism.keyvalue.v1.BatchPutEntry;
import dev.prism.keyvalue.v1.BatchPutRequest;
import dev.prism.keyvalue.v1.CompareAndSwapRequest;
import dev.prism.keyvalue.v1.DeleteRequest;
import dev.prism.keyvalue.v1.ExistsRequest;
import dev.prism.keyvalue.v1.ExpireRequest;
import dev.prism.keyvalue.v1.KeyRef;
import dev.prism.keyvalue.v1.PersistRequest;
import dev.prism.keyvalue.v1.PutRequest;
import dev.prism.keyvalue.v1.ScanRequest;
import dev.prism.sdk.Capability;
import dev.prism.status.Reason;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Time to live. */
public interface KeyValueExpiry extends KeyValueFixture {
  /** Longer than any test runs. */
  Duration HOUR = Duration.newBuilder().setSeconds(3600).build();

  /** Short enough to wait for, long enough to be seen before it is over. */
  Duration SHORT = Duration.newBuilder().setNanos(700_000_000).build();

  @Test
  default void aKeyThatExpiredIsAbsent() {
    needs(Capability.TTL);
    String collection = newCollection();
    api().put(with(collection, SHORT));
    assertThat(value(collection, "k")).isEqualTo("v");

    letExpire(collection);

    assertThat(
            api()
                .exists(ExistsRequest.newBuilder().setCollection(collection).setKey("k").build())
                .getExists())
        .isFalse();
    assertThat(
            api()
                .batchGet(
                    BatchGetRequest.newBuilder()
                        .setCollection(collection)
                        .addKeys(KeyRef.newBuilder().setKey("k"))
                        .build())
                .getResults(0)
                .getSuccess()
                .hasItem())
        .isFalse();
    assertThat(
            api()
                .delete(DeleteRequest.newBuilder().setCollection(collection).setKey("k").build())
                .getExisted())
        .isFalse();
  }

  @Test
  default void anExpiredItemIsNotScanned() {
    needs(Capability.TTL);
    needs(Capability.GLOBAL_SCAN);
    String collection = newCollection();
    put(collection, "j", "stays");
    api().put(with(collection, SHORT));
    put(collection, "l", "stays");

    letExpire(collection);

    assertThat(scanKeys(ScanRequest.newBuilder().setCollection(collection).build()))
        .isEqualTo(List.of("j", "l"));
  }

  @Test
  default void anExpiredItemIsAbsentToConditions() {
    needs(Capability.TTL);
    needs(Capability.PRECONDITIONS);
    String collection = newCollection();
    String etag = api().put(with(collection, SHORT)).getEtag();
    letExpire(collection);
    PutRequest.Builder put = PutRequest.newBuilder().setCollection(collection).setKey("k");

    assertFails(Reason.KEY_ABSENT, () -> api().put(put.setIfPresent(true).build()));

    assertFails(Reason.ETAG_MISMATCH, () -> api().put(put.setIfEtag(etag).build()));
    assertThat(api().put(put.setIfAbsent(true).build()).getEtag()).isNotEqualTo(etag);
  }

  @Test
  default void anExpiredItemIsAbsentToASwap() {
    needs(Capability.TTL);
    needs(Capability.COMPARE_AND_SWAP);
    String collection = newCollection();
    api().put(with(collection, SHORT));
    letExpire(collection);

    var swap =
        api()
            .compareAndSwap(
                CompareAndSwapRequest.newBuilder().setCollection(collection).setKey("k").build());

    assertThat(swap.getSwapped()).isTrue();
  }

  @Test
  default void theExpiryIsReturnedOnWritesAndReads() {
    needs(Capability.TTL);
    String collection = newCollection();

    Timestamp expiry = api().put(with(collection, HOUR)).getExpiresAt();

    assertThat(expiry.getSeconds()).isPositive();
    assertThat(expiry.getNanos() % 1_000_000).as("whole milliseconds").isZero();
    assertThat(present(collection, "k").getExpiresAt()).isEqualTo(expiry);
    var batch =
        api()
            .batchGet(
                BatchGetRequest.newBuilder()
                    .setCollection(collection)
                    .addKeys(KeyRef.newBuilder().setKey("k"))
                    .build());
    assertThat(batch.getResults(0).getSuccess().getItem().getExpiresAt()).isEqualTo(expiry);
  }

  @Test
  default void aPutWithoutTtlClearsIt() {
    needs(Capability.TTL);
    String collection = newCollection();
    api().put(with(collection, HOUR));

    var written = put(collection, "k", "v2");

    assertThat(written.hasExpiresAt()).isFalse();
    assertThat(present(collection, "k").hasExpiresAt()).isFalse();
  }

  @Test
  default void keepTtlKeepsIt() {
    needs(Capability.TTL);
    String collection = newCollection();
    Timestamp expiry = api().put(with(collection, HOUR)).getExpiresAt();
    PutRequest.Builder keep =
        PutRequest.newBuilder().setCollection(collection).setKey("k").setKeepTtl(true);

    var written = api().put(keep.setValue(ByteString.copyFromUtf8("v2")).build());

    assertThat(written.getExpiresAt()).isEqualTo(expiry);
    assertThat(present(collection, "k").getExpiresAt()).isEqualTo(expiry);
    assertThat(value(collection, "k")).isEqualTo("v2");
    assertThat(api().put(keep.setKeepTtl(false).build()).hasExpiresAt()).isFalse();
    assertThat(api().put(keep.setKey("new").setKeepTtl(true).build()).hasExpiresAt()).isFalse();
  }

  @Test
  default void keepTtlKeepsItInABatchAndASwap() {
    needs(Capability.TTL);
    needs(Capability.COMPARE_AND_SWAP);
    String collection = newCollection();
    Timestamp expiry = api().put(with(collection, HOUR)).getExpiresAt();

    var batch =
        api()
            .batchPut(
                BatchPutRequest.newBuilder()
                    .setCollection(collection)
                    .addEntries(
                        BatchPutEntry.newBuilder()
                            .setKey("k")
                            .setValue(ByteString.copyFromUtf8("v2"))
                            .setKeepTtl(true))
                    .build());

    assertThat(batch.getResults(0).getSuccess().getExpiresAt()).isEqualTo(expiry);
    var swap =
        api()
            .compareAndSwap(
                CompareAndSwapRequest.newBuilder()
                    .setCollection(collection)
                    .setKey("k")
                    .setExpectedValue(ByteString.copyFromUtf8("v2"))
                    .setKeepTtl(true)
                    .build());
    assertThat(swap.getSwapped()).isTrue();
    assertThat(present(collection, "k").getExpiresAt()).isEqualTo(expiry);
  }

  @Test
  default void keepTtlDoesNotReviveAnExpiredOne() {
    needs(Capability.TTL);
    String collection = newCollection();
    api().put(with(collection, SHORT));
    letExpire(collection);

    var written =
        api()
            .put(
                PutRequest.newBuilder()
                    .setCollection(collection)
                    .setKey("k")
                    .setKeepTtl(true)
                    .build());

    assertThat(written.hasExpiresAt()).isFalse();
    assertThat(present(collection, "k").hasExpiresAt()).isFalse();
  }

  @Test
  default void expireSetsTheTtlAndLeavesValueAndEtag() {
    needs(Capability.TTL);
    String collection = newCollection();
    String etag = put(collection, "k", "v").getEtag();

    var expired = api().expire(expire(collection, HOUR));

    assertThat(expired.getApplied()).isTrue();
    assertThat(present(collection, "k").getExpiresAt()).isEqualTo(expired.getExpiresAt());
    assertThat(present(collection, "k").getEtag()).isEqualTo(etag);
    assertThat(value(collection, "k")).isEqualTo("v");
  }

  @Test
  default void expireMakesAnItemEnd() {
    needs(Capability.TTL);
    String collection = newCollection();
    put(collection, "k", "v");

    api().expire(expire(collection, SHORT));

    letExpire(collection);
    assertThat(api().expire(expire(collection, HOUR)).getApplied()).isFalse();
    assertThat(get(collection, "k")).isNull();
  }

  @Test
  default void persistRemovesTheTtl() {
    needs(Capability.TTL);
    String collection = newCollection();
    String etag = api().put(with(collection, HOUR)).getEtag();
    PersistRequest.Builder persist =
        PersistRequest.newBuilder().setCollection(collection).setKey("k");

    boolean applied = api().persist(persist.build()).getApplied();

    assertThat(applied).isTrue();
    assertThat(present(collection, "k").hasExpiresAt()).isFalse();
    assertThat(present(collection, "k").getEtag()).isEqualTo(etag);
    assertThat(api().persist(persist.setKey("nothing").build()).getApplied()).isFalse();
    assertThat(api().expire(expire(newCollection(), HOUR)).getApplied()).isFalse();
  }

  @Test
  default void aTtlOutOfRangeIsRefused() {
    needs(Capability.TTL);
    String collection = newCollection();
    List<Duration> wrong =
        List.of(
            Duration.getDefaultInstance(),
            Duration.newBuilder().setSeconds(-1).build(),
            Duration.newBuilder().setNanos(999_999).build(),
            Duration.newBuilder().setSeconds(11L * 366 * 86_400).build(),
            Duration.newBuilder().setSeconds(Long.MAX_VALUE).build());

    for (Duration ttl : wrong) {
      assertFails(Reason.TTL_INVALID, () -> api().put(with(collection, ttl)));
      assertFails(Reason.TTL_INVALID, () -> api().expire(expire(collection, ttl)));
    }

    assertThat(get(collection, "k")).isNull();
  }

  private void letExpire(String collection) {
    advance(java.time.Duration.ofSeconds(2));
    await("k expires", () -> get(collection, "k") == null);
  }

  private static PutRequest with(String collection, Duration ttl) {
    return PutRequest.newBuilder()
        .setCollection(collection)
        .setKey("k")
        .setValue(ByteString.copyFromUtf8("v"))
        .setTtl(ttl)
        .build();
  }

  private static ExpireRequest expire(String collection, Duration ttl) {
    return ExpireRequest.newBuilder().setCollection(collection).setKey("k").setTtl(ttl).build();
  }
}
