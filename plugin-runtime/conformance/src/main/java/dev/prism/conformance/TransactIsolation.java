package dev.prism.conformance;

import static dev.prism.conformance.TransactFixture.insert;
import static dev.prism.conformance.TransactFixture.on;
import static dev.prism.conformance.TransactFixture.request;
import static dev.prism.conformance.TransactFixture.update;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.prism.sdk.Capability;
import dev.prism.sdk.rows.Values;
import dev.prism.status.Reason;
import dev.prism.transact.v1.IsolationLevel;
import dev.prism.transact.v1.Update;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What transactions see of each other. */
public interface TransactIsolation extends TransactFixture {
  /** What a transaction does to others that run step by step at the same time. */
  enum Meeting {
    /** It has everything to itself: others wait for it. */
    ALONE,
    /** It has the rows that it writes to itself: others that want the same ones wait for it. */
    LOCKS,
    /** Nothing, and who commits first wins: whoever has seen what is no longer so starts anew. */
    OPTIMISTIC
  }

  /** How transactions meet here. */
  Meeting meeting();

  @ParameterizedTest
  @EnumSource(value = IsolationLevel.class, mode = EnumSource.Mode.EXCLUDE, names = "UNRECOGNIZED")
  default void everyLevelCommits(IsolationLevel level) {
    String table = newTable();

    api().write(request(insert(table, "a", 1)).setIsolation(level).build());
    try (Running running = begin(level)) {
      running.ask(on(table, update("a", 2)));
      running.commit();
    }

    assertThat(balance(table, "a")).isEqualTo(2);
  }

  @Test
  default void whatIsNotCommittedIsSeenByNobodyElse() {
    String table = newTable();
    write(insert(table, "a", 1));
    try (Running running = begin()) {
      running.ask(on(table, update("a", 2)));

      assertThat(balance(table, "a")).isEqualTo(1);

      running.commit();
    }
    assertThat(balance(table, "a")).isEqualTo(2);
  }

  @Test
  default void aRepeatableReadSeesNothingThatCameLater() {
    assumeTrue(meeting() != Meeting.ALONE);
    String table = newTable();
    write(insert(table, "a", 1));
    try (Running running = begin(IsolationLevel.ISOLATION_LEVEL_REPEATABLE_READ)) {
      assertThat(running.balance(table, "a")).isEqualTo(1);

      write(on(table, update("a", 2)));

      assertThat(running.balance(table, "a")).isEqualTo(1);
    }
  }

  @Test
  default void aReadCommittedSeesWhatCameLater() {
    assumeTrue(meeting() == Meeting.LOCKS);
    String table = newTable();
    write(insert(table, "a", 1));
    try (Running running = begin(IsolationLevel.ISOLATION_LEVEL_READ_COMMITTED)) {
      assertThat(running.balance(table, "a")).isEqualTo(1);

      write(on(table, update("a", 2)));

      assertThat(running.balance(table, "a")).isEqualTo(2);
    }
  }

  @Test
  default void aTransactionThatAnotherGotInTheWayOfLeavesNoTrace() {
    assumeTrue(meeting() != Meeting.ALONE);
    String table = newTable();
    write(insert(table, "a", 1), insert(table, "b", 1));
    try (Running running = begin(IsolationLevel.ISOLATION_LEVEL_REPEATABLE_READ)) {
      assertThat(running.balance(table, "a")).isEqualTo(1);
      running.ask(on(table, update("b", 5)));
      write(on(table, update("a", 2)));

      KeyValueFixture.assertFails(
          Reason.TRANSACTION_CONFLICT,
          () -> {
            running.ask(on(table, update("a", 3)));
            running.commit();
          });
    }
    assertThat(balance(table, "a")).isEqualTo(2);
    assertThat(balance(table, "b")).isEqualTo(1);
  }

  @Test
  default void deadlockedTransactionsDoNotBothFail() {
    assumeTrue(meeting() == Meeting.LOCKS);
    String table = newTable();
    write(insert(table, "a", 1), insert(table, "b", 1));
    try (Running one = begin();
        Running other = begin()) {
      one.ask(on(table, update("a", 2)));
      other.ask(on(table, update("b", 2)));
      AtomicReference<String> failed = new AtomicReference<>("");
      Thread beside = Thread.startVirtualThread(() -> tryUpdate(one, table, "b", failed));

      tryUpdate(other, table, "a", failed);
      KeyValueFixture.join(beside);

      assertThat(failed).hasValue(Reason.TRANSACTION_CONFLICT.name());
    }
  }

