package dev.prism.sdk.runtime;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import com.google.protobuf.UnsafeByteOperations;
import dev.prism.keyvalue.v1.BatchDeleteResponse;
import dev.prism.keyvalue.v1.BatchDeleteResult;
import dev.prism.keyvalue.v1.BatchGetResponse;
import dev.prism.keyvalue.v1.BatchGetResult;
import dev.prism.keyvalue.v1.BatchPutResponse;
import dev.prism.keyvalue.v1.BatchPutResult;
import dev.prism.keyvalue.v1.CompareAndSwapResponse;
import dev.prism.keyvalue.v1.DeleteResponse;
import dev.prism.keyvalue.v1.ExistsResponse;
import dev.prism.keyvalue.v1.ExpireResponse;
import dev.prism.keyvalue.v1.GetResponse;
import dev.prism.keyvalue.v1.PersistResponse;
import dev.prism.keyvalue.v1.PutResponse;
import dev.prism.keyvalue.v1.ScanEntry;
import dev.prism.keyvalue.v1.ScanResponse;
import dev.prism.sdk.keyvalue.Item;
import dev.prism.sdk.keyvalue.ScanSink;
import dev.prism.sdk.keyvalue.WriteResult;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes the bytes of KeyValue answers from what a store gave. */
final class KeyValueResponses {
  private KeyValueResponses() {}

  static byte[] get(List<@Nullable Item> items) {
    return getResponse(items.getFirst()).toByteArray();
  }

  static byte[] exists(List<@Nullable Item> items) {
    return ExistsResponse.newBuilder().setExists(items.getFirst() != null).build().toByteArray();
  }

  static byte[] batchGet(List<@Nullable Item> items) {
    BatchGetResponse.Builder response = BatchGetResponse.newBuilder();
    for (Item item : items) {
      response.addResults(BatchGetResult.newBuilder().setSuccess(getResponse(item)));
    }
    return response.build().toByteArray();
  }

  static byte[] put(List<WriteResult> results) {
    return putResponse(expect(WriteResult.Written.class, results.getFirst())).toByteArray();
  }

  static byte[] delete(List<WriteResult> results) {
    return deleteResponse(expect(WriteResult.Deleted.class, results.getFirst())).toByteArray();
  }

  static byte[] compareAndSwap(List<WriteResult> results) {
    CompareAndSwapResponse.Builder response = CompareAndSwapResponse.newBuilder();
    if (results.getFirst() instanceof WriteResult.NotSwapped notSwapped) {
      Item current = notSwapped.current();
      if (current != null) {
        response.setCurrent(item(current));
      }
    } else {
      response
          .setSwapped(true)
          .setEtag(expect(WriteResult.Written.class, results.getFirst()).etag());
    }
    return response.build().toByteArray();
  }

  static byte[] expire(List<WriteResult> results) {
    WriteResult.Expired result = expect(WriteResult.Expired.class, results.getFirst());
    ExpireResponse.Builder response = ExpireResponse.newBuilder().setApplied(result.applied());
    if (result.applied()) {
      response.setExpiresAt(timestamp(result.expiresAtMillis()));
    }
    return response.build().toByteArray();
  }

  static byte[] persist(List<WriteResult> results) {
    WriteResult.Expired result = expect(WriteResult.Expired.class, results.getFirst());
    return PersistResponse.newBuilder().setApplied(result.applied()).build().toByteArray();
  }

  static byte[] batchPut(List<WriteResult> results) {
    BatchPutResponse.Builder response = BatchPutResponse.newBuilder();
    for (WriteResult result : results) {
      BatchPutResult.Builder entry = BatchPutResult.newBuilder();
      if (result instanceof WriteResult.Failed failed) {
        entry.setError(failed.status());
      } else {
        entry.setSuccess(putResponse(expect(WriteResult.Written.class, result)));
      }
      response.addResults(entry);
    }
    return response.build().toByteArray();
  }

  static byte[] batchDelete(List<WriteResult> results) {
    BatchDeleteResponse.Builder response = BatchDeleteResponse.newBuilder();
    for (WriteResult result : results) {
      BatchDeleteResult.Builder entry = BatchDeleteResult.newBuilder();
      if (result instanceof WriteResult.Failed failed) {
        entry.setError(failed.status());
      } else {
        entry.setSuccess(deleteResponse(expect(WriteResult.Deleted.class, result)));
      }
      response.addResults(entry);
    }
    return response.build().toByteArray();
  }

  static byte[] scan(List<ScanSink.Entry> entries, boolean keysOnly) {
    ScanResponse.Builder response = ScanResponse.newBuilder();
    for (ScanSink.Entry entry : entries) {
      dev.prism.keyvalue.v1.Item item = item(entry.item());
      if (keysOnly && !item.getValue().isEmpty()) {
        item = item.toBuilder().clearValue().build();
      }
      response.addEntries(
          ScanEntry.newBuilder()
              .setKey(entry.key().key())
              .setPartitionKey(entry.key().partition())
              .setItem(item));
    }
    return response.build().toByteArray();
  }

  private static GetResponse getResponse(@Nullable Item item) {
    return item == null
        ? GetResponse.getDefaultInstance()
        : GetResponse.newBuilder().setItem(item(item)).build();
  }

  private static PutResponse putResponse(WriteResult.Written written) {
    PutResponse.Builder response = PutResponse.newBuilder().setEtag(written.etag());
    if (written.expiresAtMillis() != Item.NEVER) {
      response.setExpiresAt(timestamp(written.expiresAtMillis()));
    }
    return response.build();
  }

  private static DeleteResponse deleteResponse(WriteResult.Deleted deleted) {
    return DeleteResponse.newBuilder().setExisted(deleted.existed()).build();
  }

  private static dev.prism.keyvalue.v1.Item item(Item item) {
    // The store's array is not changed any more, so its bytes need no copy of their own.
    ByteString value = UnsafeByteOperations.unsafeWrap(item.value());
    dev.prism.keyvalue.v1.Item.Builder message =
        dev.prism.keyvalue.v1.Item.newBuilder()
            .setValue(value)
            .setEtag(item.etag())
            .setContentType(item.contentType());
    if (!item.metadata().isEmpty()) {
      message.putAllMetadata(item.metadata());
    }
    if (item.expiresAtMillis() != Item.NEVER) {
      message.setExpiresAt(timestamp(item.expiresAtMillis()));
    }
    return message.build();
  }

  private static Timestamp timestamp(long millis) {
    return Timestamp.newBuilder()
        .setSeconds(Math.floorDiv(millis, 1000))
        .setNanos((int) Math.floorMod(millis, 1000L) * 1_000_000)
        .build();
  }

  private static <T extends WriteResult> T expect(Class<T> type, WriteResult result) {
    if (type.isInstance(result)) {
      return type.cast(result);
    }
    throw new IllegalStateException(
        "the store answered a write with "
            + result.getClass().getSimpleName()
            + " instead of "
            + type.getSimpleName());
  }
}
