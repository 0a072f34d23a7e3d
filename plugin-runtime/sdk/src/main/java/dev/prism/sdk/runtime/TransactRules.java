package dev.prism.sdk.runtime;

import com.google.protobuf.Duration;
import com.google.protobuf.Message;
import dev.prism.sdk.Capability;
import dev.prism.sdk.queue.Ack;
import dev.prism.sdk.rows.Table;
import dev.prism.sdk.transact.Inbox;
import dev.prism.sdk.transact.Isolation;
import dev.prism.sdk.transact.Once;
import dev.prism.sdk.transact.Outgoing;
import dev.prism.sdk.transact.TableWrite;
import dev.prism.sdk.transact.Transactor;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import dev.prism.transact.v1.DataWrite;
import dev.prism.transact.v1.Delete;
import dev.prism.transact.v1.IsolationLevel;
import dev.prism.transact.v1.MailboxMessage;
import dev.prism.transact.v1.Update;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What {@code transact.proto} says of a request, checked before a backend is asked. */
final class TransactRules {
  static final int MOST_WRITES = 1000;
  static final long MOST_WRITE_MILLIS = TimeUnit.HOURS.toMillis(1);
  static final long MOST_TRANSACTION_MILLIS = TimeUnit.MINUTES.toMillis(10);

  private static final int MOST_ID_BYTES = 128;
  private static final int MOST_PAYLOAD_BYTES = 1 << 20;

  private final Set<Capability> capabilities;
  private final Set<Isolation> isolations;
  private final InstantSource clock;

  TransactRules(Set<Capability> capabilities, Set<Isolation> isolations, InstantSource clock) {
    this.capabilities = capabilities;
    this.isolations = isolations;
    this.clock = clock;
  }

  void need(Capability capability) {
    if (!capabilities.contains(capability)) {
      throw unsupported(capability.name());
    }
  }

  private static PrismException unsupported(String what) {
    return PrismException.of(
        Reason.CAPABILITY_UNSUPPORTED,
        "this backend has no " + what + "; see docs/capabilities.md",
        Map.of("capability", what));
  }

  void batchSize(int writes, int messages) {
    if (writes + messages < 1 || writes + messages > MOST_WRITES) {
      throw QueueRules.invalid(
          Reason.BATCH_SIZE_INVALID,
          "writes",
          "and messages must be 1 to " + MOST_WRITES + ", not " + (writes + messages));
    }
  }

  /** Null where the request leaves it to the backend. */
  @Nullable Isolation isolation(IsolationLevel level, String field) {
    Isolation isolation =
        switch (level) {
          case ISOLATION_LEVEL_UNSPECIFIED -> null;
          case ISOLATION_LEVEL_READ_COMMITTED -> Isolation.READ_COMMITTED;
          case ISOLATION_LEVEL_REPEATABLE_READ -> Isolation.REPEATABLE_READ;
          case ISOLATION_LEVEL_SERIALIZABLE -> Isolation.SERIALIZABLE;
          case UNRECOGNIZED -> throw RowValues.invalid(field, "must be one of the levels");
        };
    if (isolation != null && !isolations.contains(isolation)) {
      throw unsupported(level.name());
    }
    return isolation;
  }

  /** In milliseconds, rounded up. */
  static long timeoutMillis(Duration timeout, long mostMillis, String field) {
    long seconds = timeout.getSeconds();
    int nanos = timeout.getNanos();
    boolean plausible =
        seconds >= 0 && seconds <= mostMillis / 1000 && nanos >= 0 && nanos < 1_000_000_000;
    long millis = plausible ? seconds * 1000 + (nanos + 999_999) / 1_000_000 : 0;
    if (millis < 1 || millis > mostMillis || (seconds == 0 && nanos < 1_000_000)) {
      throw RowValues.invalid(field, "must be from 1 ms to " + mostMillis / 60_000 + " min");
    }
    return millis;
  }

  /** Null where the request has none. */
  @Nullable Inbox inbox(boolean given, dev.prism.transact.v1.Inbox inbox, String field) {
    if (!given) {
      return null;
    }
    need(Capability.INBOX);
    KeyValueRules.name(inbox.getName(), field + ".name");
    String id = inbox.getMessageId();
    if (id.isEmpty() || isTooLong(id)) {
      throw RowValues.invalid(field + ".message_id", "must be 1 to " + MOST_ID_BYTES + " bytes");
    }
    return new Inbox(inbox.getName(), id);
  }

