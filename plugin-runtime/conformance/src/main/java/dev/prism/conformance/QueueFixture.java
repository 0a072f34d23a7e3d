package dev.prism.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;
import com.google.protobuf.Empty;
import com.google.protobuf.Timestamp;
import dev.prism.conformance.ServiceApi.Duplex;
import dev.prism.queue.v1.AcknowledgeRequest;
import dev.prism.queue.v1.Delivery;
import dev.prism.queue.v1.GetTopicInfoRequest;
import dev.prism.queue.v1.GetTopicInfoResponse;
import dev.prism.queue.v1.GroupInfo;
import dev.prism.queue.v1.Message;
import dev.prism.queue.v1.PublishRequest;
import dev.prism.queue.v1.PublishResponse;
import dev.prism.queue.v1.StartPosition;
import dev.prism.queue.v1.SubscribeRequest;
import dev.prism.queue.v1.SubscribeResponse;
import dev.prism.queue.v1.Subscription;
import dev.prism.sdk.Capability;
import dev.prism.type.v1.Ack;
import dev.prism.type.v1.AckResult;
import dev.prism.type.v1.Nack;
import dev.prism.type.v1.Reject;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a backend gives to the queue suite, and what the suite's parts share. */
public interface QueueFixture {
  /** The backend's type as in {@code required-capabilities.txt}: {@code kafka}. */
  String backend();

  /** What the backend's queue says it can do. */
  Set<Capability> capabilities();

  /** The service; the same one for all tests of a class or another for each. */
  QueueApi api();

  /** Ends the backend's plugin process, not gently where that can be, and awaits the next one. */
  void restart();

  /** A topic no other test uses; it is there. */
  default String newTopic() {
    return "t" + KeyValueFixture.Names.next();
  }

  /** Skips the rest of the test where the backend does not declare {@code capability}. */
  default void needs(Capability capability) {
    assumeTrue(capabilities().contains(capability), () -> backend() + " has no " + capability);
  }

  /** Skips the rest of the test where the backend declares {@code capability}. */
  default void lacks(Capability capability) {
    assumeTrue(!capabilities().contains(capability), () -> backend() + " has " + capability);
  }

  static Message message(String key, String payload) {
    return Message.newBuilder()
        .setKey(ByteString.copyFromUtf8(key))
        .setPayload(ByteString.copyFromUtf8(payload))
        .build();
  }

  default PublishResponse publish(String topic, String key, String payload) {
    return publish(topic, message(key, payload));
  }

  default PublishResponse publish(String topic, Message message) {
    return api().publish(PublishRequest.newBuilder().setTopic(topic).setMessage(message).build());
  }

  /** A subscription of the group from the topic's beginning. */
  static Subscription.Builder fromStart(String topic, String group) {
    return Subscription.newBuilder()
        .setTopic(topic)
        .setGroup(group)
        .setPosition(StartPosition.START_POSITION_EARLIEST);
  }

  default Subscriber subscribe(Subscription.Builder subscription) {
    return new Subscriber(
        api().subscribe(SubscribeRequest.newBuilder().setSubscription(subscription).build()));
  }

  default List<AckResult> acknowledge(String topic, Ack... acks) {
    return api()
        .acknowledge(
            AcknowledgeRequest.newBuilder().setTopic(topic).addAllAcks(List.of(acks)).build())
        .getResultsList();
  }

  /** Acknowledges, and asserts that every receipt was in force. */
  default void ack(String topic, Delivery... deliveries) {
    Ack[] acks = new Ack[deliveries.length];
    for (int i = 0; i < acks.length; i++) {
      acks[i] = done(deliveries[i]);
    }
    assertThat(acknowledge(topic, acks)).allMatch(AckResult::hasSuccess);
  }

  static Ack done(Delivery delivery) {
    return Ack.newBuilder()
        .setReceipt(delivery.getReceipt())
        .setAck(Empty.getDefaultInstance())
        .build();
  }

  static Ack nack(Delivery delivery, long delayMillis) {
    return Ack.newBuilder()
        .setReceipt(delivery.getReceipt())
        .setNack(Nack.newBuilder().setDelay(millis(delayMillis)))
        .build();
  }

  static Ack reject(Delivery delivery, String reason) {
    return Ack.newBuilder()
        .setReceipt(delivery.getReceipt())
        .setReject(Reject.newBuilder().setReason(reason))
        .build();
  }

  static Duration millis(long millis) {
    return Duration.newBuilder()
        .setSeconds(millis / 1000)
        .setNanos((int) (millis % 1000) * 1_000_000)
        .build();
  }

  static Timestamp time(long millis) {
    return Timestamp.newBuilder()
        .setSeconds(millis / 1000)
        .setNanos((int) (millis % 1000) * 1_000_000)
        .build();
  }

  static long millis(Timestamp time) {
    return time.getSeconds() * 1000 + time.getNanos() / 1_000_000;
  }

  default GetTopicInfoResponse info(String topic) {
    return api().info(GetTopicInfoRequest.newBuilder().setTopic(topic).build());
  }

  /** The group's lag over all partitions. */
  default long lag(String topic, String group) {
    return info(topic).getGroupsList().stream()
        .filter(each -> each.getGroup().equals(group))
        .map(GroupInfo::getPartitionsList)
        .flatMap(List::stream)
        .mapToLong(each -> each.getLag())
        .sum();
  }

  static String text(Delivery delivery) {
    return delivery.getMessage().getPayload().toStringUtf8();
  }

  /** An open subscription. */
  final class Subscriber implements AutoCloseable {
    private final Duplex<SubscribeRequest, SubscribeResponse> stream;
    private final ArrayDeque<Delivery> waiting = new ArrayDeque<>();

    public Subscriber(Duplex<SubscribeRequest, SubscribeResponse> stream) {
      this.stream = stream;
    }

    /** The next delivery; waits for it. */
    public Delivery next() {
      while (waiting.isEmpty()) {
        waiting.addAll(stream.next().getDeliveriesList());
      }
      return waiting.remove();
    }

    public List<Delivery> next(int count) {
      List<Delivery> deliveries = new ArrayList<>();
      while (deliveries.size() < count) {
        deliveries.add(next());
      }
      return deliveries;
    }

    /** The next delivery, or null where the service says first that there is none. */
    public @Nullable Delivery nextOrCaughtUp() {
      while (waiting.isEmpty()) {
        SubscribeResponse response = stream.next();
        waiting.addAll(response.getDeliveriesList());
        if (response.getCaughtUp() && waiting.isEmpty()) {
          return null;
        }
      }
      return waiting.remove();
    }

    @Override
    public void close() {
      stream.close();
    }
  }
}
