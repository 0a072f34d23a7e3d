package dev.prism.sdk.runtime;

import static dev.prism.sdk.runtime.QueueMessages.time;

import com.google.protobuf.UnsafeByteOperations;
import dev.prism.sdk.queue.Delivery;
import dev.prism.sdk.queue.Header;
import dev.prism.sdk.queue.Message;
import dev.prism.sdk.queue.Stored;
import dev.prism.sdk.reader.Chunk;
import dev.prism.sdk.transact.Outgoing;
import dev.prism.transact.v1.Begun;
import dev.prism.transact.v1.Committed;
import dev.prism.transact.v1.MailboxMessage;
import dev.prism.transact.v1.MessageAccepted;
import dev.prism.transact.v1.ReadMailboxResponse;
import dev.prism.transact.v1.RolledBack;
import dev.prism.transact.v1.Row;
import dev.prism.transact.v1.Rows;
import dev.prism.transact.v1.TransactionResponse;
import dev.prism.transact.v1.WriteResponse;
import dev.prism.transact.v1.WriteResult;
import dev.prism.type.v1.Value;
import java.util.List;

/** A transactor's answers as the contract's messages. */
final class TransactMessages {
  private TransactMessages() {}

  static byte[] written(List<Integer> rows, List<Outgoing> messages) {
    WriteResponse.Builder response = WriteResponse.newBuilder();
    for (int each : rows) {
      response.addResults(WriteResult.newBuilder().setRows(each));
    }
    for (Outgoing message : messages) {
      response.addMessageIds(message.messageId());
    }
    return response.build().toByteArray();
  }

  static byte[] alreadyProcessed() {
    return WriteResponse.newBuilder().setAlreadyProcessed(true).build().toByteArray();
  }

  static TransactionResponse begun(long deadlineMillis) {
    return TransactionResponse.newBuilder()
        .setBegun(Begun.newBuilder().setDeadline(time(deadlineMillis)))
        .build();
  }

  static TransactionResponse wrote(int rows) {
    return TransactionResponse.newBuilder()
        .setWrite(WriteResult.newBuilder().setRows(rows))
        .build();
  }

  static TransactionResponse accepted(Outgoing message) {
    return TransactionResponse.newBuilder()
        .setMessage(MessageAccepted.newBuilder().setMessageId(message.messageId()))
        .build();
  }

  static TransactionResponse rows(Chunk chunk) {
    Rows.Builder rows =
        Rows.newBuilder().addAllColumns(chunk.columns()).setMore(chunk.end() == Chunk.End.ROWS);
    for (List<Value> row : chunk.rows()) {
      rows.addRows(Row.newBuilder().addAllValues(row));
    }
    return TransactionResponse.newBuilder().setRows(rows).build();
  }

  static TransactionResponse committed(boolean replayed, boolean alreadyProcessed) {
    return TransactionResponse.newBuilder()
        .setCommitted(
            Committed.newBuilder().setReplayed(replayed).setAlreadyProcessed(alreadyProcessed))
        .build();
  }

  static TransactionResponse rolledBack() {
    return TransactionResponse.newBuilder().setRolledBack(RolledBack.getDefaultInstance()).build();
  }

  static ReadMailboxResponse deliveries(List<Delivery> deliveries, boolean caughtUp, int process) {
    ReadMailboxResponse.Builder response = ReadMailboxResponse.newBuilder().setCaughtUp(caughtUp);
    for (Delivery delivery : deliveries) {
      Stored stored = delivery.stored();
      response
          .addDeliveriesBuilder()
          .setMessage(message(delivery.receipt().topic(), stored))
          .setReceipt(delivery.receipt().encode(process))
          .setSequence(stored.offset())
          .setAttempt(delivery.attempt())
          .setWrittenAt(time(stored.publishedAtMillis()))
          .setAckDeadline(time(delivery.ackDeadlineMillis()));
    }
    return response.build();
  }

  private static MailboxMessage message(String mailbox, Stored stored) {
    Message message = stored.message();
    MailboxMessage.Builder builder =
        MailboxMessage.newBuilder()
            .setMailbox(mailbox)
            .setMessageId(stored.messageId())
            .setKey(UnsafeByteOperations.unsafeWrap(message.key()))
            .setPayload(UnsafeByteOperations.unsafeWrap(message.payload()));
    for (Header header : message.headers()) {
      builder
          .addHeadersBuilder()
          .setName(header.name())
          .setValue(UnsafeByteOperations.unsafeWrap(header.value()));
    }
    return builder.build();
  }
}
