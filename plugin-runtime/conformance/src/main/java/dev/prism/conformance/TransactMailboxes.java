package dev.prism.conformance;

import static dev.prism.conformance.KeyValueFixture.assertFails;
import static dev.prism.conformance.QueueFixture.millis;
import static dev.prism.conformance.TransactFixture.done;
import static dev.prism.conformance.TransactFixture.message;
import static dev.prism.conformance.TransactFixture.step;
import static dev.prism.conformance.TransactFixture.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.prism.sdk.Capability;
import dev.prism.status.Reason;
import dev.prism.transact.v1.MailboxDelivery;
import dev.prism.transact.v1.MailboxMessage;
import dev.prism.transact.v1.ReadMailboxRequest;
import dev.prism.transact.v1.WriteResponse;
import dev.prism.type.v1.Ack;
import dev.prism.type.v1.AckResult;
import dev.prism.type.v1.Extend;
import dev.prism.type.v1.Header;
import dev.prism.type.v1.Nack;
import dev.prism.type.v1.Reject;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Messages that are written with data, and their readers. */
public interface TransactMailboxes extends TransactFixture {
  @Test
  default void aMessageIsDeliveredAsItWasWritten() {
    needs(Capability.MAILBOX);
    String mailbox = newMailbox();
    MailboxMessage message =
        message(mailbox, "k", "hello").toBuilder()
            .setMessageId("ü-1")
            .addHeaders(header("h", new byte[] {0, -1}))
            .addHeaders(header("h", new byte[0]))
            .build();
    WriteResponse response = send(message);
    assertThat(response.getMessageIdsList()).containsExactly("ü-1");

    try (Mailbox open = open(mailbox)) {
      MailboxDelivery delivery = open.next();

      assertThat(delivery.getMessage()).isEqualTo(message);
      assertThat(delivery.getAttempt()).isEqualTo(1);
      assertThat(delivery.getReceipt().length()).isBetween(1, 512);
      assertThat(QueueFixture.millis(delivery.getWrittenAt()))
          .isLessThan(QueueFixture.millis(delivery.getAckDeadline()));
    }
  }

  @Test
  default void aMessageWithoutAnIdGetsOneThatStays() {
    needs(Capability.MAILBOX);
    String mailbox = newMailbox();
    String id = send(message(mailbox, "", "a")).getMessageIds(0);
    assertThat(id).isNotEmpty().isNotEqualTo(send(message(mailbox, "", "b")).getMessageIds(0));

    try (Mailbox open = open(mailbox)) {
      MailboxDelivery first = open.next();
      assertThat(first.getMessage().getMessageId()).isEqualTo(id);
      acknowledge(mailbox, nack(first, 0));
      open.next();

      assertThat(open.next().getMessage().getMessageId()).isEqualTo(id);
    }
  }

  @Test
  default void theIdThatAStepIsAnsweredIsTheMessages() {
    needs(Capability.MAILBOX);
    String mailbox = newMailbox();
    try (Running running = begin()) {
      String id = running.ask(step(message(mailbox, "k", "a"))).getMessage().getMessageId();
      running.commit();

      try (Mailbox open = open(mailbox)) {
        assertThat(open.next().getMessage().getMessageId()).isEqualTo(id);
      }
    }
  }

  @Test
  default void anIdThatTheMailboxHasFailsTheWriteUntilItsMessageIsGone() {
    needs(Capability.MAILBOX);
    String mailbox = newMailbox();
    MailboxMessage message = message(mailbox, "k", "a").toBuilder().setMessageId("one").build();
    send(message);

    assertFails(Reason.KEY_EXISTS, () -> send(message));
    try (Running running = begin()) {
      assertFails(Reason.KEY_EXISTS, () -> running.ask(step(message)));
    }
    assertFails(
        Reason.KEY_EXISTS,
        () ->
            send(
                message.toBuilder().setMessageId("two").build(),
                message.toBuilder().setMessageId("two").build()));
    send(message.toBuilder().setMailbox(newMailbox()).build());

    try (Mailbox open = open(mailbox)) {
      ack(mailbox, open.next());
      send(message);
      ack(mailbox, open.next());
    }
  }

