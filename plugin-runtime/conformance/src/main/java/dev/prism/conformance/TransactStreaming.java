package dev.prism.conformance;

import static dev.prism.conformance.KeyValueFixture.assertFails;
import static dev.prism.conformance.TransactFixture.commit;
import static dev.prism.conformance.TransactFixture.insert;
import static dev.prism.conformance.TransactFixture.message;
import static dev.prism.conformance.TransactFixture.on;
import static dev.prism.conformance.TransactFixture.rollback;
import static dev.prism.conformance.TransactFixture.step;
import static dev.prism.conformance.TransactFixture.update;
import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.sdk.Capability;
import dev.prism.sdk.rows.Kind;
import dev.prism.sdk.rows.Values;
import dev.prism.status.Reason;
import dev.prism.transact.v1.Begin;
import dev.prism.transact.v1.Delete;
import dev.prism.transact.v1.MailboxMessage;
import dev.prism.transact.v1.Rows;
import dev.prism.transact.v1.Select;
import dev.prism.transact.v1.TransactionRequest;
import dev.prism.type.v1.Operator;
import dev.prism.type.v1.Sort;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Transactions step by step. */
public interface TransactStreaming extends TransactFixture {
  @Test
  default void whatIsCommittedIsThereAndWasNotBefore() {
    String table = newTable();
    String mailbox = newMailbox();
    try (Running running = begin()) {
      assertThat(running.ask(insert(table, "a", 1)).getWrite().getRows()).isEqualTo(1);
      assertThat(running.ask(on(table, update("a", 2))).getWrite().getRows()).isEqualTo(1);
      for (MailboxMessage message : where(message(mailbox, "k", "hello"))) {
        assertThat(running.ask(step(message)).getMessage().getMessageId()).isNotEmpty();
      }
      assertThat(running.balance(table, "a")).isEqualTo(2);
      assertThat(row(table, "a")).isNull();

      running.commit();

      assertThat(balance(table, "a")).isEqualTo(2);
      assertHas(mailbox, "hello");
    }
  }

  @Test
  default void whatIsRolledBackIsNotThere() {
    String table = newTable();
    String mailbox = newMailbox();
    try (Running running = begin()) {
      running.ask(insert(table, "a", 1));
      where(message(mailbox, "k", "lost")).forEach(message -> running.ask(step(message)));

      assertThat(running.ask(rollback()).hasRolledBack()).isTrue();

      assertThat(running.hasNext()).isFalse();
    }
    assertThat(row(table, "a")).isNull();
    assertHas(mailbox);
  }

  @Test
  default void aStreamThatIsDroppedIsRolledBackAtOnce() {
    String table = newTable();
    write(insert(table, "a", 1));
    try (Running running = begin()) {
      running.ask(on(table, update("a", 2)));
    }
    long dropped = System.nanoTime();

    write(on(table, update("a", 3)));

    assertThat(System.nanoTime() - dropped).isLessThan(TimeUnit.SECONDS.toNanos(5));
    assertThat(balance(table, "a")).isEqualTo(3);
  }

  @Test
  default void aStreamThatEndsWithoutACommitIsRolledBack() {
    String table = newTable();
    try (Running running = begin()) {
      running.ask(insert(table, "a", 1));

      running.halfClose();

      assertFails(Reason.STREAM_ORDER_INVALID, running::hasNext);
    }
    assertThat(row(table, "a")).isNull();
  }

  @Test
  default void aTransactionWhoseTimeIsUpIsRolledBackAtOnceAndToldSo() {
    String table = newTable();
    write(insert(table, "a", 1));
    long begun = System.nanoTime();
    try (Running running =
        new Running(
            api()
                .transaction(
                    TransactFixture.begin(
                        Begin.newBuilder().setTimeout(TransactFixture.seconds(1)))))) {
      long deadline = QueueFixture.millis(running.next().getBegun().getDeadline());
      assertThat(deadline - System.currentTimeMillis()).isBetween(0L, 1000L);
      running.ask(on(table, update("a", 2)));

      assertFails(Reason.DEADLINE_EXCEEDED, running::hasNext);

      assertThat(System.nanoTime() - begun)
          .isBetween(TimeUnit.MILLISECONDS.toNanos(900), TimeUnit.SECONDS.toNanos(5));
      write(on(table, update("a", 3).putExpected("balance", Values.of(1))));
    }
    assertThat(balance(table, "a")).isEqualTo(3);
  }

  @Test
  default void aStepThatFailsEndsTheStreamAndUndoesWhatWasBefore() {
    String table = newTable();
    write(insert(table, "there", 1));
    try (Running running = begin()) {
      running.ask(insert(table, "a", 1));

      assertFails(Reason.KEY_EXISTS, () -> running.ask(insert(table, "there", 2)));

      assertThat(row(table, "a")).isNull();
    }
    try (Running running = begin()) {
      running.ask(insert(table, "a", 1));
      assertFails(
          Reason.EXPECTATION_FAILED,
          () -> running.ask(on(table, update("a", 2).putExpected("balance", Values.of(7)))));
    }
    try (Running running = begin()) {
      running.ask(insert(table, "a", 1));
      assertFails(Reason.COLLECTION_NOT_FOUND, () -> running.ask(insert("no" + table, "a", 1)));
    }
    assertThat(row(table, "a")).isNull();
  }

