package dev.prism.conformance;

import static dev.prism.conformance.KeyValueFixture.assertFails;
import static dev.prism.conformance.TransactFixture.insert;
import static dev.prism.conformance.TransactFixture.message;
import static dev.prism.conformance.TransactFixture.on;
import static dev.prism.conformance.TransactFixture.request;
import static dev.prism.conformance.TransactFixture.update;
import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.sdk.Capability;
import dev.prism.sdk.rows.Values;
import dev.prism.status.Reason;
import dev.prism.transact.v1.AcknowledgeMailboxRequest;
import dev.prism.transact.v1.AcknowledgeMailboxResponse;
import dev.prism.transact.v1.Begin;
import dev.prism.transact.v1.Inbox;
import dev.prism.transact.v1.TransactionRequest;
import dev.prism.transact.v1.WriteRequest;
import dev.prism.transact.v1.WriteResponse;
import dev.prism.type.v1.AckResult;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What takes effect once: by idempotency keys, and by the ids of messages that are processed. */
public interface TransactIdempotency extends TransactFixture {
  private static String newKey() {
    return UUID.randomUUID().toString();
  }

  @Test
  default void aRetryReturnsTheFirstResultAndDoesNothing() {
    needs(Capability.IDEMPOTENCY);
    String table = newTable();
    String mailbox = newMailbox();
    WriteRequest once =
        request(insert(table, "a", 1))
            .addAllMessages(where(message(mailbox, "k", "once")))
            .setIdempotencyKey(newKey())
            .build();
    WriteResponse first = api().write(once);
    write(on(table, update("a", 7)));

    assertThat(api().write(once)).isEqualTo(first);

    assertThat(balance(table, "a")).isEqualTo(7);
    restart();
    assertThat(api().write(once)).isEqualTo(first);
    assertHas(mailbox, "once");
  }

  @Test
  default void aKeyThatComesWithAnotherRequestIsRefused() {
    needs(Capability.IDEMPOTENCY);
    String table = newTable();
    WriteRequest once = request(insert(table, "a", 1)).setIdempotencyKey(newKey()).build();
    api().write(once);

    assertFails(
        Reason.IDEMPOTENCY_KEY_REUSED,
        () -> api().write(once.toBuilder().addWrites(insert(table, "b", 1)).build()));

    assertThat(row(table, "b")).isNull();
  }

  @Test
  default void aWriteThatFailedIsNotRemembered() {
    needs(Capability.IDEMPOTENCY);
    String table = newTable();
    WriteRequest once =
        request(on(table, update("a", 2).setMustExist(true))).setIdempotencyKey(newKey()).build();
    assertFails(Reason.KEY_ABSENT, () -> api().write(once));
    write(insert(table, "a", 1));

    api().write(once);

    assertThat(balance(table, "a")).isEqualTo(2);
  }

