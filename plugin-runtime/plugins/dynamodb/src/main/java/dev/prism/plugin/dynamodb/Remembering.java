package dev.prism.plugin.dynamodb;

import dev.prism.sdk.transact.Inbox;
import dev.prism.sdk.transact.Once;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;

/**
 * What a transaction leaves in the table of the values, so that it takes effect once: an item for
 * its idempotency key, and one for the message that it processes. Both are written by the
 * transaction itself, on condition that they are not there.
 */
final class Remembering {
  private static final long REMEMBER_MILLIS = TimeUnit.HOURS.toMillis(25);
  private static final long INBOX_MILLIS = TimeUnit.DAYS.toMillis(8);

  /** Which call wrote it: what tells a call whose answer was lost that it was done. */
  private static final String BY = "by";

  private final Supplier<ItemReads> reads;
  private final String self;
  private final @Nullable Once once;
  private final @Nullable Inbox inbox;

  /** What is known of a transaction before it is done. */
  sealed interface Known {
    /** Nothing. */
    record Nothing() implements Known {}

    /** It was done by this very call, whose answer was lost. */
    record Done() implements Known {}

    /** Its idempotency key is known, with this response. */
    @SuppressWarnings("ArrayRecordComponent") // nobody compares them
    record Response(byte[] response) implements Known {}

    /** The inbox knows its message. */
    record Processed() implements Known {}
  }

  /**
   * @param reads consistent ones of the namespace, as of now
   * @param self given to no other call
   */
  Remembering(Supplier<ItemReads> reads, String self, @Nullable Once once, @Nullable Inbox inbox) {
    this.reads = reads;
    this.self = self;
    this.once = once;
    this.inbox = inbox;
  }

  /** How many items that are. */
  int count() {
    return (once == null ? 0 : 1) + (inbox == null ? 0 : 1);
  }

  /**
   * @throws PrismException IDEMPOTENCY_KEY_REUSED, and what reads throw
   */
  Known look() {
    ItemReads now = reads.get();
    if (once != null) {
      Map<String, AttributeValue> item = live(now, key(now, once));
      if (item != null) {
        return known(once, item);
      }
    }
    if (inbox != null) {
      Map<String, AttributeValue> item = live(now, key(now, inbox));
      if (item != null) {
        return isMine(item) ? new Known.Done() : new Known.Processed();
      }
    }
    return new Known.Nothing();
  }

  private Known known(Once own, Map<String, AttributeValue> item) {
    if (isMine(item)) {
      return new Known.Done();
    }
    byte[] fingerprint = ItemAttributes.bytes(item, ItemAttributes.FINGERPRINT);
    if (!Arrays.equals(fingerprint, own.fingerprint())) {
      throw PrismException.of(
          Reason.IDEMPOTENCY_KEY_REUSED,
          "this idempotency key came with another request before: use a new one");
    }
    return new Known.Response(ItemAttributes.bytes(item, ItemAttributes.ANSWER));
  }

  /** Whether this very call was done; false also where that cannot be found out. */
  boolean isDone() {
    try {
      return count() > 0 && look() instanceof Known.Done;
    } catch (PrismException e) {
      return false; // the caller is told what it is told without
    }
  }

  private static @Nullable Map<String, AttributeValue> live(
      ItemReads now, Map<String, AttributeValue> key) {
    Map<String, AttributeValue> item = now.one(key);
    return item != null && ItemAttributes.isLive(item, now.now()) ? item : null;
  }

  private boolean isMine(Map<String, AttributeValue> item) {
    AttributeValue by = item.get(BY);
    return by != null && self.equals(by.s());
  }

  private static Map<String, AttributeValue> key(ItemReads now, Once each) {
    return ItemAttributes.remembered(now.namespace(), each.scope(), each.key());
  }

  private static Map<String, AttributeValue> key(ItemReads now, Inbox each) {
    return ItemAttributes.remembered(
        now.namespace(), "Transact.Inbox/" + each.name(), each.messageId());
  }

  /**
   * What the transaction writes besides its rows.
   *
   * @param response what a retry is answered
   */
  List<TransactWriteItem> changes(byte[] response) {
    ItemReads now = reads.get();
    List<Change> changes = new ArrayList<>();
    if (once != null) {
      Map<String, AttributeValue> item = item(key(now, once), now.now() + REMEMBER_MILLIS);
      item.put(ItemAttributes.FINGERPRINT, ItemAttributes.binary(once.fingerprint()));
      item.put(ItemAttributes.ANSWER, ItemAttributes.binary(response));
      changes.add(new Change.Put(item, Condition.absent(now.now())));
    }
    if (inbox != null) {
      changes.add(
          new Change.Put(
              item(key(now, inbox), now.now() + INBOX_MILLIS), Condition.absent(now.now())));
    }
    return together(now, changes);
  }

  private Map<String, AttributeValue> item(Map<String, AttributeValue> key, long until) {
    Map<String, AttributeValue> item = new HashMap<>(key);
    item.put(BY, AttributeValue.fromS(self));
    item.put(ItemAttributes.ENDS_MS, ItemAttributes.number(until));
    item.put(ItemAttributes.ENDS, ItemAttributes.ends(until));
    return item;
  }

  /**
   * Asks whether it was not done, for a caller who is to be told of a failure: rows may have been
   * seen as a transaction left them of which it was not yet seen that it is remembered.
   */
  List<TransactWriteItem> checks() {
    ItemReads now = reads.get();
    List<Change> checks = new ArrayList<>();
    if (once != null) {
      checks.add(new Change.Check(key(now, once), Condition.absent(now.now())));
    }
    if (inbox != null) {
      checks.add(new Change.Check(key(now, inbox), Condition.absent(now.now())));
    }
    return together(now, checks);
  }

  private static List<TransactWriteItem> together(ItemReads now, List<Change> changes) {
    return changes.stream().map(each -> each.together(now.table())).toList();
  }
}
