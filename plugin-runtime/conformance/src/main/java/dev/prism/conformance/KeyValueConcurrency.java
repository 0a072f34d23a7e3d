package dev.prism.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.prism.keyvalue.v1.CompareAndSwapRequest;
import dev.prism.keyvalue.v1.CompareAndSwapResponse;
import dev.prism.keyvalue.v1.PutRequest;
import dev.prism.sdk.Capability;
import dev.prism.status.Reason;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Many callers at once. */
public interface KeyValueConcurrency extends KeyValueFixture {
  /** How many callers there are. */
  int CALLERS = 16;

  @Test
  default void swapsOfManyCallersCountExactly() {
    needs(Capability.COMPARE_AND_SWAP);
    String collection = newCollection();
    int each = 25;

    together(
        caller -> {
          for (int i = 0; i < each; i++) {
            increment(collection);
          }
          return caller;
        });

    assertThat(value(collection, "counter")).isEqualTo(Integer.toString(CALLERS * each));
  }

  @Test
  default void ofManyCreateOnlyPutsOneWins() {
    needs(Capability.PRECONDITIONS);
    String collection = newCollection();

    List<String> etags =
        together(
            caller -> {
              try {
                return api()
                    .put(
                        PutRequest.newBuilder()
                            .setCollection(collection)
                            .setKey("k")
                            .setValue(ByteString.copyFromUtf8("caller " + caller))
                            .setIfAbsent(true)
                            .build())
                    .getEtag();
              } catch (CallFailedException e) {
                assertThat(e.reason()).isEqualTo(Reason.KEY_EXISTS.name());
                return "";
              }
            });

    List<String> won = etags.stream().filter(etag -> !etag.isEmpty()).toList();
    assertThat(won).hasSize(1);
    assertThat(present(collection, "k").getEtag()).isEqualTo(won.getFirst());
    assertThat(value(collection, "k")).isEqualTo("caller " + etags.indexOf(won.getFirst()));
  }

  @Test
  default void ofManyPutsWithOneEtagOneWins() {
    needs(Capability.PRECONDITIONS);
    String collection = newCollection();
    String etag = put(collection, "k", "old").getEtag();

    List<Boolean> done =
        together(
            caller -> {
              try {
                api()
                    .put(
                        PutRequest.newBuilder()
                            .setCollection(collection)
                            .setKey("k")
                            .setIfEtag(etag)
                            .build());
                return true;
              } catch (CallFailedException e) {
                assertThat(e.reason()).isEqualTo(Reason.ETAG_MISMATCH.name());
                return false;
              }
            });

    assertThat(done).containsOnlyOnce(true);
  }

  @Test
  default void everyCallerReadsItsOwnWrite() {
    String collection = newCollection();

    together(
        caller -> {
          for (int i = 0; i < 50; i++) {
            String value = caller + "/" + i;
            put(collection, "key-" + caller, value);
            assertThat(value(collection, "key-" + caller)).isEqualTo(value);
          }
          return caller;
        });

    assertThat(value(collection, "key-0")).isEqualTo("0/49");
  }

  @Test
  default void putsOfManyCallersHaveEtagsOfTheirOwn() {
    String collection = newCollection();

    List<List<String>> etags =
        together(
            caller -> {
              List<String> own = new ArrayList<>();
              for (int i = 0; i < 20; i++) {
                own.add(put(collection, "shared", "").getEtag());
              }
              return own;
            });

    assertThat(etags.stream().flatMap(List::stream)).doesNotHaveDuplicates();
  }

  private void increment(String collection) {
    String seen = value(collection, "counter");
    while (true) {
      int next = seen == null ? 1 : Integer.parseInt(seen) + 1;
      CompareAndSwapRequest.Builder swap =
          CompareAndSwapRequest.newBuilder()
              .setCollection(collection)
              .setKey("counter")
              .setNewValue(ByteString.copyFromUtf8(Integer.toString(next)));
      if (seen != null) {
        swap.setExpectedValue(ByteString.copyFromUtf8(seen));
      }
      CompareAndSwapResponse response = api().compareAndSwap(swap.build());
      if (response.getSwapped()) {
        return;
      }
      seen = response.hasCurrent() ? response.getCurrent().getValue().toStringUtf8() : null;
    }
  }

  private static <T> List<T> together(Callers.Task<T> task) {
    return Callers.together(CALLERS, 60, task);
  }
}