  @Test
  default void beginComesFirstAndOnce() {
    String table = newTable();
    for (TransactionRequest first :
        new TransactionRequest[] {step(insert(table, "a", 1)), commit(), rollback()}) {
      try (Running running = new Running(api().transaction(first))) {
        assertFails(Reason.STREAM_ORDER_INVALID, running::next);
      }
    }
    try (Running running = begin()) {
      running.ask(insert(table, "a", 1));
      assertFails(
          Reason.STREAM_ORDER_INVALID,
          () -> running.ask(TransactFixture.begin(Begin.newBuilder())));
    }
    try (Running running = begin()) {
      assertFails(Reason.FIELD_INVALID, () -> running.ask(TransactionRequest.getDefaultInstance()));
    }
    assertThat(row(table, "a")).isNull();
  }

  @Test
  default void stepsThatAreSentAheadAreAnsweredInOrder() {
    String table = newTable();
    try (Running running = begin()) {
      for (int i = 0; i < 50; i++) {
        running.send(step(i % 2 == 0 ? insert(table, "a" + i, i) : on(table, update("none", 1))));
      }
      running.send(commit());
      for (int i = 0; i < 50; i++) {
        assertThat(running.next().getWrite().getRows()).isEqualTo(i % 2 == 0 ? 1 : 0);
      }
      assertThat(running.next().hasCommitted()).isTrue();
      assertThat(running.hasNext()).isFalse();
    }
    assertThat(balance(table, "a48")).isEqualTo(48);
  }

  @Test
  default void whatComesAfterTheCommitIsNotDone() {
    String table = newTable();
    try (Running running = begin()) {
      running.send(commit());
      running.send(step(insert(table, "a", 1)));
      assertThat(running.next().hasCommitted()).isTrue();
      assertThat(running.hasNext()).isFalse();
    }
    assertThat(row(table, "a")).isNull();
  }

  @Test
  default void rowsAreSelectedByFilterInOrderAndUpToALimit() {
    needs(Capability.ANY_SELECT);
    String table = newTable();
    try (Running running = begin()) {
      for (int i = 0; i < 10; i++) {
        running.ask(insert(table, "a" + i, i));
      }
      Select.Builder select =
          Select.newBuilder()
              .setTable(table)
              .setFilter(ReaderFixture.compare("balance", Operator.OPERATOR_GREATER, Values.of(2)))
              .addSort(Sort.newBuilder().setColumn("balance").setDescending(true))
              .addColumns("balance")
              .addColumns("id")
              .setLimit(3);

      Rows rows = running.ask(step(select)).getRows();

      assertThat(rows.getColumnsList()).containsExactly("balance", "id");
      assertThat(rows.getRowsList())
          .extracting(row -> row.getValues(0).getInt64Value())
          .containsExactly(9L, 8L, 7L);
      assertThat(rows.getMore()).isTrue();
      Rows all = running.ask(step(select.setLimit(7))).getRows();
      assertThat(all.getRowsCount()).isEqualTo(7);
      assertThat(all.getMore()).isFalse();
      assertThat(running.ask(step(Select.newBuilder().setTable(table))).getRows().getRowsCount())
          .isEqualTo(10);
    }
  }

  @Test
  default void rowsAreSelectedByTheirKeysAndWhatElseIsAskedOfThem() {
    String table = newTable();
    write(insert(table, "a", 1), insert(table, "b", 2), insert(table, "c", 3));
    try (Running running = begin()) {
      running.ask(insert(table, "d", 4));
      running.ask(on(table, update("a", 10)));
      running.ask(on(table, Delete.newBuilder().putKey("id", Values.of("c"))));
      Select.Builder select =
          Select.newBuilder()
              .setTable(table)
              .setFilter(
                  TransactFixture.all(
                      TransactFixture.isOneOf("id", "a", "b", "c", "d", "none"),
                      ReaderFixture.compare("balance", Operator.OPERATOR_GREATER, Values.of(2))))
              .addSort(Sort.newBuilder().setColumn("balance").setDescending(true))
              .addColumns("id");

      Rows rows = running.ask(step(select)).getRows();

      assertThat(rows.getRowsList())
          .extracting(row -> row.getValues(0).getStringValue())
          .containsExactly("a", "d");
      assertThat(rows.getMore()).isFalse();
      assertThat(running.ask(step(select.setLimit(1))).getRows().getMore()).isTrue();
    }
  }

  @Test
  default void rowsThatAreTooLargeForAnAnswerAreRefused() {
    needs(Capability.ANY_SELECT);
    String table = "t" + KeyValueFixture.Names.next();
    create(
        table,
        new TableSpec(
            java.util.List.of(
                TableSpec.column("id", Kind.INT64), TableSpec.nullable("v", Kind.BYTES)),
            java.util.List.of("id")));
    try (Running running = begin()) {
      for (int i = 0; i < 5; i++) {
        running.ask(
            on(
                table,
                dev.prism.transact.v1.Upsert.newBuilder()
                    .putValues("id", Values.of(i))
                    .putValues("v", Values.of(new byte[1_000_000]))));
      }

      assertFails(
          Reason.MESSAGE_TOO_LARGE, () -> running.ask(step(Select.newBuilder().setTable(table))));
    }
  }

  @Test
  default void asManyTransactionsFollowEachOtherAsOneLikes() {
    String table = newTable();
    write(insert(table, "a", 0));
    for (int i = 1; i <= 100; i++) {
      try (Running running = begin()) {
        running.ask(on(table, update("a", i).putExpected("balance", Values.of(i - 1))));
        running.commit();
      }
    }
    assertThat(balance(table, "a")).isEqualTo(100);
  }
}
