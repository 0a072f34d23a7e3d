package dev.prism.conformance;

import static dev.prism.conformance.KeyValueFixture.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Duration;
import dev.prism.keyvalue.v1.BatchDeleteEntry;
import dev.prism.keyvalue.v1.BatchDeleteRequest;
import dev.prism.keyvalue.v1.BatchPutEntry;
import dev.prism.keyvalue.v1.BatchPutRequest;
import dev.prism.keyvalue.v1.CompareAndSwapRequest;
import dev.prism.keyvalue.v1.DeleteRequest;
import dev.prism.keyvalue.v1.ExpireRequest;
import dev.prism.keyvalue.v1.PersistRequest;
import dev.prism.keyvalue.v1.PutRequest;
import dev.prism.sdk.Capability;
import dev.prism.status.Reason;
import org.junit.jupiter.api.Test;

/** What must be declared is, and what is not declared is refused. */
public interface KeyValueCapabilities extends KeyValueFixture {
  @Test
  default void everyRequiredCapabilityIsDeclared() {
    assertThat(capabilities())
        .containsAll(RequiredCapabilities.of(backend(), RequiredCapabilities.Interface.KEY_VALUE));
  }

  @Test
  default void whatIsAcknowledgedSurvivesARestart() {
    needs(Capability.DURABLE);
    String collection = newCollection();
    String etag = put(collection, "k", "v").getEtag();

    restart();

    assertThat(value(collection, "k")).isEqualTo("v");
    assertThat(present(collection, "k").getEtag()).isEqualTo(etag);
    assertThat(put(collection, "k", "v").getEtag()).isNotEqualTo(etag);
  }

  @Test
  default void anUndeclaredTtlIsRefused() {
    lacks(Capability.TTL);
    String collection = newCollection();
    Duration ttl = Duration.newBuilder().setSeconds(60).build();
    PutRequest.Builder put = PutRequest.newBuilder().setCollection(collection).setKey("k");

    assertFails(Reason.CAPABILITY_UNSUPPORTED, () -> api().put(put.setTtl(ttl).build()));

    assertThat(get(collection, "k")).isNull();
    assertFails(
        Reason.CAPABILITY_UNSUPPORTED,
        () ->
            api()
                .expire(
                    ExpireRequest.newBuilder()
                        .setCollection(collection)
                        .setKey("k")
                        .setTtl(ttl)
                        .build()));
    assertFails(
        Reason.CAPABILITY_UNSUPPORTED,
        () ->
            api()
                .persist(
                    PersistRequest.newBuilder().setCollection(collection).setKey("k").build()));
  }

  @Test
  default void anUndeclaredPreconditionIsRefused() {
    lacks(Capability.PRECONDITIONS);
    String collection = newCollection();
    PutRequest.Builder put = PutRequest.newBuilder().setCollection(collection).setKey("k");

    assertFails(Reason.CAPABILITY_UNSUPPORTED, () -> api().put(put.setIfAbsent(true).build()));

    assertThat(get(collection, "k")).isNull();
    assertFails(
        Reason.CAPABILITY_UNSUPPORTED,
        () ->
            api()
                .delete(
                    DeleteRequest.newBuilder()
                        .setCollection(collection)
                        .setKey("k")
                        .setIfEtag("e")
                        .build()));
  }

  @Test
  default void anUndeclaredSwapIsRefused() {
    lacks(Capability.COMPARE_AND_SWAP);
    String collection = newCollection();

    assertFails(
        Reason.CAPABILITY_UNSUPPORTED,
        () ->
            api()
                .compareAndSwap(
                    CompareAndSwapRequest.newBuilder()
                        .setCollection(collection)
                        .setKey("k")
                        .build()));

    assertThat(get(collection, "k")).isNull();
  }

  @Test
  default void anUndeclaredAtomicBatchIsRefused() {
    lacks(Capability.ATOMIC_BATCH);
    String collection = newCollection();

    assertFails(
        Reason.CAPABILITY_UNSUPPORTED,
        () ->
            api()
                .batchPut(
                    BatchPutRequest.newBuilder()
                        .setCollection(collection)
                        .addEntries(BatchPutEntry.newBuilder().setKey("k"))
                        .setAtomic(true)
                        .build()));

    assertThat(get(collection, "k")).isNull();
    assertFails(
        Reason.CAPABILITY_UNSUPPORTED,
        () ->
            api()
                .batchDelete(
                    BatchDeleteRequest.newBuilder()
                        .setCollection(collection)
                        .addEntries(BatchDeleteEntry.newBuilder().setKey("k"))
                        .setAtomic(true)
                        .build()));
  }

  @Test
  default void anUndeclaredIdempotencyKeyIsRefused() {
    lacks(Capability.IDEMPOTENCY);
    String collection = newCollection();

    assertFails(
        Reason.IDEMPOTENCY_UNSUPPORTED,
        () ->
            api()
                .put(
                    PutRequest.newBuilder()
                        .setCollection(collection)
                        .setKey("k")
                        .setIdempotencyKey("i")
                        .build()));

    assertThat(get(collection, "k")).isNull();
  }
}
