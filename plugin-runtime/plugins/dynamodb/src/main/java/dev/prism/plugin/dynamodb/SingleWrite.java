package dev.prism.plugin.dynamodb;

import dev.prism.sdk.keyvalue.Item;
import dev.prism.sdk.keyvalue.Write;
import dev.prism.sdk.keyvalue.WriteResult;
import dev.prism.status.PrismException;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.ReturnValuesOnConditionCheckFailure;

/** A write that DynamoDB decides by itself: one request. */
final class SingleWrite {
  private final ItemReads reads;
  private final Write write;
  private final Map<String, AttributeValue> key;
  private final String etag;
  private final long expiresAtMillis;
  private final Change change;

  /**
   * @param reads consistent ones, and until when to try
   * @param etag of what is written
   */
  SingleWrite(ItemReads reads, Write write, String etag) {
    this.reads = reads;
    this.write = write;
    this.key = ItemAttributes.key(reads.namespace(), write.key());
    this.etag = etag;
    this.expiresAtMillis = Writes.expiry(write, null);
    this.change =
        Writes.change(write, key, etag, expiresAtMillis, Writes.condition(write, reads.now()));
  }

  WriteResult run() {
    ReturnValuesOnConditionCheckFailure old =
        write instanceof Write.CompareAndSwap
            ? ReturnValuesOnConditionCheckFailure.ALL_OLD
            : ReturnValuesOnConditionCheckFailure.NONE;
    for (int attempt = 0; ; attempt++) {
      try {
        reads
            .dynamo()
            .once(
                client -> {
                  change.send(client, reads.table(), old);
                  return true;
                });
        return done();
      } catch (ConditionalCheckFailedException e) {
        return Writes.refused(write, found(e));
      } catch (SdkException e) {
        Failure failure = Failure.of(e);
        if (failure == Failure.LOST && isMine()) {
          return done();
        }
        boolean again = failure == Failure.THROTTLED || failure == Failure.CONFLICT;
        if (!again || !reads.deadline().pause(attempt)) {
          return new WriteResult.Failed(failure.ofWrite().status());
        }
      }
    }
  }

  private WriteResult done() {
    return Writes.done(write, etag, expiresAtMillis);
  }

  private @Nullable Item found(ConditionalCheckFailedException e) {
    return e.hasItem() && ItemAttributes.isLive(e.item(), reads.now())
        ? ItemAttributes.value(e.item(), true)
        : null;
  }

  /** Whether the item is the one that was to be written. */
  private boolean isMine() {
    if (!(change instanceof Change.Put)) {
      return false; // nothing tells who has removed an item
    }
    try {
      Map<String, AttributeValue> item = reads.one(key);
      return item != null && ItemAttributes.etag(item).equals(etag);
    } catch (PrismException e) {
      return false; // then it stays unknown
    }
  }
}