  @Test
  default void anEmptyMessageIsAMessage() {
    needs(Capability.MAILBOX);
    String mailbox = newMailbox();
    send(MailboxMessage.newBuilder().setMailbox(mailbox).build());

    try (Mailbox open = open(mailbox)) {
      assertThat(open.next().getMessage().getPayload().isEmpty()).isTrue();
    }
  }

  @Test
  default void aReaderThatWaitsGetsWhatIsWrittenThen() {
    needs(Capability.MAILBOX);
    String mailbox = newMailbox();
    try (Mailbox open = open(mailbox)) {
      assertThat(open.nextOrCaughtUp()).isNull();
      long before = System.nanoTime();

      send(message(mailbox, "k", "a"));

      assertThat(text(open.next())).isEqualTo("a");
      assertThat(System.nanoTime() - before).isLessThan(TimeUnit.SECONDS.toNanos(5));
    }
  }

  @Test
  default void messagesOfAKeyComeInTheOrderOfTheirCommitsOneAfterTheOther() {
    needs(Capability.MAILBOX);
    String mailbox = newMailbox();
    for (int i = 0; i < 5; i++) {
      send(message(mailbox, "k", "m" + i), message(mailbox, "other", "o" + i));
    }
    List<String> read = new ArrayList<>();
    long before = 0;
    try (Mailbox open = open(mailbox)) {
      List<MailboxDelivery> heads = open.next(2);
      assertThat(heads).map(each -> text(each)).containsExactlyInAnyOrder("m0", "o0");
      assertThat(open.nextOrCaughtUp()).isNull(); // those behind wait
      for (MailboxDelivery head : heads) {
        if (text(head).equals("o0")) {
          continue; // stays where it is, and holds up its own key only
        }
        for (MailboxDelivery next = head; ; next = open.next()) {
          assertThat(next.getSequence()).isGreaterThan(before);
          before = next.getSequence();
          read.add(text(next));
          ack(mailbox, next);
          if (read.size() == 5) {
            break;
          }
        }
      }
    }
    assertThat(read).containsExactly("m0", "m1", "m2", "m3", "m4");
  }

  @Test
  default void messagesWithoutAKeyWaitForNobody() {
    needs(Capability.MAILBOX);
    String mailbox = newMailbox();
    int together = mostRows() / 3; // a backend may count several items a message
    for (int from = 0; from < 300; from += together) {
      send(
          IntStream.range(from, Math.min(300, from + together))
              .mapToObj(i -> message(mailbox, "", "m" + i))
              .toArray(MailboxMessage[]::new));
    }

    try (Mailbox open =
        open(ReadMailboxRequest.newBuilder().setMailbox(mailbox).setMaxInFlight(1000))) {
      assertThat(open.next(300)).map(each -> text(each)).doesNotHaveDuplicates();
    }
  }

  @Test
  default void writersOfAKeyAreReadInTheOrderInWhichTheyCommitted() {
    needs(Capability.MAILBOX);
    String mailbox = newMailbox();
    String table = newTable();
    write(TransactFixture.insert(table, "a", 0));
    int writers = 3;
    int each = 15;
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < writers; i++) {
      threads.add(
          Thread.startVirtualThread(
              () -> {
                for (int done = 0; done < each; ) {
                  // Its place among all: who has the row, or commits first, is next.
                  try (Running running = begin()) {
                    long before =
                        capabilities().contains(Capability.ROW_LOCKS)
                            ? running.lockedBalance(table, "a")
                            : running.balance(table, "a");
                    long place = before + 1;
                    running.ask(TransactFixture.on(table, TransactFixture.update("a", place)));
                    running.ask(step(message(mailbox, "k", Long.toString(place))));
                    running.commit();
                    done++;
                  } catch (CallFailedException e) {
                    assertThat(e.reason()).isEqualTo(Reason.TRANSACTION_CONFLICT.name());
                  }
                }
              }));
    }
    List<Long> read = new ArrayList<>();
    try (Mailbox open = open(mailbox)) {
      while (read.size() < writers * each) {
        MailboxDelivery next = open.next();
        read.add(Long.valueOf(text(next)));
        ack(mailbox, next);
      }
    }
    threads.forEach(KeyValueFixture::join);

