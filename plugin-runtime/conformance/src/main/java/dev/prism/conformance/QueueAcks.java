package dev.prism.conformance;

import static dev.prism.conformance.QueueFixture.done;
import static dev.prism.conformance.QueueFixture.fromStart;
import static dev.prism.conformance.QueueFixture.millis;
import static dev.prism.conformance.QueueFixture.nack;
import static dev.prism.conformance.QueueFixture.reject;
import static dev.prism.conformance.QueueFixture.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.prism.queue.v1.Delivery;
import dev.prism.status.Reason;
import dev.prism.type.v1.Ack;
import dev.prism.type.v1.AckResult;
import dev.prism.type.v1.Extend;
import dev.prism.type.v1.Header;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What consumers say of deliveries, and what they leave unsaid. */
public interface QueueAcks extends QueueFixture {
  @Test
  default void anAcknowledgedMessageDoesNotComeBack() {
    String topic = newTopic();
    publish(topic, "k", "a");
    try (Subscriber subscriber = subscribe(fromStart(topic, "g"))) {
      ack(topic, subscriber.next());
    }

    try (Subscriber again = subscribe(fromStart(topic, "g"))) {
      assertThat(again.nextOrCaughtUp()).isNull();
    }
    assertThat(lag(topic, "g")).isZero();
  }

  @Test
  default void aNackedMessageIsRedelivered() {
    String topic = newTopic();
    publish(topic, "k", "a");
    try (Subscriber subscriber = subscribe(fromStart(topic, "g"))) {
      Delivery first = subscriber.next();

      assertThat(acknowledge(topic, nack(first, 0))).allMatch(AckResult::hasSuccess);

      Delivery second = subscriber.next();
      assertThat(second.getMessageId()).isEqualTo(first.getMessageId());
      assertThat(second.getMessage()).isEqualTo(first.getMessage());
      assertThat(second.getReceipt()).isNotEqualTo(first.getReceipt());
      assertThat(second.getAttempt()).isEqualTo(2);
    }
  }

  @Test
  default void aNackedMessageWaitsForItsDelay() {
    String topic = newTopic();
    publish(topic, "k", "a");
    try (Subscriber subscriber = subscribe(fromStart(topic, "g"))) {
      long before = System.nanoTime();
      acknowledge(topic, nack(subscriber.next(), 1000));

      subscriber.next();

      assertThat(System.nanoTime() - before).isGreaterThan(900_000_000L);
    }
  }

  @Test
  default void aDeliveryThatIsNotAcknowledgedInTimeComesBackAndItsReceiptExpires() {
    String topic = newTopic();
    publish(topic, "k", "a");
    try (Subscriber subscriber = subscribe(fromStart(topic, "g").setAckTimeout(millis(1000)))) {
      Delivery first = subscriber.next();

      Delivery second = subscriber.next();

      assertThat(second.getMessageId()).isEqualTo(first.getMessageId());
      assertThat(second.getAttempt()).isEqualTo(2);
      assertExpired(acknowledge(topic, done(first)));
      ack(topic, second);
    }
  }

  @Test
  default void anExtendedDeliveryDoesNotComeBackBeforeThat() {
    String topic = newTopic();
    publish(topic, "k", "a");
    try (Subscriber subscriber = subscribe(fromStart(topic, "g").setAckTimeout(millis(1000)))) {
      Delivery first = subscriber.next();
      Ack extend =
          Ack.newBuilder()
              .setReceipt(first.getReceipt())
              .setExtend(Extend.newBuilder().setBy(millis(3000)))
              .build();
      long before = System.nanoTime();
      assertThat(acknowledge(topic, extend)).allMatch(each -> each.getSuccess().hasAckDeadline());

      subscriber.next();

      assertThat(System.nanoTime() - before).isGreaterThan(2_700_000_000L);
    }
  }

  @Test
  default void aReceiptIsTakenOnce() {
    String topic = newTopic();
    publish(topic, "k", "a");
    try (Subscriber subscriber = subscribe(fromStart(topic, "g"))) {
      Delivery delivery = subscriber.next();
      ack(topic, delivery);

      assertExpired(acknowledge(topic, done(delivery)));
    }
  }

  @Test
  default void aReceiptOfAnotherTopicOrNoneIsInvalidAndSpoilsNoOther() {
    String topic = newTopic();
    publish(topic, "k", "a");
    try (Subscriber subscriber = subscribe(fromStart(topic, "g"))) {
      Delivery delivery = subscriber.next();
      Ack nonsense = done(delivery).toBuilder().setReceipt("nonsense").build();

      List<AckResult> results = acknowledge(topic, nonsense, done(delivery));

      assertThat(results).extracting(AckResult::hasSuccess).containsExactly(false, true);
      KeyValueFixture.assertReason(Reason.RECEIPT_INVALID, results.getFirst().getError());
      KeyValueFixture.assertReason(
          Reason.RECEIPT_INVALID, acknowledge(newTopic(), done(delivery)).getFirst().getError());
    }
  }

