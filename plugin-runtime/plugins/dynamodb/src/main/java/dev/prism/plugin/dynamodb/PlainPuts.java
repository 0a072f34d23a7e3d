package dev.prism.plugin.dynamodb;

import dev.prism.sdk.keyvalue.WriteResult;
import dev.prism.status.PrismException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BatchWriteItemResponse;
import software.amazon.awssdk.services.dynamodb.model.WriteRequest;

/** Puts on no condition, up to 25 in a request. */
final class PlainPuts {
  /** As many as BatchWriteItem takes. */
  static final int MOST = 25;

  private final ItemReads reads;
  private final Map<String, One> left = new HashMap<>();

  /**
   * One put.
   *
   * @param item with its etag, by which it is known again
   * @param expiresAtMillis of the item
   * @param result who is told what became of it
   */
  record One(
      Map<String, AttributeValue> item, long expiresAtMillis, Consumer<WriteResult> result) {}

  /**
   * @param reads consistent ones, and until when to try
   */
  PlainPuts(ItemReads reads, List<One> puts) {
    this.reads = reads;
    puts.forEach(put -> left.put(ItemAttributes.etag(put.item()), put));
  }

  /** Makes them, and tells each what became of it. */
  void run() {
    for (int attempt = 0; !left.isEmpty(); attempt++) {
      Failure failure = Failure.THROTTLED;
      try {
        send();
      } catch (SdkException e) {
        failure = Failure.of(e);
      }
      if (failure == Failure.LOST) {
        find();
      }
      boolean again = failure == Failure.THROTTLED || failure == Failure.CONFLICT;
      if (!left.isEmpty() && (!again || !reads.deadline().pause(attempt))) {
        WriteResult failed = new WriteResult.Failed(failure.ofWrite().status());
        left.values().forEach(each -> each.result().accept(failed));
        return;
      }
    }
  }

  private void send() {
    if (left.size() == 1) {
      One only = left.values().iterator().next();
      reads
          .dynamo()
          .once(client -> client.putItem(p -> p.tableName(reads.table()).item(only.item())));
      done(ItemAttributes.etag(only.item()));
      return;
    }
    List<WriteRequest> requests = new ArrayList<>(left.size());
    left.values()
        .forEach(
            each ->
                requests.add(
                    WriteRequest.builder().putRequest(put -> put.item(each.item())).build()));
    BatchWriteItemResponse answer =
        reads
            .dynamo()
            .once(
                client ->
                    client.batchWriteItem(b -> b.requestItems(Map.of(reads.table(), requests))));
    Set<String> unprocessed = new HashSet<>();
    for (WriteRequest each : answer.unprocessedItems().getOrDefault(reads.table(), List.of())) {
      unprocessed.add(ItemAttributes.etag(each.putRequest().item()));
    }
    for (String etag : List.copyOf(left.keySet())) {
      if (!unprocessed.contains(etag)) {
        done(etag);
      }
    }
  }

  private void done(String etag) {
    One put = left.remove(etag);
    if (put != null) {
      put.result().accept(new WriteResult.Written(etag, put.expiresAtMillis()));
    }
  }

  /** Looks which of them were made before the answer was lost. */
  private void find() {
    List<Map<String, AttributeValue>> keys =
        left.values().stream().map(each -> ItemReads.keyOf(each.item())).toList();
    try {
      reads.many(
          keys,
          ItemAttributes.ALL_BUT_BODY,
          item -> {
            done(ItemAttributes.etag(item));
            return true;
          });
    } catch (PrismException e) {
      // Then it stays unknown.
    }
  }
}
