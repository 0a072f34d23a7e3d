package dev.prism.conformance;

import static dev.prism.conformance.KeyValueFixture.assertFails;
import static dev.prism.conformance.KeyValueFixture.failure;
import static dev.prism.conformance.TransactFixture.insert;
import static dev.prism.conformance.TransactFixture.message;
import static dev.prism.conformance.TransactFixture.on;
import static dev.prism.conformance.TransactFixture.request;
import static dev.prism.conformance.TransactFixture.step;
import static dev.prism.conformance.TransactFixture.update;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.google.protobuf.ByteString;
import dev.prism.reader.v1.CountRequest;
import dev.prism.sdk.Capability;
import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Values;
import dev.prism.status.Reason;
import dev.prism.transact.v1.DataWrite;
import dev.prism.transact.v1.Delete;
import dev.prism.transact.v1.Inbox;
import dev.prism.transact.v1.Insert;
import dev.prism.transact.v1.MailboxMessage;
import dev.prism.transact.v1.Select;
import dev.prism.transact.v1.Upsert;
import dev.prism.type.v1.Operator;
import dev.prism.type.v1.Sort;
import dev.prism.type.v1.Value;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Text that is another language's code is text: as a value it is kept, as a name it is refused, and
 * nothing else comes of it.
 */
public interface TransactInjections extends TransactFixture {
  /** As many rows as every backend takes in one transaction. */
  int AT_ONCE = 50;

  private static boolean isName(String text) {
    return text.matches("[A-Za-z0-9_.-]{1,128}");
  }

  /** Those that are short enough for an id. */
  private static List<String> ids() {
    return Injections.corpus().stream()
        .filter(text -> text.getBytes(StandardCharsets.UTF_8).length <= 128)
        .toList();
  }

  private long count(String table) {
    return reader().count(CountRequest.newBuilder().setCollection(table).build()).getCount();
  }

  @Test
  default void inKeysAndValuesItIsAValueLikeAnyOther() {
    String table = newTable();
    for (String text : Injections.corpus()) {
      Value value = Values.of(text);
      write(
          insert(table, text, 1),
          on(table, update(text, 2).putValues("note", value)),
          on(table, update(text, 3).putExpected("note", value).setMustExist(true)),
          on(
              table,
              Upsert.newBuilder().putValues("id", value).putValues("balance", Values.of(4L))));
      assertThat(row(table, text)).isEqualTo(TransactFixture.account(text, 4, value));
    }
    assertThat(count(table)).isEqualTo(Injections.corpus().size());

    for (String text : Injections.corpus()) {
      write(
          on(
              table,
              Delete.newBuilder()
                  .putKey("id", Values.of(text))
                  .putExpected("note", Values.of(text))
                  .setMustExist(true)));
    }
    assertThat(count(table)).isZero();
  }

  @Test
  default void withinATransactionItIsReadAsItWasWritten() {
    String table = newTable();
    List<String> corpus = Injections.corpus();
    for (int from = 0; from < corpus.size(); from += AT_ONCE) {
      try (Running running = begin()) {
        for (String text : corpus.subList(from, Math.min(corpus.size(), from + AT_ONCE))) {
          running.ask(insert(table, text, 1));
          assertThat(running.balance(table, text)).isEqualTo(1);
        }
        running.commit();
      }
    }
    assertThat(count(table)).isEqualTo(corpus.size());
  }

  @Test
  default void asTheNameOfAColumnItIsRefusedInWrites() {
    assumeFalse(areOpen(), "any name may be a column's");
    String table = newTable();
    write(insert(table, "a", 1));
    Value one = Values.of("x");
    Set<String> own = ACCOUNTS.columns().stream().map(Column::name).collect(Collectors.toSet());
    for (String text : Injections.corpus().stream().filter(t -> !own.contains(t)).toList()) {
      for (DataWrite write :
          List.of(
              DataWrite.newBuilder()
                  .setTable(table)
                  .setInsert(Insert.newBuilder().putValues("id", one).putValues(text, one))
                  .build(),
              on(table, Upsert.newBuilder().putValues("id", one).putValues(text, one)),
              on(table, update("a", 2).putValues(text, one)),
              on(table, update("a", 2).putExpected(text, one)),
              on(table, Delete.newBuilder().putKey("id", one).putExpected(text, one)))) {
        assertFails(Reason.FIELD_INVALID, () -> write(write));
      }
      assertFails(
          Reason.KEY_INVALID, () -> write(on(table, Delete.newBuilder().putKey(text, one))));
      for (Select.Builder select :
          List.of(
              Select.newBuilder().addColumns(text),
              Select.newBuilder().addSort(Sort.newBuilder().setColumn(text)),
              Select.newBuilder()
                  .setFilter(ReaderFixture.compare(text, Operator.OPERATOR_EQUAL, one)))) {
        try (Running running = begin()) {
          assertFails(Reason.FIELD_INVALID, () -> running.ask(step(select.setTable(table))));
        }
      }
    }
    assertThat(count(table)).isEqualTo(1);
    assertThat(balance(table, "a")).isEqualTo(1);
  }

  @Test
  default void asTheNameOfATableItIsRefusedInWrites() {
    String table = newTable();
    for (String text : Injections.corpus()) {
      var write = failure(() -> write(insert(text, "a", 1)));
      assertThat(CallFailedException.reason(write.status()))
          .isIn(Reason.COLLECTION_INVALID.name(), Reason.COLLECTION_NOT_FOUND.name());
    }
    write(insert(table, "a", 1));
  }

  @Test
  default void inMailboxesItIsKeptAsItIsOrRefusedAsAName() {
    needs(Capability.MAILBOX);
    String mailbox = newMailbox();
    for (String text : Injections.corpus()) {
      if (!isName(text)) {
        assertFails(Reason.COLLECTION_INVALID, () -> send(message(text, "k", "m")));
      }
    }
    List<String> ids = ids();
    try (Mailbox open = open(mailbox)) {
      for (String text : ids) {
        MailboxMessage written =
            MailboxMessage.newBuilder()
                .setMailbox(mailbox)
                .setMessageId(text)
                .setKey(ByteString.copyFromUtf8(text))
                .setPayload(ByteString.copyFromUtf8(text))
                .build();
        send(written);
        var delivery = open.next();
        assertThat(delivery.getMessage()).isEqualTo(written);
        ack(mailbox, delivery);
      }
    }
  }

  @Test
  default void asTheKeyOfAnIdempotentWriteOrAnInboxItIsOneLikeAnyOther() {
    needs(Capability.INBOX);
    String table = newTable();
    List<String> ids = ids();
    for (String text : ids) {
      var keyed = request(insert(table, text, 1)).setIdempotencyKey(text).build();
      api().write(keyed);
      assertThat(api().write(keyed).getResultsCount()).isEqualTo(1);
      var received =
          request(on(table, update(text, 2)))
              .setInbox(Inbox.newBuilder().setName("inbox").setMessageId(text))
              .build();
      assertThat(api().write(received).getAlreadyProcessed()).isFalse();
      assertThat(api().write(received).getAlreadyProcessed()).isTrue();
    }
    assertThat(count(table)).isEqualTo(ids.size());
  }
}