  @Test
  default void whatWasSeenToBeAbsentOrUnnamedIsNotWrittenPastAnother() {
    assumeTrue(meeting() == Meeting.OPTIMISTIC);
    String table = newTable();
    write(insert(table, "a", 1));
    try (Running running = begin();
        Running other = begin()) {
      assertThat(running.balance(table, "b")).isEqualTo(-1);
      running.ask(on(table, update("a", 2)));
      assertThat(other.balance(table, "a")).isEqualTo(1);
      other.ask(insert(table, "c", 1));
      write(
          insert(table, "b", 1),
          on(
              table,
              Update.newBuilder().putKey("id", Values.of("a")).putValues("note", Values.of("n"))));

      KeyValueFixture.assertFails(
          Reason.TRANSACTION_CONFLICT, () -> running.ask(TransactFixture.commit()));
      other.commit(); // the note was nothing to it
    }
    assertThat(row(table, "a")).isEqualTo(TransactFixture.account("a", 1, Values.of("n")));
    assertThat(balance(table, "c")).isEqualTo(1);
  }

  private void tryUpdate(Running running, String table, String id, AtomicReference<String> failed) {
    try {
      running.ask(on(table, update(id, 3)));
      running.commit();
    } catch (CallFailedException e) {
      failed.accumulateAndGet(e.reason(), (before, reason) -> before + reason);
    }
  }

  /** Reads and then writes: what others do meanwhile would be lost at a weaker level. */
  @Test
  default void serializableTransactionsLoseNothing() {
    String table = newTable();
    write(insert(table, "a", 0));
    int writers = 3;
    int each = 10;
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < writers; i++) {
      threads.add(
          Thread.startVirtualThread(
              () -> {
                for (int done = 0; done < each; ) {
                  done +=
                      increase(table, IsolationLevel.ISOLATION_LEVEL_SERIALIZABLE, false) ? 1 : 0;
                }
              }));
    }
    threads.forEach(KeyValueFixture::join);

    assertThat(balance(table, "a")).isEqualTo((long) writers * each);
  }

  @Test
  default void rowsThatAreLockedChangeUnderNobodysHands() {
    needs(Capability.ROW_LOCKS);
    String table = newTable();
    write(insert(table, "a", 0));
    int writers = 3;
    int each = 10;
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < writers; i++) {
      threads.add(
          Thread.startVirtualThread(
              () -> {
                for (int done = 0; done < each; done++) {
                  assertThat(increase(table, IsolationLevel.ISOLATION_LEVEL_READ_COMMITTED, true))
                      .isTrue();
                }
              }));
    }
    threads.forEach(KeyValueFixture::join);

    assertThat(balance(table, "a")).isEqualTo((long) writers * each);
  }

  private boolean increase(String table, IsolationLevel level, boolean lock) {
    try (Running running = begin(level)) {
      long balance = lock ? running.lockedBalance(table, "a") : running.balance(table, "a");
      running.ask(on(table, update("a", balance + 1)));
      running.commit();
      return true;
    } catch (CallFailedException e) {
      assertThat(e.reason()).isEqualTo(Reason.TRANSACTION_CONFLICT.name());
      return false;
    }
  }

  @Test
  default void aWriteThatWaitsForAnotherIsRolledBackWhenItsTimeIsUp() {
    assumeTrue(meeting() != Meeting.OPTIMISTIC);
    String table = newTable();
    write(insert(table, "a", 1));
    try (Running running = begin()) {
      running.ask(on(table, update("a", 2)));
      long before = System.nanoTime();

      KeyValueFixture.assertFails(
          Reason.DEADLINE_EXCEEDED,
          () ->
              api()
                  .write(
                      request(on(table, update("a", 3)))
                          .setTimeout(TransactFixture.seconds(1))
                          .build()));

      assertThat(System.nanoTime() - before).isBetween(900_000_000L, 5_000_000_000L);
      running.commit();
    }
    assertThat(balance(table, "a")).isEqualTo(2);
  }

  @Test
  default void aStepThatWaitsIsInterruptedWhenTheTransactionsTimeIsUp() {
    assumeTrue(meeting() == Meeting.LOCKS);
    String table = newTable();
    write(insert(table, "a", 1));
    try (Running holder = begin();
        Running waiting =
            new Running(
                api()
                    .transaction(
                        TransactFixture.begin(
                            dev.prism.transact.v1.Begin.newBuilder()
                                .setTimeout(TransactFixture.seconds(1)))))) {
      waiting.next();
      holder.ask(on(table, update("a", 2)));
      long before = System.nanoTime();

      KeyValueFixture.assertFails(
          Reason.DEADLINE_EXCEEDED, () -> waiting.ask(on(table, update("a", 3))));

      assertThat(System.nanoTime() - before).isLessThan(5_000_000_000L);
      holder.commit();
    }
  }
}
