package dev.prism.conformance;

import static dev.prism.conformance.QueueFixture.fromStart;
import static dev.prism.conformance.QueueFixture.message;
import static dev.prism.conformance.QueueFixture.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.prism.queue.v1.Delivery;
import dev.prism.queue.v1.Message;
import dev.prism.queue.v1.PublishBatchRequest;
import dev.prism.queue.v1.PublishResponse;
import dev.prism.sdk.Capability;
import dev.prism.status.Reason;
import dev.prism.type.v1.Header;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is published is delivered, as it was. */
public interface QueueDelivery extends QueueFixture {
  @Test
  default void aMessageIsDeliveredAsItWasWritten() {
    String topic = newTopic();
    Message written =
        message("k", "payload").toBuilder()
            .addHeaders(header("a", new byte[] {0, -1, 'x'}))
            .addHeaders(header("a", new byte[] {2}))
            .setPayload(ByteString.copyFrom(new byte[] {0, 1, -1, -128}))
            .build();
    PublishResponse published = publish(topic, written);

    try (Subscriber subscriber = subscribe(fromStart(topic, "g"))) {
      Delivery delivery = subscriber.next();

      assertThat(delivery.getMessage().getKey()).isEqualTo(written.getKey());
      assertThat(delivery.getMessage().getPayload()).isEqualTo(written.getPayload());
      assertThat(delivery.getMessage().getHeadersList())
          .filteredOn(each -> each.getName().equals("a"))
          .isEqualTo(written.getHeadersList());
      assertThat(delivery.getMessageId()).isEqualTo(published.getMessageId());
      assertThat(delivery.getPartition()).isEqualTo(published.getPartition());
      assertThat(delivery.getOffset()).isEqualTo(published.getOffset());
      assertThat(delivery.getAttempt()).isEqualTo(1);
      assertThat(QueueFixture.millis(delivery.getPublishedAt()))
          .isLessThan(QueueFixture.millis(delivery.getAckDeadline()));
    }
  }

  @Test
  default void anEmptyMessageIsAMessage() {
    String topic = newTopic();
    publish(topic, Message.getDefaultInstance());

    try (Subscriber subscriber = subscribe(fromStart(topic, "g"))) {
      assertThat(subscriber.next().getMessage().getPayload().isEmpty()).isTrue();
    }
  }

  @Test
  default void messagesOfAKeyComeInTheOrderInWhichTheyWereAcknowledged() {
    String topic = newTopic();
    for (int i = 0; i < 100; i++) {
      publish(topic, i % 2 == 0 ? "even" : "odd", Integer.toString(i));
    }

    try (Subscriber subscriber = subscribe(fromStart(topic, "g"))) {
      List<Integer> read =
          subscriber.next(100).stream().map(each -> Integer.valueOf(text(each))).toList();

      assertThat(read).filteredOn(each -> each % 2 == 0).isSorted().hasSize(50);
      assertThat(read).filteredOn(each -> each % 2 == 1).isSorted().hasSize(50);
    }
  }

  @Test
  default void aBatchHasAResultForEachMessageInOrder() {
    String topic = newTopic();
    PublishBatchRequest.Builder batch = PublishBatchRequest.newBuilder().setTopic(topic);
    IntStream.range(0, 20).forEach(i -> batch.addMessages(message("k", "m" + i)));

    var results = api().publishBatch(batch.build()).getResultsList();

    assertThat(results).hasSize(20).allMatch(each -> each.hasSuccess());
    assertThat(results.stream().map(each -> each.getSuccess().getOffset()).toList())
        .isSorted()
        .doesNotHaveDuplicates();
    try (Subscriber subscriber = subscribe(fromStart(topic, "g"))) {
      assertThat(subscriber.next(20)).map(QueueFixture::text).startsWith("m0", "m1", "m2");
    }
  }

  @Test
  default void aMessageIsNotDeliveredBeforeItsTime() {
    needs(Capability.DELAYED_DELIVERY);
    String topic = newTopic();
    long due =
        System.currentTimeMillis()
            + 4000; // longer than a busy machine takes to publish and subscribe
    publish(topic, message("k", "later").toBuilder().setDeliverAt(QueueFixture.time(due)).build());
    publish(topic, "k", "now");

    try (Subscriber subscriber = subscribe(fromStart(topic, "g"))) {
      List<Delivery> deliveries = subscriber.next(2);

      assertThat(System.currentTimeMillis()).isGreaterThanOrEqualTo(due);
      assertThat(deliveries).map(QueueFixture::text).containsExactly("now", "later");
      assertThat(deliveries).allMatch(each -> each.getAttempt() == 1);
    }
  }

  @Test
  default void aTimeOfDeliveryIsRefusedWhereTheBackendHasNone() {
    lacks(Capability.DELAYED_DELIVERY);
    Message later =
        message("k", "later").toBuilder()
            .setDeliverAt(QueueFixture.time(System.currentTimeMillis() + 60_000))
            .build();

    KeyValueFixture.assertFails(Reason.CAPABILITY_UNSUPPORTED, () -> publish(newTopic(), later));
  }

  @Test
  default void aSubscriberThatWaitsGetsWhatIsPublishedThen() {
    String topic = newTopic();
    publish(topic, "k", "first");
    try (Subscriber subscriber = subscribe(fromStart(topic, "g"))) {
      ack(topic, subscriber.next());
      assertThat(subscriber.nextOrCaughtUp()).isNull();

      publish(topic, "k", "second");

      assertThat(text(subscriber.next())).isEqualTo("second");
    }
  }

  private static Header header(String name, byte[] value) {
    return Header.newBuilder().setName(name).setValue(ByteString.copyFrom(value)).build();
  }
}
