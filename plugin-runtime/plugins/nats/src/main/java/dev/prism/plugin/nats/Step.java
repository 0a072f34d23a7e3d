package dev.prism.plugin.nats;

import dev.prism.sdk.keyvalue.Item;
import dev.prism.sdk.keyvalue.Write;
import dev.prism.sdk.keyvalue.WriteResult;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import io.nats.client.impl.Headers;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/** What a write does, by what stands under its key. */
sealed interface Step {
  /** How long the marker of a removed key stays, for native clients that watch the bucket. */
  long MARKER_MILLIS = TimeUnit.MINUTES.toMillis(1);

  /** Nothing more: it has its result. */
  record Done(WriteResult result) implements Step {}

  /**
   * It publishes a message.
   *
   * @param due when what is published may be removed again, or {@link Item#NEVER}
   * @param result by the message's revision
   */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  record Publish(Headers headers, byte[] payload, long due, LongFunction<WriteResult> result)
      implements Step {}

  /** Whether it is the same step whatever stands under the key. */
  static boolean isBlind(Write write) {
    return write instanceof Write.Put put
        && put.condition() instanceof Write.Condition.None
        && !(put.expiry() instanceof Write.Expiry.Keep);
  }

  /**
   * The step of a write.
   *
   * @param found what stands under its key; null where there is nothing
   */
  static Step of(Write write, @Nullable Entry found, long now) {
    Item item = found != null && found.isThere(now) ? found.item() : null;
    return switch (write) {
      case Write.Put put -> {
        WriteResult.Failed failure = failure(put.condition(), item);
        yield failure != null
            ? new Done(failure)
            : publish(
                put.value(), put.contentType(), put.metadata(), expiresAt(put.expiry(), item));
      }
      case Write.Delete delete -> {
        WriteResult.Failed failure = failure(delete.condition(), item);
        if (failure != null || item == null) {
          yield new Done(failure != null ? failure : new WriteResult.Deleted(false));
        }
        yield remove(now);
      }
      case Write.CompareAndSwap swap ->
          Arrays.equals(swap.expected(), item == null ? null : item.value())
              ? publish(
                  swap.value(), swap.contentType(), swap.metadata(), expiresAt(swap.expiry(), item))
              : new Done(new WriteResult.NotSwapped(item));
      case Write.Expire(var _, long millis) -> {
        WriteResult result = new WriteResult.Expired(item != null, millis);
        yield item == null
            ? new Done(result)
            : new Publish(Entry.expiring(item, millis), item.value(), millis, _ -> result);
      }
    };
  }

  private static Publish publish(
      byte[] value, String contentType, Map<String, String> metadata, long expiresAt) {
    return new Publish(
        Entry.headers(contentType, metadata, expiresAt),
        value,
        expiresAt,
        revision -> new WriteResult.Written(Long.toString(revision), expiresAt));
  }

  /** Leaves a marker where there is an item. */
  static Publish remove(long now) {
    long until = now + MARKER_MILLIS;
    return new Publish(Entry.marker(until), new byte[0], until, _ -> new WriteResult.Deleted(true));
  }

  private static long expiresAt(Write.Expiry expiry, @Nullable Item item) {
    return switch (expiry) {
      case Write.Expiry.Never _ -> Item.NEVER;
      case Write.Expiry.At(long millis) -> millis;
      case Write.Expiry.Keep _ -> item == null ? Item.NEVER : item.expiresAtMillis();
    };
  }

  private static WriteResult.@Nullable Failed failure(
      Write.Condition condition, @Nullable Item item) {
    return switch (condition) {
      case Write.Condition.IfEtag(String etag) when item == null || !item.etag().equals(etag) ->
          failed(Reason.ETAG_MISMATCH, "the item has another etag, or is not there");
      case Write.Condition.IfAbsent _ when item != null ->
          failed(Reason.KEY_EXISTS, "there is an item under this key");
      case Write.Condition.IfPresent _ when item == null ->
          failed(Reason.KEY_ABSENT, "there is no item under this key");
      default -> null;
    };
  }

  private static WriteResult.Failed failed(Reason reason, String message) {
    return new WriteResult.Failed(PrismException.status(reason, message));
  }
}
