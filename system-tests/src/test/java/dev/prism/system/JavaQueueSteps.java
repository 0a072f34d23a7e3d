package dev.prism.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Empty;
import dev.prism.queue.v1.ConsumeAcks;
import dev.prism.queue.v1.ConsumeCredit;
import dev.prism.queue.v1.ConsumeRequest;
import dev.prism.queue.v1.ConsumeResponse;
import dev.prism.queue.v1.ConsumeStart;
import dev.prism.queue.v1.Delivery;
import dev.prism.queue.v1.Message;
import dev.prism.queue.v1.PublishResult;
import dev.prism.queue.v1.PublishStreamRequest;
import dev.prism.queue.v1.PublishStreamResponse;
import dev.prism.queue.v1.QueueServiceGrpc;
import dev.prism.queue.v1.QueueServiceGrpc.QueueServiceBlockingV2Stub;
import dev.prism.queue.v1.StartPosition;
import dev.prism.queue.v1.Subscription;
import dev.prism.type.v1.Ack;
import dev.prism.type.v1.AckResult;
import io.grpc.ManagedChannel;
import io.grpc.stub.BlockingClientCall;
import java.util.ArrayList;
import java.util.List;

/** Streams of messages in both directions, on a Prism that keeps them. */
final class JavaQueueSteps {
  private static final String TOPIC = "java";
  private static final int MESSAGES = 1000;
  private static final int CREDIT = 100;

  private JavaQueueSteps() {}

  static void run(ManagedChannel channel) throws Exception {
    QueueServiceBlockingV2Stub service =
        QueueServiceGrpc.newBlockingV2Stub(channel)
            .withInterceptors(Prism.session(System.getenv("QUEUE_SESSION")));
    publishStream(service);
    System.out.println("publish stream");
    consume(service);
    System.out.println("consume");
  }

  /** All are sent without waiting for their answers, which come in their order. */
  private static void publishStream(QueueServiceBlockingV2Stub service) throws Exception {
    BlockingClientCall<PublishStreamRequest, PublishStreamResponse> call = service.publishStream();
    for (int i = 0; i < MESSAGES; i++) {
      call.write(
          PublishStreamRequest.newBuilder()
              .setTopic(i == 0 ? TOPIC : "")
              .setMessage(
                  Message.newBuilder()
                      .setKey(ByteString.copyFromUtf8("k"))
                      .setPayload(ByteString.copyFromUtf8(Integer.toString(i))))
              .build());
    }
    call.halfClose();
    List<PublishResult> results = new ArrayList<>();
    for (var answer = call.read(); answer != null; answer = call.read()) {
      results.addAll(answer.getResultsList());
    }
    assertThat(results).hasSize(MESSAGES).allMatch(PublishResult::hasSuccess);
    assertThat(results.stream().map(result -> result.getSuccess().getOffset()))
        .isSorted()
        .doesNotHaveDuplicates();
  }

  /** Grants as much as it has acknowledged, and ends once it has had all. */
  private static void consume(QueueServiceBlockingV2Stub service) throws Exception {
    BlockingClientCall<ConsumeRequest, ConsumeResponse> call = service.consume();
    Subscription subscription =
        Subscription.newBuilder()
            .setTopic(TOPIC)
            .setGroup("g")
            .setPosition(StartPosition.START_POSITION_EARLIEST)
            .build();
    call.write(
        ConsumeRequest.newBuilder()
            .setStart(ConsumeStart.newBuilder().setSubscription(subscription).setCredit(CREDIT))
            .build());
    int received = 0;
    int acknowledged = 0;
    for (var answer = call.read(); answer != null; answer = call.read()) {
      List<Delivery> deliveries = answer.getDeliveries().getDeliveriesList();
      ConsumeAcks.Builder acks = ConsumeAcks.newBuilder();
      for (Delivery delivery : deliveries) {
        assertThat(delivery.getMessage().getPayload().toStringUtf8())
            .isEqualTo(Integer.toString(received));
        received++;
        acks.addAcks(
            Ack.newBuilder().setReceipt(delivery.getReceipt()).setAck(Empty.getDefaultInstance()));
      }
      if (!deliveries.isEmpty()) {
        call.write(ConsumeRequest.newBuilder().setAcks(acks).build());
        call.write(
            ConsumeRequest.newBuilder()
                .setCredit(ConsumeCredit.newBuilder().setMessages(deliveries.size()))
                .build());
      }
      assertThat(answer.getAckResults().getResultsList()).allMatch(AckResult::hasSuccess);
      acknowledged += answer.getAckResults().getResultsCount();
      if (acknowledged == MESSAGES && answer.hasAckResults()) {
        call.halfClose();
      }
    }
    assertThat(received).isEqualTo(MESSAGES);
    assertThat(acknowledged).isEqualTo(MESSAGES);
  }
}
