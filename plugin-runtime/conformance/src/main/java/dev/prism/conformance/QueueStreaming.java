package dev.prism.conformance;

import static dev.prism.conformance.QueueFixture.done;
import static dev.prism.conformance.QueueFixture.fromStart;
import static dev.prism.conformance.QueueFixture.message;
import static dev.prism.conformance.QueueFixture.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.conformance.ServiceApi.Duplex;
import dev.prism.queue.v1.ConsumeAcks;
import dev.prism.queue.v1.ConsumeCredit;
import dev.prism.queue.v1.ConsumeRequest;
import dev.prism.queue.v1.ConsumeResponse;
import dev.prism.queue.v1.ConsumeStart;
import dev.prism.queue.v1.Delivery;
import dev.prism.queue.v1.PublishResult;
import dev.prism.queue.v1.PublishStreamRequest;
import dev.prism.queue.v1.PublishStreamResponse;
import dev.prism.status.Reason;
import dev.prism.type.v1.AckResult;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Streams of requests: PublishStream and Consume. */
public interface QueueStreaming extends QueueFixture {
  @Test
  default void aStreamOfMessagesIsAnsweredInOrder() {
    String topic = newTopic();
    int count = 1000;
    List<PublishResult> results = new ArrayList<>();
    try (Duplex<PublishStreamRequest, PublishStreamResponse> stream =
        api().publishStream(item(topic, "k", "m0"))) {
      Thread reader =
          Thread.startVirtualThread(
              () -> stream.forEachRemaining(each -> results.addAll(each.getResultsList())));
      for (int i = 1; i < count; i++) {
        stream.send(item("", "k", "m" + i));
      }
      stream.halfClose();
      KeyValueFixture.join(reader);
    }

    assertThat(results).hasSize(count).allMatch(PublishResult::hasSuccess);
    assertThat(results.stream().map(each -> each.getSuccess().getOffset()).toList())
        .isSorted()
        .doesNotHaveDuplicates();
    try (Subscriber subscriber = subscribe(fromStart(topic, "g").setMaxInFlight(count))) {
      List<String> read = subscriber.next(count).stream().map(QueueFixture::text).toList();
      assertThat(read).startsWith("m0", "m1", "m2").endsWith("m" + (count - 1));
    }
  }

  @Test
  default void aMessageThatFailsDoesNotEndItsStream() {
    String topic = newTopic();
    try (Duplex<PublishStreamRequest, PublishStreamResponse> stream =
        api().publishStream(item(topic, "k", "good"))) {
      stream.send(item("", "k".repeat(2000), "its key is too long"));
      stream.send(item("", "k", "good again"));
      stream.halfClose();
      List<PublishResult> results = new ArrayList<>();
      stream.forEachRemaining(each -> results.addAll(each.getResultsList()));

      assertThat(results).map(PublishResult::hasSuccess).containsExactly(true, false, true);
      KeyValueFixture.assertReason(Reason.VALUE_TOO_LARGE, results.get(1).getError());
    }
  }

  @Test
  default void aStreamHasOneTopic() {
    try (Duplex<PublishStreamRequest, PublishStreamResponse> stream =
        api().publishStream(item(newTopic(), "k", "a"))) {
      KeyValueFixture.assertFails(
          Reason.STREAM_ORDER_INVALID,
          () -> {
            stream.send(item(newTopic(), "k", "b"));
            stream.forEachRemaining(each -> {});
          });
    }
  }

  @Test
  default void aConsumerIsSentNoMoreThanItGranted() {
    String topic = newTopic();
    for (int i = 0; i < 10; i++) {
      publish(topic, "k", "m" + i);
    }
    try (Consuming consumer = consume(topic, "g", 3)) {
      List<Delivery> three = consumer.deliveries(3);
      consumer.acknowledge(three);
      assertThat(consumer.results(3)).allMatch(AckResult::hasSuccess);
      assertThat(lag(topic, "g")).isEqualTo(7);

      consumer.stream.send(
          ConsumeRequest.newBuilder().setCredit(ConsumeCredit.newBuilder().setMessages(2)).build());

      List<Delivery> two = consumer.deliveries(2);
      assertThat(two).map(QueueFixture::text).containsExactly("m3", "m4");
    }
  }

  @Test
  default void aConsumerThatHalfClosesGetsTheResultsOfItsAcksAndTheEnd() {
    String topic = newTopic();
    publish(topic, "k", "a");
    try (Consuming consumer = consume(topic, "g", 10)) {
      List<Delivery> one = consumer.deliveries(1);
      consumer.acknowledge(one);
      consumer.stream.halfClose();

      assertThat(consumer.results(1)).allMatch(AckResult::hasSuccess);
      assertThat(consumer.stream.hasNext()).isFalse();
    }
    assertThat(lag(topic, "g")).isZero();
  }

  @Test
  default void aConsumerSaysFirstWhatItWants() {
    ConsumeRequest credit =
        ConsumeRequest.newBuilder().setCredit(ConsumeCredit.newBuilder().setMessages(1)).build();
    try (Duplex<ConsumeRequest, ConsumeResponse> stream = api().consume(credit)) {
      KeyValueFixture.assertFails(Reason.STREAM_ORDER_INVALID, stream::next);
    }
  }

  private Consuming consume(String topic, String group, int credit) {
    return new Consuming(
        api()
            .consume(
                ConsumeRequest.newBuilder()
                    .setStart(
                        ConsumeStart.newBuilder()
                            .setSubscription(fromStart(topic, group))
                            .setCredit(credit))
                    .build()));
  }

  /** A consumer's stream. */
  final class Consuming implements AutoCloseable {
    private final Duplex<ConsumeRequest, ConsumeResponse> stream;
    private final List<Delivery> deliveries = new ArrayList<>();
    private final List<AckResult> results = new ArrayList<>();

    Consuming(Duplex<ConsumeRequest, ConsumeResponse> stream) {
      this.stream = stream;
    }

    private void take() {
      ConsumeResponse response = stream.next();
      deliveries.addAll(response.getDeliveries().getDeliveriesList());
      results.addAll(response.getAckResults().getResultsList());
    }

    List<Delivery> deliveries(int count) {
      while (deliveries.size() < count) {
        take();
      }
      List<Delivery> taken = List.copyOf(deliveries);
      deliveries.clear();
      assertThat(taken).map(each -> text(each)).hasSize(count);
      return taken;
    }

    List<AckResult> results(int count) {
      while (results.size() < count) {
        take();
      }
      List<AckResult> taken = List.copyOf(results);
      results.clear();
      return taken;
    }

    void acknowledge(List<Delivery> done) {
      ConsumeAcks.Builder acks = ConsumeAcks.newBuilder();
      done.forEach(each -> acks.addAcks(done(each)));
      stream.send(ConsumeRequest.newBuilder().setAcks(acks).build());
    }

    @Override
    public void close() {
      stream.close();
    }
  }

  private static PublishStreamRequest item(String topic, String key, String payload) {
    return PublishStreamRequest.newBuilder()
        .setTopic(topic)
        .setMessage(message(key, payload))
        .build();
  }
}
