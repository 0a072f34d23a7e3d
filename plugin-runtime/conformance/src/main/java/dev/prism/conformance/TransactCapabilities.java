package dev.prism.conformance;

import static dev.prism.conformance.KeyValueFixture.assertFails;
import static dev.prism.conformance.TransactFixture.insert;
import static dev.prism.conformance.TransactFixture.request;
import static dev.prism.conformance.TransactFixture.step;
import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.sdk.Capability;
import dev.prism.sdk.rows.Values;
import dev.prism.status.Reason;
import dev.prism.transact.v1.Inbox;
import dev.prism.transact.v1.MailboxMessage;
import dev.prism.transact.v1.Select;
import dev.prism.type.v1.Ack;
import dev.prism.type.v1.Filter;
import dev.prism.type.v1.Operator;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What must be declared is, and what is not declared is refused. */
public interface TransactCapabilities extends TransactFixture {
  @Test
  default void everyRequiredCapabilityIsDeclared() {
    assertThat(capabilities())
        .containsAll(RequiredCapabilities.of(backend(), RequiredCapabilities.Interface.TRANSACT));
  }

  @Test
  default void whatIsAcknowledgedSurvivesARestart() {
    needs(Capability.DURABLE);
    String table = newTable();
    write(insert(table, "a", 1));
    try (Running running = begin()) {
      running.ask(insert(table, "b", 2));
      running.commit();
    }

    restart();

    assertThat(balance(table, "a")).isEqualTo(1);
    assertThat(balance(table, "b")).isEqualTo(2);
  }

  @Test
  default void anUndeclaredInboxIsRefused() {
    lacks(Capability.INBOX);

    assertFails(
        Reason.CAPABILITY_UNSUPPORTED,
        () ->
            api()
                .write(
                    request(insert("t", "a", 1))
                        .setInbox(Inbox.newBuilder().setName("n").setMessageId("i"))
                        .build()));
  }

  @Test
  default void anUndeclaredIdempotencyKeyIsRefused() {
    lacks(Capability.IDEMPOTENCY);

    assertFails(
        Reason.IDEMPOTENCY_UNSUPPORTED,
        () -> api().write(request(insert("t", "a", 1)).setIdempotencyKey("k").build()));
  }

  @Test
  default void anUndeclaredRowLockIsRefused() {
    lacks(Capability.ROW_LOCKS);
    String table = newTable();
    try (Running running = begin()) {
      assertFails(
          Reason.CAPABILITY_UNSUPPORTED,
          () -> running.ask(step(Select.newBuilder().setTable(table).setLock(true))));
    }
  }

  @Test
  default void anUndeclaredMailboxIsRefused() {
    lacks(Capability.MAILBOX);
    String table = newTable();
    MailboxMessage message = TransactFixture.message("m", "k", "p");

    assertFails(
        Reason.CAPABILITY_UNSUPPORTED,
        () -> api().write(request(insert(table, "a", 1)).addMessages(message).build()));
    try (Running running = begin()) {
      assertFails(Reason.CAPABILITY_UNSUPPORTED, () -> running.ask(step(message)));
    }
    assertFails(
        Reason.CAPABILITY_UNSUPPORTED,
        () -> {
          try (Mailbox open = open("m")) {
            open.next();
          }
        });
    assertFails(
        Reason.CAPABILITY_UNSUPPORTED,
        () -> acknowledge("m", Ack.newBuilder().setReceipt("r").build()));
    assertThat(row(table, "a")).isNull();
  }

  @Test
  default void anUndeclaredSelectIsRefused() {
    lacks(Capability.ANY_SELECT);
    String table = newTable();
    Filter key = ReaderFixture.compare("id", Operator.OPERATOR_EQUAL, Values.of("a"));
    Filter range = ReaderFixture.compare("id", Operator.OPERATOR_GREATER, Values.of("a"));
    for (Select.Builder select :
        List.of(
            Select.newBuilder().addColumns("id"),
            Select.newBuilder().setFilter(key),
            Select.newBuilder().setFilter(range).addColumns("id"),
            Select.newBuilder().setFilter(TransactFixture.any(key, range)).addColumns("id"))) {
      try (Running running = begin()) {
        assertFails(Reason.CAPABILITY_UNSUPPORTED, () -> running.ask(step(select.setTable(table))));
      }
    }
  }
}
