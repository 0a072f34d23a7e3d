package dev.prism.plugin.dynamodb;

import dev.prism.sdk.keyvalue.Item;
import dev.prism.sdk.keyvalue.Write;
import dev.prism.sdk.keyvalue.WriteResult;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** What a write asks of DynamoDB, and what its caller is told. */
final class Writes {
  private Writes() {}

  /** A put of which nothing has to be known. */
  static boolean isPlain(Write write) {
    return write instanceof Write.Put put
        && put.condition() instanceof Write.Condition.None
        && !(put.expiry() instanceof Write.Expiry.Keep);
  }

  /**
   * Whether the present item must be looked at before it can be said what is to be written: where
   * the expiry is kept, and where a value is expected that no item has room for.
   */
  static boolean needsLook(Write write) {
    return switch (write) {
      case Write.Put put -> put.expiry() instanceof Write.Expiry.Keep;
      case Write.CompareAndSwap swap ->
          swap.expiry() instanceof Write.Expiry.Keep
              || (swap.expected() != null
                  && swap.expected().length > ItemAttributes.MOST_VALUE_BYTES);
      case Write.Delete _, Write.Expire _ -> false;
    };
  }

  /** When what is written expires, in place of an item; null: in place of none. */
  static long expiry(Write write, @Nullable Item present) {
    return switch (write) {
      case Write.Put put -> expiry(put.expiry(), present);
      case Write.CompareAndSwap swap -> expiry(swap.expiry(), present);
      case Write.Delete _, Write.Expire _ -> Item.NEVER;
    };
  }

  private static long expiry(Write.Expiry expiry, @Nullable Item present) {
    return switch (expiry) {
      case Write.Expiry.Never _ -> Item.NEVER;
      case Write.Expiry.At(long millis) -> millis;
      case Write.Expiry.Keep _ -> present == null ? Item.NEVER : present.expiresAtMillis();
    };
  }

  /**
   * The change.
   *
   * @param etag of what is written
   * @param expiresAtMillis as {@link #expiry}, where a value is written
   */
  static Change change(
      Write write,
      Map<String, AttributeValue> key,
      String etag,
      long expiresAtMillis,
      @Nullable Condition condition) {
    return switch (write) {
      case Write.Put put ->
          new Change.Put(
              ItemAttributes.item(
                  key, put.value(), etag, expiresAtMillis, put.contentType(), put.metadata()),
              condition);
      case Write.CompareAndSwap swap ->
          new Change.Put(
              ItemAttributes.item(
                  key, swap.value(), etag, expiresAtMillis, swap.contentType(), swap.metadata()),
              condition);
      case Write.Delete _ -> new Change.Delete(key, needed(condition));
      case Write.Expire(_, long millis) -> expire(key, millis, needed(condition));
    };
  }

  private static Condition needed(@Nullable Condition condition) {
    if (condition == null) {
      throw new IllegalStateException("only a put has no condition");
    }
    return condition;
  }

  private static Change expire(Map<String, AttributeValue> key, long millis, Condition condition) {
    if (millis == Item.NEVER) {
      return new Change.Update(key, "REMOVE ends_ms, ends", Map.of(), condition);
    }
    Map<String, AttributeValue> values = new HashMap<>();
    values.put(":ends_ms", ItemAttributes.number(millis));
    values.put(":ends", ItemAttributes.ends(millis));
    return new Change.Update(key, "SET ends_ms = :ends_ms, ends = :ends", values, condition);
  }

  /** What the write itself asks of the item; null: nothing. */
  static @Nullable Condition condition(Write write, long now) {
    return switch (write) {
      case Write.Put put -> condition(put.condition(), now);
      case Write.Delete delete -> {
        Condition asked = condition(delete.condition(), now);
        yield asked == null ? Condition.present(now) : asked; // it is told what it found
      }
      case Write.CompareAndSwap swap ->
          swap.expected() == null ? Condition.absent(now) : Condition.value(swap.expected(), now);
      case Write.Expire _ -> Condition.present(now);
    };
  }

  private static @Nullable Condition condition(Write.Condition condition, long now) {
    return switch (condition) {
      case Write.Condition.None _ -> null;
      case Write.Condition.IfEtag(String etag) -> Condition.etag(etag, now);
      case Write.Condition.IfAbsent _ -> Condition.absent(now);
      case Write.Condition.IfPresent _ -> Condition.present(now);
    };
  }

  /** Whether an item, null where there is none, is as the write asks. */
  static boolean holds(Write write, @Nullable Item present) {
    return switch (write) {
      case Write.Put put -> holds(put.condition(), present, true);
      case Write.Delete delete -> holds(delete.condition(), present, present != null);
      case Write.CompareAndSwap swap ->
          swap.expected() == null
              ? present == null
              : present != null && Arrays.equals(swap.expected(), present.value());
      case Write.Expire _ -> present != null;
    };
  }

  private static boolean holds(
      Write.Condition condition, @Nullable Item present, boolean otherwise) {
    return switch (condition) {
      case Write.Condition.None _ -> otherwise;
      case Write.Condition.IfEtag(String etag) -> present != null && present.etag().equals(etag);
      case Write.Condition.IfAbsent _ -> present == null;
      case Write.Condition.IfPresent _ -> present != null;
    };
  }

  /** The answer where the change was made. */
  static WriteResult done(Write write, String etag, long expiresAtMillis) {
    return switch (write) {
      case Write.Put _, Write.CompareAndSwap _ -> new WriteResult.Written(etag, expiresAtMillis);
      case Write.Delete _ -> new WriteResult.Deleted(true);
      case Write.Expire(_, long millis) -> new WriteResult.Expired(true, millis);
    };
  }

  /**
   * The answer where the item is not as the write asks.
   *
   * @param present the item that a swap found, or null
   */
  static WriteResult refused(Write write, @Nullable Item present) {
    return switch (write) {
      case Write.Put put -> refused(put.condition());
      case Write.Delete(_, Write.Condition.None _) -> new WriteResult.Deleted(false);
      case Write.Delete delete -> refused(delete.condition());
      case Write.CompareAndSwap _ -> new WriteResult.NotSwapped(present);
      case Write.Expire(_, long millis) -> new WriteResult.Expired(false, millis);
    };
  }

  private static WriteResult refused(Write.Condition condition) {
    return switch (condition) {
      case Write.Condition.None _ -> failed(Reason.INTERNAL, "a put on no condition was refused");
      case Write.Condition.IfEtag _ ->
          failed(Reason.ETAG_MISMATCH, "the item has another etag, or is not there");
      case Write.Condition.IfAbsent _ ->
          failed(Reason.KEY_EXISTS, "there is an item under this key");
      case Write.Condition.IfPresent _ ->
          failed(Reason.KEY_ABSENT, "there is no item under this key");
    };
  }

  private static WriteResult failed(Reason reason, String message) {
    return new WriteResult.Failed(PrismException.status(reason, message));
  }
}
