package dev.prism.conformance;

import static dev.prism.conformance.KeyValueFixture.assertFails;
import static dev.prism.conformance.TransactFixture.insert;
import static dev.prism.conformance.TransactFixture.message;
import static dev.prism.conformance.TransactFixture.on;
import static dev.prism.conformance.TransactFixture.request;
import static dev.prism.conformance.TransactFixture.update;
import static dev.prism.sdk.rows.Values.NULL;
import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.sdk.rows.Kind;
import dev.prism.sdk.rows.Values;
import dev.prism.status.Reason;
import dev.prism.transact.v1.Delete;
import dev.prism.transact.v1.Update;
import dev.prism.transact.v1.Upsert;
import dev.prism.type.v1.MapValue;
import dev.prism.type.v1.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Writes that are done only where a row is as expected. */
public interface TransactExpectations extends TransactFixture {
  @Test
  default void aRowThatIsAsExpectedIsChanged() {
    String table = newTable();
    write(insert(table, "a", 1));

    write(on(table, update("a", 2).putExpected("balance", Values.of(1)).putExpected("note", NULL)));

    assertThat(balance(table, "a")).isEqualTo(2);
  }

  @Test
  default void aRowThatIsNotAsExpectedFailsTheWriteAndAllBesideIt() {
    String table = newTable();
    String mailbox = newMailbox();
    write(insert(table, "a", 1));

    assertFails(
        Reason.EXPECTATION_FAILED,
        () ->
            api()
                .write(
                    request(
                            insert(table, "b", 1),
                            on(table, update("a", 2).putExpected("balance", Values.of(7))))
                        .addAllMessages(where(message(mailbox, "", "lost")))
                        .build()));

    assertThat(balance(table, "a")).isEqualTo(1);
    assertThat(row(table, "b")).isNull();
    assertHas(mailbox);
  }

  @Test
  default void nullIsExpectedAsAnyValue() {
    String table = newTable();
    write(
        on(
            table,
            Upsert.newBuilder()
                .putValues("id", Values.of("a"))
                .putValues("balance", Values.of(1))
                .putValues("note", Values.of("n"))));

    assertFails(
        Reason.EXPECTATION_FAILED,
        () -> write(on(table, update("a", 2).putExpected("note", NULL))));
    write(on(table, update("a", 3).putExpected("note", Values.of("n"))));

    assertThat(balance(table, "a")).isEqualTo(3);
  }

  @Test
  default void aRowThatIsNotThereIsNotAsExpected() {
    String table = newTable();

    assertFails(
        Reason.EXPECTATION_FAILED,
        () -> write(on(table, update("a", 2).putExpected("note", NULL).setMustExist(true))));
    assertFails(Reason.EXPECTATION_FAILED, () -> write(on(table, delete(1))));
  }

  @Test
  default void aRowIsDeletedWhereItIsAsExpected() {
    String table = newTable();
    write(insert(table, "a", 1));

    assertFails(Reason.EXPECTATION_FAILED, () -> write(on(table, delete(2))));
    write(on(table, delete(1)));

    assertThat(row(table, "a")).isNull();
  }

  @Test
  default void numbersAreExpectedByWhatTheyAreWorth() {
    String table = newTable();
    write(insert(table, "a", 1));

    write(on(table, update("a", 2).putExpected("balance", Values.of(1.0))));

    assertThat(balance(table, "a")).isEqualTo(2);
  }

  @Test
  default void whatDoesNotCompareCannotBeExpected() {
    String table = "t" + KeyValueFixture.Names.next();
    create(
        table,
        new TableSpec(
            List.of(
                TableSpec.column("id", Kind.STRING), TableSpec.nullable("about", Kind.DOCUMENT)),
            List.of("id")));
    Value map = Value.newBuilder().setMapValue(MapValue.getDefaultInstance()).build();
    Update.Builder update =
        Update.newBuilder().putKey("id", Values.of("a")).putValues("about", map);

    assertFails(
        Reason.FIELD_INVALID, () -> write(on(table, update.clone().putExpected("about", map))));
    assertFails(
        Reason.FIELD_INVALID,
        () -> write(on(table, update.clone().putExpected("id", Values.of(1)))));
  }

  @Test
  default void ofWritersWhoExpectTheSameOneSucceeds() {
    String table = newTable();
    write(insert(table, "a", 0));
    int rounds = 50;
    AtomicInteger succeeded = new AtomicInteger();
    List<Thread> writers = new ArrayList<>();

    for (int i = 0; i < 4; i++) {
      writers.add(
          Thread.startVirtualThread(
              () -> {
                for (long round = 0; round < rounds; round++) {
                  try {
                    write(
                        on(table, update("a", round + 1).putExpected("balance", Values.of(round))));
                    succeeded.incrementAndGet();
                  } catch (CallFailedException e) {
                    assertThat(e.reason()).isEqualTo(Reason.EXPECTATION_FAILED.name());
                  }
                  long next = round + 1;
                  KeyValueFixture.await("the round's end", () -> balance(table, "a") >= next);
                }
              }));
    }
    writers.forEach(KeyValueFixture::join);

    assertThat(balance(table, "a")).isEqualTo(rounds);
    assertThat(succeeded).hasValue(rounds);
  }

  private static Delete.Builder delete(long balance) {
    return Delete.newBuilder()
        .putKey("id", Values.of("a"))
        .putExpected("balance", Values.of(balance));
  }
}
