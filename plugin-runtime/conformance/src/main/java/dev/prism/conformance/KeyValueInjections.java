package dev.prism.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.prism.keyvalue.v1.PutRequest;
import dev.prism.keyvalue.v1.ScanRequest;
import dev.prism.status.Reason;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Text that is another language's code is a key, a value or metadata like any other. */
public interface KeyValueInjections extends KeyValueFixture {
  @Test
  default void asAKeyItNamesItsItemAlone() {
    String collection = newCollection();
    List<String> corpus = Injections.corpus();

    for (String text : corpus) {
      api()
          .put(
              PutRequest.newBuilder()
                  .setCollection(collection)
                  .setPartitionKey("p")
                  .setKey(text)
                  .setValue(ByteString.copyFromUtf8(text))
                  .putMetadata("text", text)
                  .build());
    }

    List<String> found =
        scanKeys(ScanRequest.newBuilder().setCollection(collection).setPartitionKey("p").build());
    assertThat(found).containsExactlyInAnyOrderElementsOf(corpus);
    for (String text : corpus) {
      assertThat(
              scan(ScanRequest.newBuilder()
                      .setCollection(collection)
                      .setPartitionKey("p")
                      .setPrefix(text)
                      .build())
                  .getFirst()
                  .getItem()
                  .getMetadataMap())
          .containsEntry("text", text);
    }
  }

  @Test
  default void asTheNameOfACollectionItIsRefused() {
    for (String text : Injections.corpus()) {
      if (!text.matches("[A-Za-z0-9_.-]+")) {
        KeyValueFixture.assertFails(Reason.COLLECTION_INVALID, () -> put(text, "k", "v"));
      }
    }
  }
}
