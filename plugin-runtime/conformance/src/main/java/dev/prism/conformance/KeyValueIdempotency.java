package dev.prism.conformance;

import static dev.prism.conformance.KeyValueFixture.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.prism.keyvalue.v1.BatchPutEntry;
import dev.prism.keyvalue.v1.BatchPutRequest;
import dev.prism.keyvalue.v1.CompareAndSwapRequest;
import dev.prism.keyvalue.v1.DeleteRequest;
import dev.prism.keyvalue.v1.PutRequest;
import dev.prism.keyvalue.v1.PutResponse;
import dev.prism.sdk.Capability;
import dev.prism.status.Reason;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Idempotency keys (contract 8). */
public interface KeyValueIdempotency extends KeyValueFixture {
  @Test
  default void aRetryReturnsTheFirstResultAndDoesNothing() {
    needs(Capability.IDEMPOTENCY);
    String collection = newCollection();
    PutRequest request = once(collection, "v1");
    PutResponse first = api().put(request);
    put(collection, "k", "later");

    PutResponse retry = api().put(request);

    assertThat(retry).isEqualTo(first);
    assertThat(value(collection, "k")).isEqualTo("later");
  }

  @Test
  default void aRetriedDeleteSaysAgainThatTheItemExisted() {
    needs(Capability.IDEMPOTENCY);
    String collection = newCollection();
    put(collection, "k", "v");
    DeleteRequest request =
        DeleteRequest.newBuilder()
            .setCollection(collection)
            .setKey("k")
            .setIdempotencyKey("i")
            .build();
    api().delete(request);

    boolean existed = api().delete(request).getExisted();

    assertThat(existed).isTrue();
  }

  @Test
  default void aRetriedSwapAnswersAsTheFirst() {
    needs(Capability.IDEMPOTENCY);
    needs(Capability.COMPARE_AND_SWAP);
    String collection = newCollection();
    CompareAndSwapRequest request =
        CompareAndSwapRequest.newBuilder()
            .setCollection(collection)
            .setKey("k")
            .setNewValue(ByteString.copyFromUtf8("v"))
            .setIdempotencyKey("i")
            .build();
    var first = api().compareAndSwap(request);

    var retry = api().compareAndSwap(request);

    assertThat(first.getSwapped()).isTrue();
    assertThat(retry).isEqualTo(first);
  }

  @Test
  default void aRetriedBatchAnswersAsTheFirstFailuresIncluded() {
    needs(Capability.IDEMPOTENCY);
    needs(Capability.PRECONDITIONS);
    String collection = newCollection();
    BatchPutRequest request =
        BatchPutRequest.newBuilder()
            .setCollection(collection)
            .addEntries(BatchPutEntry.newBuilder().setKey("a"))
            .addEntries(BatchPutEntry.newBuilder().setKey("b").setIfPresent(true))
            .setIdempotencyKey("i")
            .build();
    var first = api().batchPut(request);
    put(collection, "b", "there now");

    var retry = api().batchPut(request);

    assertThat(retry).isEqualTo(first);
    assertThat(value(collection, "b")).isEqualTo("there now");
  }

  @Test
  default void theSameKeyWithAnotherBodyIsRefused() {
    needs(Capability.IDEMPOTENCY);
    String collection = newCollection();
    api().put(once(collection, "v1"));

    assertFails(Reason.IDEMPOTENCY_KEY_REUSED, () -> api().put(once(collection, "v2")));

    assertThat(value(collection, "k")).isEqualTo("v1");
  }

  @Test
  default void aFailedPreconditionIsNotRemembered() {
    needs(Capability.IDEMPOTENCY);
    needs(Capability.PRECONDITIONS);
    String collection = newCollection();
    PutRequest request = once(collection, "v").toBuilder().setIfPresent(true).build();
    assertFails(Reason.KEY_ABSENT, () -> api().put(request));
    put(collection, "k", "there now");

    api().put(request);

    assertThat(value(collection, "k")).isEqualTo("v");
  }

  @Test
  default void aKeyIsScopedToMethodAndCollection() {
    needs(Capability.IDEMPOTENCY);
    String one = newCollection();
    String other = newCollection();
    api().put(once(one, "v1"));

    api().put(once(other, "v2"));

    api()
        .delete(
            DeleteRequest.newBuilder()
                .setCollection(one)
                .setKey("k")
                .setIdempotencyKey("i")
                .build());
    assertThat(get(one, "k")).isNull();
    assertThat(value(other, "k")).isEqualTo("v2");
  }

  @Test
  default void aRetryAfterARestartReturnsTheFirstResult() {
    needs(Capability.IDEMPOTENCY);
    String collection = newCollection();
    PutRequest request = once(collection, "v1");
    PutResponse first = api().put(request);

    restart();

    assertThat(api().put(request)).isEqualTo(first);
    assertFails(Reason.IDEMPOTENCY_KEY_REUSED, () -> api().put(once(collection, "v2")));
  }

  @Test
  default void aKeyIsRememberedForADay() {
    needs(Capability.IDEMPOTENCY);
    String collection = newCollection();
    PutRequest request = once(collection, "v1");
    PutResponse first = api().put(request);

    advance(Duration.ofHours(23).plusMinutes(59));

    assertThat(api().put(request)).isEqualTo(first);
  }

  private static PutRequest once(String collection, String value) {
    return PutRequest.newBuilder()
        .setCollection(collection)
        .setKey("k")
        .setValue(ByteString.copyFromUtf8(value))
        .setIdempotencyKey("i")
        .build();
  }
}
