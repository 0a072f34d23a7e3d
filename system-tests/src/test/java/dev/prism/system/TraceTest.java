package dev.prism.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.prism.config.v1.BackendType;
import dev.prism.queue.v1.AcknowledgeRequest;
import dev.prism.queue.v1.Delivery;
import dev.prism.queue.v1.Message;
import dev.prism.queue.v1.PublishRequest;
import dev.prism.queue.v1.QueueServiceGrpc.QueueServiceBlockingStub;
import dev.prism.queue.v1.StartPosition;
import dev.prism.queue.v1.SubscribeRequest;
import dev.prism.queue.v1.SubscribeResponse;
import dev.prism.queue.v1.Subscription;
import dev.prism.type.v1.Ack;
import dev.prism.type.v1.Header;
import dev.prism.type.v1.Nack;
import dev.prism.type.v1.Reject;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The trace context of a call goes with what it publishes (docs/queue.md). */
@Tag("system")
class TraceTest {
  private static final String GIVEN = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

  @Test
  void aTraceparentSurvivesRedeliveryAndTheDeadLetterAndNoneIsMadeUp() throws Exception {
    // Given two messages, one of them published in a trace
    try (Prism prism = Prism.up(Prism.newDirectory("trace"))) {
      QueueServiceBlockingStub client = QueueTrial.queue(prism, BackendType.BACKEND_TYPE_SQLITE);
      Metadata trace = new Metadata();
      trace.put(Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER), GIVEN);
      client
          .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(trace))
          .publish(message("traced"));
      client.publish(message("plain"));
      Iterator<SubscribeResponse> deliveries = subscribe(client, "work");

      // When the first is given back, and then rejected
      List<Delivery> first = take(deliveries, 2);
      settle(client, Ack.newBuilder().setNack(Nack.getDefaultInstance()), first.getFirst());
      Delivery again = take(deliveries, 1).getFirst();
      settle(client, Ack.newBuilder().setReject(Reject.newBuilder().setReason("no")), again);
      Delivery dead = take(subscribe(client, "work.dead"), 1).getFirst();

      // Then
      Header header =
          Header.newBuilder()
              .setName("traceparent")
              .setValue(ByteString.copyFromUtf8(GIVEN))
              .build();
      assertThat(first.getFirst().getMessage().getHeadersList()).containsExactly(header);
      assertThat(first.getLast().getMessage().getHeadersList()).isEmpty();
      assertThat(again.getAttempt()).isEqualTo(2);
      assertThat(again.getMessage().getHeadersList()).containsExactly(header);
      assertThat(dead.getMessage().getHeadersList()).contains(header);
    }
  }

  private static PublishRequest message(String payload) {
    return PublishRequest.newBuilder()
        .setTopic("work")
        .setMessage(Message.newBuilder().setPayload(ByteString.copyFromUtf8(payload)))
        .build();
  }

  private static Iterator<SubscribeResponse> subscribe(
      QueueServiceBlockingStub client, String topic) {
    return client
        .withDeadlineAfter(20, TimeUnit.SECONDS)
        .subscribe(
            SubscribeRequest.newBuilder()
                .setSubscription(
                    Subscription.newBuilder()
                        .setTopic(topic)
                        .setGroup("g")
                        .setPosition(StartPosition.START_POSITION_EARLIEST))
                .build());
  }

  /** The next deliveries; fails with the stream where there are fewer. */
  private static List<Delivery> take(Iterator<SubscribeResponse> responses, int count) {
    List<Delivery> taken = new ArrayList<>();
    while (taken.size() < count) {
      taken.addAll(responses.next().getDeliveriesList());
    }
    return taken;
  }

  private static void settle(QueueServiceBlockingStub client, Ack.Builder ack, Delivery delivery) {
    client.acknowledge(
        AcknowledgeRequest.newBuilder()
            .setTopic("work")
            .addAcks(ack.setReceipt(delivery.getReceipt()))
            .build());
  }
}
