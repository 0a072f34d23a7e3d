package dev.prism.conformance;

import static dev.prism.conformance.KeyValueFixture.assertFails;
import static dev.prism.conformance.TransactFixture.insert;
import static dev.prism.conformance.TransactFixture.request;
import static dev.prism.conformance.TransactFixture.step;
import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.sdk.Capability;
import dev.prism.status.Reason;
import dev.prism.transact.v1.Inbox;
import dev.prism.transact.v1.Select;
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
}
