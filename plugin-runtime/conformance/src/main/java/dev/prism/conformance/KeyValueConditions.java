package dev.prism.conformance;

import static dev.prism.conformance.KeyValueFixture.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.prism.keyvalue.v1.CompareAndSwapRequest;
import dev.prism.keyvalue.v1.CompareAndSwapResponse;
import dev.prism.keyvalue.v1.DeleteRequest;
import dev.prism.keyvalue.v1.PutRequest;
import dev.prism.sdk.Capability;
import dev.prism.status.Reason;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Preconditions and compare-and-swap (contract 6). */
public interface KeyValueConditions extends KeyValueFixture {
  @Test
  default void aPutWithThePresentEtagIsDone() {
    needs(Capability.PRECONDITIONS);
    String collection = newCollection();
    String etag = put(collection, "k", "old").getEtag();

    String next = api().put(change(collection, "k").setIfEtag(etag).build()).getEtag();

    assertThat(value(collection, "k")).isEqualTo("new");
    assertThat(present(collection, "k").getEtag()).isEqualTo(next).isNotEqualTo(etag);
  }

  @Test
  default void aPutWithAWrongEtagChangesNothing() {
    needs(Capability.PRECONDITIONS);
    String collection = newCollection();
    String first = put(collection, "k", "older").getEtag();
    String etag = put(collection, "k", "old").getEtag();

    assertFails(
        Reason.ETAG_MISMATCH, () -> api().put(change(collection, "k").setIfEtag(first).build()));

    assertThat(value(collection, "k")).isEqualTo("old");
    assertThat(present(collection, "k").getEtag()).isEqualTo(etag);
  }

  @Test
  default void anEtagThatNoItemEverHadIsAMismatch() {
    needs(Capability.PRECONDITIONS);
    String collection = newCollection();
    put(collection, "k", "old");

    assertFails(
        Reason.ETAG_MISMATCH,
        () -> api().put(change(collection, "k").setIfEtag("not an etag '\"%").build()));

    assertThat(value(collection, "k")).isEqualTo("old");
  }

  @Test
  default void aPutWithAnEtagOfAnAbsentKeyIsAMismatch() {
    needs(Capability.PRECONDITIONS);
    String collection = newCollection();

    assertFails(
        Reason.ETAG_MISMATCH, () -> api().put(change(collection, "k").setIfEtag("1").build()));

    assertThat(get(collection, "k")).isNull();
  }

  @Test
  default void aCreateOnlyPutSucceedsOnce() {
    needs(Capability.PRECONDITIONS);
    String collection = newCollection();
    api().put(change(collection, "k").setIfAbsent(true).build());

    assertFails(
        Reason.KEY_EXISTS,
        () ->
            api()
                .put(
                    change(collection, "k")
                        .setValue(ByteString.copyFromUtf8("second"))
                        .setIfAbsent(true)
                        .build()));

    assertThat(value(collection, "k")).isEqualTo("new");
  }

  @Test
  default void anUpdateOnlyPutNeedsAnItem() {
    needs(Capability.PRECONDITIONS);
    String collection = newCollection();

    assertFails(
        Reason.KEY_ABSENT, () -> api().put(change(collection, "k").setIfPresent(true).build()));

    assertThat(get(collection, "k")).isNull();
    put(collection, "k", "old");
    api().put(change(collection, "k").setIfPresent(true).build());
    assertThat(value(collection, "k")).isEqualTo("new");
  }

  @Test
  default void aDeleteHonoursTheEtag() {
    needs(Capability.PRECONDITIONS);
    String collection = newCollection();
    String first = put(collection, "k", "older").getEtag();
    String etag = put(collection, "k", "old").getEtag();
    DeleteRequest.Builder delete = DeleteRequest.newBuilder().setCollection(collection).setKey("k");

    assertFails(Reason.ETAG_MISMATCH, () -> api().delete(delete.setIfEtag(first).build()));

    assertThat(value(collection, "k")).isEqualTo("old");
    assertThat(api().delete(delete.setIfEtag(etag).build()).getExisted()).isTrue();
    assertThat(get(collection, "k")).isNull();
    assertFails(Reason.ETAG_MISMATCH, () -> api().delete(delete.setIfEtag(etag).build()));
    assertFails(Reason.KEY_ABSENT, () -> api().delete(delete.setIfPresent(true).build()));
  }

  @Test
  default void aSwapWritesWhereTheValueIsTheExpectedOne() {
    needs(Capability.COMPARE_AND_SWAP);
    String collection = newCollection();
    String etag = put(collection, "k", "old").getEtag();

    CompareAndSwapResponse swap = api().compareAndSwap(swap(collection, "old", "new"));

    assertThat(swap.getSwapped()).isTrue();
    assertThat(swap.getEtag()).isNotEqualTo(etag);
    assertThat(swap.hasCurrent()).isFalse();
    assertThat(present(collection, "k").getEtag()).isEqualTo(swap.getEtag());
    assertThat(value(collection, "k")).isEqualTo("new");
  }

  @Test
  default void aSwapAnswersWhatItFoundInstead() {
    needs(Capability.COMPARE_AND_SWAP);
    String collection = newCollection();
    put(collection, "k", "actual");

    CompareAndSwapResponse swap = api().compareAndSwap(swap(collection, "expected", "new"));

    assertThat(swap.getSwapped()).isFalse();
    assertThat(swap.getCurrent()).isEqualTo(present(collection, "k"));
    assertThat(value(collection, "k")).isEqualTo("actual");
  }

  @Test
  default void aSwapThatExpectsAnItemFindsNone() {
    needs(Capability.COMPARE_AND_SWAP);
    String collection = newCollection();

    CompareAndSwapResponse swap = api().compareAndSwap(swap(collection, "expected", "new"));

    assertThat(swap.getSwapped()).isFalse();
    assertThat(swap.hasCurrent()).isFalse();
    assertThat(get(collection, "k")).isNull();
  }

  @Test
  default void aSwapThatExpectsNothingCreatesOnce() {
    needs(Capability.COMPARE_AND_SWAP);
    String collection = newCollection();

    boolean first = api().compareAndSwap(swap(collection, null, "first")).getSwapped();

    assertThat(first).isTrue();
    assertThat(api().compareAndSwap(swap(collection, null, "second")).getSwapped()).isFalse();
    assertThat(value(collection, "k")).isEqualTo("first");
  }

  @Test
  default void anEmptyExpectedValueIsNotAnAbsentOne() {
    needs(Capability.COMPARE_AND_SWAP);
    String collection = newCollection();

    boolean onNothing = api().compareAndSwap(swap(collection, "", "new")).getSwapped();

    assertThat(onNothing).isFalse();
    put(collection, "k", "");
    assertThat(api().compareAndSwap(swap(collection, null, "new")).getSwapped()).isFalse();
    assertThat(api().compareAndSwap(swap(collection, "", "new")).getSwapped()).isTrue();
  }

  private static PutRequest.Builder change(String collection, String key) {
    return PutRequest.newBuilder()
        .setCollection(collection)
        .setKey(key)
        .setValue(ByteString.copyFromUtf8("new"));
  }

  private static CompareAndSwapRequest swap(
      String collection, @Nullable String expected, String value) {
    CompareAndSwapRequest.Builder swap =
        CompareAndSwapRequest.newBuilder()
            .setCollection(collection)
            .setKey("k")
            .setNewValue(ByteString.copyFromUtf8(value));
    if (expected != null) {
      swap.setExpectedValue(ByteString.copyFromUtf8(expected));
    }
    return swap.build();
  }
}