  /** Null where the request has no key. */
  @Nullable Once once(String key, String scope, Supplier<? extends Message> unkeyed) {
    if (key.isEmpty()) {
      return null;
    }
    QueueRules.idempotencyKey(key, capabilities.contains(Capability.IDEMPOTENCY));
    return new Once(scope, key, QueueRules.fingerprint(unkeyed.get()));
  }

  /**
   * A message to write, with an id of Prism's where it has none.
   *
   * @param path where its fields stand in the request
   * @param traceparent is kept with it where it has none of its own; or null
   */
  Outgoing message(MailboxMessage message, String path, @Nullable String traceparent) {
    need(Capability.MAILBOX);
    KeyValueRules.name(message.getMailbox(), path + "mailbox");
    String id = message.getMessageId();
    if (isTooLong(id)) {
      throw RowValues.invalid(
          path + "message_id", "must be at most " + MOST_ID_BYTES + " bytes of UTF-8");
    }
    if (message.getKey().size() > QueueRules.MOST_KEY_BYTES) {
      throw QueueRules.tooLarge(path + "key", QueueRules.MOST_KEY_BYTES);
    }
    if (message.getPayload().size() > MOST_PAYLOAD_BYTES) {
      throw QueueRules.tooLarge(path + "payload", MOST_PAYLOAD_BYTES);
    }
    long deliverAt =
        message.hasDeliverAt() ? QueueRules.millis(message.getDeliverAt(), path + "deliver_at") : 0;
    return new Outgoing(
        message.getMailbox(),
        id.isEmpty() ? MessageIds.next(clock.millis()) : id,
        new dev.prism.sdk.queue.Message(
            message.getKey().toByteArray(),
            QueueRules.headers(message.getHeadersList(), path + "headers", traceparent),
            message.getPayload().toByteArray(),
            deliverAt <= clock.millis() ? 0 : deliverAt));
  }

  private static boolean isTooLong(String id) {
    return id.length() > MOST_ID_BYTES
        || id.getBytes(StandardCharsets.UTF_8).length > MOST_ID_BYTES;
  }

  /**
   * A write, its columns looked up.
   *
   * @param path where its fields stand in the request
   */
  static TableWrite write(DataWrite write, String path, Function<String, Table> tables) {
    KeyValueRules.name(write.getTable(), path + "table");
    if (write.getOperationCase() == DataWrite.OperationCase.OPERATION_NOT_SET) {
      throw RowValues.invalid(path + "operation", "must be insert, update, upsert or delete");
    }
    Table table = tables.apply(write.getTable());
    RowRules rules = new RowRules(table);
    return switch (write.getOperationCase()) {
      case INSERT ->
          new TableWrite.Insert(
              table, rules.cells(write.getInsert().getValuesMap(), path + "insert.values"));
      case UPDATE -> {
        Update update = write.getUpdate();
        yield new TableWrite.Update(
            table,
            rules.key(update.getKeyMap(), path + "update.key"),
            rules.changes(update.getValuesMap(), path + "update.values"),
            rules.expected(update.getExpectedMap(), path + "update.expected"),
            update.getMustExist());
      }
      case UPSERT ->
          new TableWrite.Upsert(
              table, rules.row(write.getUpsert().getValuesMap(), path + "upsert.values"));
      case DELETE -> {
        Delete delete = write.getDelete();
        yield new TableWrite.Delete(
            table,
            rules.key(delete.getKeyMap(), path + "delete.key"),
            rules.expected(delete.getExpectedMap(), path + "delete.expected"),
            delete.getMustExist());
      }
      case OPERATION_NOT_SET -> throw new IllegalStateException("refused above");
    };
  }

  /** What a client says of a delivery of a mailbox. */
  static Ack ack(dev.prism.type.v1.Ack given, String mailbox, String path) {
    Ack ack = QueueRules.ack(given, mailbox, path);
    if (!ack.receipt().group().equals(Transactor.RECEIPT_GROUP)) {
      throw QueueRules.invalid(
          Reason.RECEIPT_INVALID, path + "receipt", "is no receipt of a mailbox's delivery");
    }
    return ack;
  }
}