    assertThat(read).isSorted().doesNotHaveDuplicates();
  }

  @Test
  default void readersShareTheMessagesAndNoKeysOrderIsBroken() {
    needs(Capability.MAILBOX);
    String mailbox = newMailbox();
    int keys = 8;
    int each = 40;
    int all = keys * each;
    Map<String, List<Integer>> byKey = new ConcurrentHashMap<>();
    List<String> ids = Collections.synchronizedList(new ArrayList<>());
    List<Thread> readers = new ArrayList<>();
    List<Mailbox> opened = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      Mailbox open = open(ReadMailboxRequest.newBuilder().setMailbox(mailbox).setMaxInFlight(4));
      opened.add(open);
      readers.add(
          Thread.startVirtualThread(
              () -> {
                try {
                  while (true) {
                    MailboxDelivery next = open.next();
                    String key = next.getMessage().getKey().toStringUtf8();
                    byKey
                        .computeIfAbsent(key, _ -> Collections.synchronizedList(new ArrayList<>()))
                        .add(Integer.valueOf(text(next)));
                    ack(mailbox, next);
                    ids.add(next.getMessage().getMessageId());
                  }
                } catch (RuntimeException closed) {
                  // The test is done with it.
                }
              }));
    }

    for (int i = 0; i < each; i++) {
      int number = i;
      send(
          IntStream.range(0, keys)
              .mapToObj(key -> message(mailbox, "k" + key, Integer.toString(number)))
              .toArray(MailboxMessage[]::new));
    }
    KeyValueFixture.await("all are read", () -> ids.size() >= all);
    opened.forEach(Mailbox::close);
    readers.forEach(KeyValueFixture::join);

    assertThat(ids).doesNotHaveDuplicates().hasSize(all);
    assertThat(new TreeMap<>(byKey).values())
        .hasSize(keys)
        .allSatisfy(read -> assertThat(read).isSorted());
  }

  @Test
  default void whatIsAcknowledgedIsGone() {
    needs(Capability.MAILBOX);
    String mailbox = newMailbox();
    send(message(mailbox, "k", "a"));
    try (Mailbox open = open(mailbox)) {
      MailboxDelivery delivery = open.next();
      ack(mailbox, delivery);

      assertExpired(acknowledge(mailbox, done(delivery)));
    }
    try (Mailbox open = open(mailbox)) {
      assertThat(open.nextOrCaughtUp()).isNull();
    }
  }

  @Test
  default void aNackedMessageComesBackAfterItsDelayBeforeWhatIsBehindIt() {
    needs(Capability.MAILBOX);
    String mailbox = newMailbox();
    send(message(mailbox, "k", "a"), message(mailbox, "k", "b"));
    try (Mailbox open = open(mailbox)) {
      long before = System.nanoTime();
      acknowledge(mailbox, nack(open.next(), 1000));

      MailboxDelivery second = open.next();

      assertThat(text(second)).isEqualTo("a");
      assertThat(second.getAttempt()).isEqualTo(2);
      assertThat(System.nanoTime() - before).isGreaterThan(900_000_000L);
      ack(mailbox, second);
      assertThat(text(open.next())).isEqualTo("b");
    }
  }

  @Test
  default void aDeliveryThatIsNotAcknowledgedInTimeComesBackAndItsReceiptExpires() {
    needs(Capability.MAILBOX);
    String mailbox = newMailbox();
    send(message(mailbox, "k", "a"));
    try (Mailbox open =
        open(
            ReadMailboxRequest.newBuilder()
                .setMailbox(mailbox)
                .setAckTimeout(TransactFixture.seconds(1)))) {
      MailboxDelivery first = open.next();

      MailboxDelivery second = open.next();

      assertThat(second.getMessage()).isEqualTo(first.getMessage());
      assertThat(second.getAttempt()).isEqualTo(2);
      assertExpired(acknowledge(mailbox, done(first)));
      ack(mailbox, second);
    }
  }

  @Test
  default void anExtendedDeliveryDoesNotComeBackBeforeThat() {
    needs(Capability.MAILBOX);
    String mailbox = newMailbox();
    send(message(mailbox, "k", "a"));
    try (Mailbox open =
        open(
            ReadMailboxRequest.newBuilder()
                .setMailbox(mailbox)
                .setAckTimeout(TransactFixture.seconds(1)))) {
      Ack extend =
          Ack.newBuilder()
              .setReceipt(open.next().getReceipt())
              .setExtend(Extend.newBuilder().setBy(millis(3000)))
              .build();
      long before = System.nanoTime();
      assertThat(acknowledge(mailbox, extend)).allMatch(each -> each.getSuccess().hasAckDeadline());

      open.next();

      assertThat(System.nanoTime() - before).isGreaterThan(2_700_000_000L);
    }
  }

  @Test
  default void whatAReaderThatGoesHadComesBackAtOnce() {
    needs(Capability.MAILBOX);
    String mailbox = newMailbox();
    send(message(mailbox, "k", "a"));
    MailboxDelivery first;
    try (Mailbox open = open(mailbox)) {
      first = open.next();
    }
    long gone = System.nanoTime();

    try (Mailbox another = open(mailbox)) {
      MailboxDelivery second = another.next();

      assertThat(second.getMessage()).isEqualTo(first.getMessage());
      assertThat(second.getAttempt()).isEqualTo(2);
      assertThat(System.nanoTime() - gone).isLessThan(TimeUnit.SECONDS.toNanos(10));
      assertExpired(acknowledge(mailbox, done(first)));
    }
  }

  @Test
  default void aRejectedMessageIsDeadAndLetsTheNextOfItsKeyPass() {
    needs(Capability.MAILBOX);
    String mailbox = newMailbox();
    MailboxMessage bad = message(mailbox, "k", "bad").toBuilder().setMessageId("bad").build();
    send(bad, message(mailbox, "k", "good"));
    try (Mailbox open = open(mailbox)) {
      Ack reject =
          Ack.newBuilder()
              .setReceipt(open.next().getReceipt())
              .setReject(Reject.newBuilder().setReason("it is broken"))
              .build();
      assertThat(acknowledge(mailbox, reject)).allMatch(AckResult::hasSuccess);

      MailboxDelivery next = open.next();

      assertThat(text(next)).isEqualTo("good");
      ack(mailbox, next);
    }
    try (Mailbox open = open(mailbox)) {
      assertThat(open.nextOrCaughtUp()).isNull();
    }
    assertFails(Reason.KEY_EXISTS, () -> send(bad)); // it stays where it is
  }

  @Test
  default void aMessageThatWasDeliveredTooOftenIsDead() {
    needs(Capability.MAILBOX);
    String mailbox = newMailbox();
    send(message(mailbox, "k", "bad"), message(mailbox, "k", "good"));
    try (Mailbox open =
        open(ReadMailboxRequest.newBuilder().setMailbox(mailbox).setMaxAttempts(2))) {
      for (int attempt = 1; attempt <= 2; attempt++) {
        MailboxDelivery delivery = open.next();
        assertThat(text(delivery)).isEqualTo("bad");
        assertThat(delivery.getAttempt()).isEqualTo(attempt);
        acknowledge(mailbox, nack(delivery, 0));
      }

      assertThat(text(open.next())).isEqualTo("good");
    }
  }

  @Test
  default void aMessageIsNotDeliveredBeforeItsTime() {
    needs(Capability.MAILBOX);
    String mailbox = newMailbox();
    long due = System.currentTimeMillis() + 3000;
    send(
        message(mailbox, "k", "later").toBuilder().setDeliverAt(QueueFixture.time(due)).build(),
        message(mailbox, "k", "behind it"),
        message(mailbox, "", "now"));

    try (Mailbox open = open(mailbox)) {
      assertThat(text(open.next())).isEqualTo("now");
      MailboxDelivery later = open.next();

      assertThat(text(later)).isEqualTo("later");
      assertThat(System.currentTimeMillis()).isGreaterThanOrEqualTo(due);
      assertThat(later.getMessage().hasDeliverAt()).isFalse();
      ack(mailbox, later);
      assertThat(text(open.next())).isEqualTo("behind it");
    }
  }

  @Test
  default void noMoreThanMaxInFlightAreUnacknowledged() {
    needs(Capability.MAILBOX);
    String mailbox = newMailbox();
    send(
        IntStream.range(0, 10)
            .mapToObj(i -> message(mailbox, "", "m" + i))
            .toArray(MailboxMessage[]::new));
    try (Mailbox open =
        open(ReadMailboxRequest.newBuilder().setMailbox(mailbox).setMaxInFlight(3))) {
      List<MailboxDelivery> three = open.next(3);
      try (Mailbox other = open(mailbox)) {
        assertThat(other.next(7)).map(each -> text(each)).doesNotContain(text(three.getFirst()));
      }

      ack(mailbox, three.toArray(MailboxDelivery[]::new));

      assertThat(open.next(3)).allMatch(each -> each.getAttempt() == 2);
    }
  }

  @Test
  default void aReceiptOfAnotherMailboxOrNoneIsInvalidAndSpoilsNoOther() {
    needs(Capability.MAILBOX);
    String mailbox = newMailbox();
    send(message(mailbox, "k", "a"));
    try (Mailbox open = open(mailbox)) {
      MailboxDelivery delivery = open.next();
      Ack nonsense = done(delivery).toBuilder().setReceipt("nonsense").build();

      List<AckResult> results = acknowledge(mailbox, nonsense, done(delivery));

      assertThat(results).extracting(AckResult::hasSuccess).containsExactly(false, true);
      KeyValueFixture.assertReason(Reason.RECEIPT_INVALID, results.getFirst().getError());
      KeyValueFixture.assertReason(
          Reason.RECEIPT_INVALID, acknowledge(newMailbox(), done(delivery)).getFirst().getError());
    }
  }

  @Test
  default void whatWasWrittenAndNotAcknowledgedIsThereAfterARestart() {
    needs(Capability.MAILBOX);
    needs(Capability.DURABLE);
    String mailbox = newMailbox();
    send(message(mailbox, "k", "a"), message(mailbox, "k", "b"), message(mailbox, "k", "c"));
    try (Mailbox open = open(mailbox)) {
      ack(mailbox, open.next());
      assertThat(text(open.next())).isEqualTo("b"); // delivered, and left at that
    }

    restart();

    try (Mailbox open = open(mailbox)) {
      MailboxDelivery second = open.next();
      assertThat(text(second)).isEqualTo("b");
      assertThat(second.getAttempt()).isEqualTo(2);
      ack(mailbox, second);
      assertThat(text(open.next())).isEqualTo("c");
    }
  }

  private static Ack nack(MailboxDelivery delivery, long delayMillis) {
    return Ack.newBuilder()
        .setReceipt(delivery.getReceipt())
        .setNack(Nack.newBuilder().setDelay(millis(delayMillis)))
        .build();
  }

  private static Header header(String name, byte[] value) {
    return Header.newBuilder().setName(name).setValue(ByteString.copyFrom(value)).build();
  }

  private static void assertExpired(List<AckResult> results) {
    KeyValueFixture.assertReason(Reason.RECEIPT_EXPIRED, results.getFirst().getError());
  }
}