  @Test
  default void ofRetriesThatComeTogetherOneTakesEffect() {
    needs(Capability.IDEMPOTENCY);
    String table = newTable();
    for (int round = 0; round < 20; round++) {
      WriteRequest once =
          request(insert(table, "a" + round, round)).setIdempotencyKey(newKey()).build();
      List<WriteResponse> responses = Collections.synchronizedList(new ArrayList<>());
      CyclicBarrier together = new CyclicBarrier(3);
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        threads.add(
            Thread.startVirtualThread(
                () -> {
                  try {
                    together.await(10, TimeUnit.SECONDS);
                  } catch (Exception e) {
                    throw new IllegalStateException(e);
                  }
                  responses.add(api().write(once));
                }));
      }
      threads.forEach(KeyValueFixture::join);

      assertThat(responses).hasSize(3).allMatch(each -> each.equals(responses.getFirst()));
    }
  }

  @Test
  default void aTransactionStepByStepCommitsOnceUnderItsKey() {
    needs(Capability.IDEMPOTENCY);
    String table = newTable();
    TransactionRequest begin =
        TransactionRequest.newBuilder()
            .setBegin(Begin.getDefaultInstance())
            .setIdempotencyKey(newKey())
            .build();
    try (Running running = new Running(api().transaction(begin))) {
      assertThat(running.next().hasBegun()).isTrue();
      running.ask(insert(table, "a", 1));
    }
    try (Running running = new Running(api().transaction(begin))) {
      assertThat(running.next().hasBegun()).isTrue(); // the first was dropped
      running.ask(insert(table, "a", 2));
      running.commit();
    }

    try (Running running = new Running(api().transaction(begin))) {
      assertThat(running.next().getCommitted().getReplayed()).isTrue();
      assertThat(running.hasNext()).isFalse();
    }
    assertThat(balance(table, "a")).isEqualTo(2);
  }

  @Test
  default void aKeyStandsWithBeginOnly() {
    needs(Capability.IDEMPOTENCY);
    String table = newTable();
    try (Running running = begin()) {
      TransactionRequest keyed =
          TransactFixture.step(insert(table, "a", 1)).toBuilder().setIdempotencyKey("k").build();

      assertFails(Reason.IDEMPOTENCY_KEY_INVALID, () -> running.ask(keyed));
    }
    assertFails(
        Reason.IDEMPOTENCY_KEY_INVALID,
        () ->
            api().write(request(insert(table, "a", 1)).setIdempotencyKey("k".repeat(129)).build()));
  }

  @Test
  default void acknowledgementsUnderAKeyAnswerAsTheFirstTime() {
    needs(Capability.MAILBOX);
    needs(Capability.IDEMPOTENCY);
    String mailbox = newMailbox();
    send(message(mailbox, "k", "a"));
    try (Mailbox open = open(mailbox)) {
      AcknowledgeMailboxRequest once =
          AcknowledgeMailboxRequest.newBuilder()
              .setMailbox(mailbox)
              .addAcks(TransactFixture.done(open.next()))
              .setIdempotencyKey(newKey())
              .build();
      AcknowledgeMailboxResponse first = api().acknowledge(once);
      assertThat(first.getResultsList()).allMatch(AckResult::hasSuccess);

      assertThat(api().acknowledge(once)).isEqualTo(first);

      assertFails(
          Reason.IDEMPOTENCY_KEY_REUSED,
          () -> api().acknowledge(once.toBuilder().addAcks(once.getAcks(0)).build()));
    }
  }

  // ---- inbox ----

  @Test
  default void aMessageIsProcessedOnce() {
    needs(Capability.INBOX);
    String table = newTable();
    String mailbox = newMailbox();
    String id = newKey();
    WriteRequest process =
        request(insert(table, "a", 1))
            .addAllMessages(where(message(mailbox, "k", "once")))
            .setInbox(Inbox.newBuilder().setName("billing").setMessageId(id))
            .build();
    WriteResponse first = api().write(process);
    assertThat(first.getAlreadyProcessed()).isFalse();

    WriteResponse again = api().write(process);

    assertThat(again).isEqualTo(WriteResponse.newBuilder().setAlreadyProcessed(true).build());
    restart();
    assertThat(api().write(process).getAlreadyProcessed()).isTrue();
    assertHas(mailbox, "once");
  }

  @Test
  default void aMessageWhoseTransactionFailedIsNotProcessed() {
    needs(Capability.INBOX);
    String table = newTable();
    WriteRequest process =
        request(on(table, update("a", 2).putExpected("balance", Values.of(1))))
            .setInbox(Inbox.newBuilder().setName("billing").setMessageId(newKey()))
            .build();
    assertFails(Reason.EXPECTATION_FAILED, () -> api().write(process));
    write(insert(table, "a", 1));

    assertThat(api().write(process).getAlreadyProcessed()).isFalse();

    assertThat(balance(table, "a")).isEqualTo(2);
  }

  @Test
  default void everyProcessorHasIdsOfItsOwn() {
    needs(Capability.INBOX);
    String table = newTable();
    String id = newKey();

    for (String name : List.of("billing", "shipping")) {
      WriteResponse response =
          api()
              .write(
                  request(insert(table, name, 1))
                      .setInbox(Inbox.newBuilder().setName(name).setMessageId(id))
                      .build());
      assertThat(response.getAlreadyProcessed()).isFalse();
    }
  }

  @Test
  default void aTransactionStepByStepProcessesItsMessageOnce() {
    needs(Capability.INBOX);
    String table = newTable();
    TransactionRequest begin =
        TransactFixture.begin(
            Begin.newBuilder()
                .setInbox(Inbox.newBuilder().setName("billing").setMessageId(newKey())));
    try (Running running = new Running(api().transaction(begin))) {
      assertThat(running.next().hasBegun()).isTrue();
      running.ask(insert(table, "a", 1));
      running.commit();
    }

    try (Running running = new Running(api().transaction(begin))) {
      assertThat(running.next().getCommitted().getAlreadyProcessed()).isTrue();
      assertThat(running.hasNext()).isFalse();
    }
  }

  @Test
  default void ofProcessorsThatComeTogetherOneTakesEffect() {
    needs(Capability.INBOX);
    String table = newTable();
    for (int round = 0; round < 20; round++) {
      WriteRequest process =
          request(insert(table, "a" + round, round))
              .setInbox(Inbox.newBuilder().setName("billing").setMessageId(newKey()))
              .build();
      List<Boolean> processed = Collections.synchronizedList(new ArrayList<>());
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        threads.add(
            Thread.startVirtualThread(
                () -> processed.add(api().write(process).getAlreadyProcessed())));
      }
      threads.forEach(KeyValueFixture::join);

      assertThat(processed).containsExactlyInAnyOrder(false, true, true);
    }
  }
}