  @Test
  default void aRejectedMessageGoesToTheDeadLetterTopicWithKeyHeadersAndReason() {
    String topic = newTopic();
    publish(
        topic,
        QueueFixture.message("k", "a").toBuilder()
            .addHeaders(Header.newBuilder().setName("h").setValue(ByteString.copyFromUtf8("v")))
            .build());
    try (Subscriber subscriber = subscribe(fromStart(topic, "g"))) {
      Delivery delivery = subscriber.next();

      assertThat(acknowledge(topic, reject(delivery, "broken"))).allMatch(AckResult::hasSuccess);

      assertDead(topic, delivery, "broken", "1");
      assertThat(lag(topic, "g")).isZero();
    }
  }

  @Test
  default void aMessageThatFailedTooOftenGoesToTheDeadLetterTopic() {
    String topic = newTopic();
    publish(topic, "k", "a");
    try (Subscriber subscriber = subscribe(fromStart(topic, "g").setMaxAttempts(2))) {
      acknowledge(topic, nack(subscriber.next(), 0));
      Delivery last = subscriber.next();
      acknowledge(topic, nack(last, 0));

      Map<String, String> headers = assertDead(topic, last, "delivered 2 times", null);
      assertThat(headers).containsEntry("prism-group", "g");
    }
  }

  private Map<String, String> assertDead(
      String topic, Delivery delivery, String reason, @Nullable String attempts) {
    // The topic is made with its first letter.
    KeyValueFixture.await("the letter", () -> isThere(topic + ".dead"));
    try (Subscriber dead = subscribe(fromStart(topic + ".dead", "undertakers"))) {
      Delivery letter = dead.next();
      assertThat(letter.getMessage().getKey()).isEqualTo(delivery.getMessage().getKey());
      assertThat(letter.getMessage().getPayload()).isEqualTo(delivery.getMessage().getPayload());
      assertThat(letter.getMessage().getHeadersList())
          .containsAll(delivery.getMessage().getHeadersList());
      Map<String, String> headers =
          letter.getMessage().getHeadersList().stream()
              .collect(
                  Collectors.toMap(
                      Header::getName, each -> each.getValue().toStringUtf8(), (a, b) -> b));
      assertThat(headers)
          .containsEntry("prism-reason", reason)
          .containsEntry("prism-topic", topic)
          .containsEntry("prism-message-id", delivery.getMessageId());
      if (attempts != null) {
        assertThat(headers).containsEntry("prism-attempts", attempts);
      }
      return headers;
    }
  }

  private boolean isThere(String topic) {
    try {
      return info(topic).getPartitionsList().stream()
          .anyMatch(each -> each.getEndOffset() > each.getEarliestOffset());
    } catch (CallFailedException e) {
      assertThat(e.reason()).isEqualTo(Reason.TOPIC_NOT_FOUND.name());
      return false;
    }
  }

  @Test
  default void whatAConsumerThatGoesHadComesBackAtOnce() {
    String topic = newTopic();
    publish(topic, "k", "a");
    Delivery first;
    try (Subscriber subscriber = subscribe(fromStart(topic, "g"))) {
      first = subscriber.next();
    }

    try (Subscriber another = subscribe(fromStart(topic, "g"))) {
      Delivery second = another.next();
      assertThat(second.getMessageId()).isEqualTo(first.getMessageId());
      assertThat(second.getAttempt()).isEqualTo(2);
    }
  }

  @Test
  default void noMoreThanMaxInFlightAreUnacknowledged() {
    String topic = newTopic();
    for (int i = 0; i < 10; i++) {
      publish(topic, "k", "m" + i);
    }
    try (Subscriber subscriber = subscribe(fromStart(topic, "g").setMaxInFlight(3))) {
      List<Delivery> three = subscriber.next(3);
      KeyValueFixture.await("three in flight", () -> inFlight(topic, "g") == 3);

      ack(topic, three.toArray(Delivery[]::new));

      assertThat(subscriber.next(3)).map(QueueFixture::text).doesNotContain(text(three.getFirst()));
    }
  }

  private long inFlight(String topic, String group) {
    return info(topic).getGroupsList().stream()
        .filter(each -> each.getGroup().equals(group))
        .flatMap(each -> each.getPartitionsList().stream())
        .mapToLong(each -> each.getInFlight())
        .sum();
  }

  private static void assertExpired(List<AckResult> results) {
    KeyValueFixture.assertReason(Reason.RECEIPT_EXPIRED, results.getFirst().getError());
  }
}
