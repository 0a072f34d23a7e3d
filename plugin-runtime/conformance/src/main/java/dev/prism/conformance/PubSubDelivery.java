package dev.prism.conformance;

import static dev.prism.conformance.PubSubFixture.event;
import static dev.prism.conformance.PubSubFixture.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.prism.conformance.ServiceApi.Duplex;
import dev.prism.pubsub.v1.Event;
import dev.prism.pubsub.v1.EventDelivery;
import dev.prism.pubsub.v1.PublishResult;
import dev.prism.pubsub.v1.PublishStreamRequest;
import dev.prism.pubsub.v1.PublishStreamResponse;
import dev.prism.status.Reason;
import dev.prism.type.v1.Header;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Who gets an event, and how it arrives. */
public interface PubSubDelivery extends PubSubFixture {
  @Test
  default void anEventThatNobodyListensForIsPublished() {
    publish(newTopic() + ".a", "nobody");
  }

  @Test
  default void anEventArrivesAsItWasPublished() {
    String topic = newTopic() + ".a";
    byte[] bytes = new byte[256];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) i;
    }
    Event event =
        Event.newBuilder()
            .setPayload(ByteString.copyFrom(bytes))
            .addHeaders(header("content-type", "application/json"))
            .addHeaders(header("twice", "one"))
            .addHeaders(header("Twice", "other case"))
            .addHeaders(header("twice", "two"))
            .addHeaders(Header.newBuilder().setName("binary").setValue(ByteString.copyFrom(bytes)))
            .setCorrelationId("question-7")
            .setReplyTo(topic + ".replies")
            .build();
    try (Subscriber subscriber = subscribe(topic)) {
      publish(topic, event);

      EventDelivery delivery = subscriber.next();
      assertThat(delivery.getTopic()).isEqualTo(topic);
      assertThat(delivery.getEvent()).isEqualTo(event);
    }
  }

  @Test
  default void anEventMayBeEmpty() {
    String topic = newTopic() + ".a";
    try (Subscriber subscriber = subscribe(topic)) {
      publish(topic, Event.getDefaultInstance());

      assertThat(subscriber.next().getEvent()).isEqualTo(Event.getDefaultInstance());
    }
  }

  @Test
  default void anEventMayHaveAMebibyte() {
    String topic = newTopic() + ".a";
    Event large =
        Event.newBuilder()
            .setPayload(ByteString.copyFrom(new byte[1 << 20]))
            .addHeaders(header("size", "large"))
            .build();
    try (Subscriber subscriber = subscribe(topic)) {
      publish(topic, large);
      publish(topic, "after it");

      assertThat(subscriber.next().getEvent().equals(large)).isTrue(); // not to print it
      assertThat(text(subscriber.next())).isEqualTo("after it");
    }
  }

  @Test
  default void anAnswerFindsWhoAsked() {
    String questions = newTopic() + ".questions";
    String answers = newTopic() + ".answers";
    try (Subscriber answering = subscribe(questions);
        Subscriber asking = subscribe(answers)) {
      publish(
          questions,
          event("how many").toBuilder().setReplyTo(answers).setCorrelationId("7").build());
      Event question = answering.next().getEvent();
      publish(
          question.getReplyTo(),
          event("three").toBuilder().setCorrelationId(question.getCorrelationId()).build());

      Event answer = asking.next().getEvent();
      assertThat(answer.getPayload().toStringUtf8()).isEqualTo("three");
      assertThat(answer.getCorrelationId()).isEqualTo("7");
    }
  }

  @Test
  default void everySubscriberGetsEveryEventOnce() {
    String topic = newTopic();
    try (Subscriber exact = subscribe(topic + ".a");
        Subscriber same = subscribe(topic + ".a");
        Subscriber star = subscribe(topic + ".*");
        Subscriber rest = subscribe(topic + ".>")) {
      publish(topic + ".a", "one");
      publish(topic + ".a", "two");

      for (Subscriber each : List.of(exact, same, star, rest)) {
        assertThat(each.next(2)).containsExactly("one", "two");
      }
    }
  }

  @Test
  default void whatWasPublishedBeforeIsNotHeard() {
    String topic = newTopic() + ".a";
    publish(topic, "before");
    try (Subscriber subscriber = subscribe(topic)) {
      publish(topic, "after");

      assertThat(subscriber.next(1)).containsExactly("after");
    }
  }

  @Test
  default void aStreamOfEventsIsAnsweredAndHeardInItsOrder() {
    String topic = newTopic();
    int count = 1000;
    List<PublishResult> results = new ArrayList<>();
    try (Subscriber subscriber = subscribe(PubSubFixture.to(topic + ".*").setBuffer(count))) {
      try (Duplex<PublishStreamRequest, PublishStreamResponse> stream =
          api().publishStream(item(topic + ".n0", "0"))) {
        Thread reader =
            Thread.startVirtualThread(
                () -> stream.forEachRemaining(each -> results.addAll(each.getResultsList())));
        for (int i = 1; i < count; i++) {
          stream.send(item(topic + ".n" + i % 3, Integer.toString(i)));
        }
        stream.halfClose();
        KeyValueFixture.join(reader);
      }

      assertThat(results).hasSize(count).allMatch(PublishResult::hasSuccess);
      assertThat(subscriber.next(count))
          .isEqualTo(IntStream.range(0, count).mapToObj(Integer::toString).toList());
    }
  }

  @Test
  default void anEventThatFailsDoesNotEndItsStream() {
    String topic = newTopic();
    List<PublishResult> results = new ArrayList<>();
    try (Duplex<PublishStreamRequest, PublishStreamResponse> stream =
        api().publishStream(item(topic, "good"))) {
      stream.send(item(topic + ".*", "a pattern is no topic"));
      stream.send(item(topic, "good again"));
      stream.halfClose();
      stream.forEachRemaining(each -> results.addAll(each.getResultsList()));
    }

    assertThat(results).map(PublishResult::hasSuccess).containsExactly(true, false, true);
    KeyValueFixture.assertReason(Reason.TOPIC_INVALID, results.get(1).getError());
  }

  @Test
  default void aSubscriptionEndsWithItsPluginAndAnotherIsInForceAfterwards() {
    String topic = newTopic() + ".a";
    try (Subscriber cut = subscribe(topic)) {
      restart();

      assertThat(KeyValueFixture.failure(cut::next)).isNotNull();
    }
    try (Subscriber next = subscribe(topic)) {
      publish(topic, "again");

      assertThat(next.next(1)).containsExactly("again");
    }
  }

  private static PublishStreamRequest item(String topic, String payload) {
    return PublishStreamRequest.newBuilder().setTopic(topic).setEvent(event(payload)).build();
  }

  private static Header header(String name, String value) {
    return Header.newBuilder().setName(name).setValue(ByteString.copyFromUtf8(value)).build();
  }
}
