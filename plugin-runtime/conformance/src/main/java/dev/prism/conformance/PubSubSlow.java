package dev.prism.conformance;

import static dev.prism.conformance.PubSubFixture.text;
import static dev.prism.conformance.PubSubFixture.to;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.prism.pubsub.v1.Event;
import dev.prism.pubsub.v1.ListSubscriptionsRequest;
import dev.prism.pubsub.v1.SlowPolicy;
import dev.prism.pubsub.v1.SubscriptionInfo;
import dev.prism.status.Reason;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A subscriber that does not take its events: it loses its own, by its policy. */
public interface PubSubSlow extends PubSubFixture {
  /** More than a connection, a ring and a stream's window hold together. */
  int MANY = 600;

  int HELD = 16;

  @Test
  default void theOldestAreLostFirst() {
    String topic = newTopic() + ".a";
    try (Subscriber slow = slow(topic, SlowPolicy.SLOW_POLICY_DROP_OLDEST)) {
      publishMany(topic, slow);

      List<Integer> got = drain(topic, slow);
      assertThat(got).isSorted().doesNotHaveDuplicates().endsWith(MANY - 2, MANY - 1);
      assertThat(got.size() + slow.dropped()).isEqualTo(MANY);
      assertThat(slow.dropped()).isPositive();
    }
  }

  @Test
  default void theNewestAreLostFirst() {
    String topic = newTopic() + ".a";
    try (Subscriber slow = slow(topic, SlowPolicy.SLOW_POLICY_DROP_NEWEST)) {
      publishMany(topic, slow);

      List<Integer> got = drain(topic, slow);
      assertThat(got).isSorted().doesNotHaveDuplicates().startsWith(0, 1);
      assertThat(got).doesNotContain(MANY - 1);
      assertThat(got.size() + slow.dropped()).isEqualTo(MANY);
    }
  }

  @Test
  default void aSubscriptionMayEndInsteadOfLosingEvents() {
    String topic = newTopic() + ".a";
    try (Subscriber slow = slow(topic, SlowPolicy.SLOW_POLICY_DISCONNECT)) {
      for (int i = 0; i < MANY; i++) {
        publish(topic, numbered(i));
      }

      List<Integer> got = new ArrayList<>();
      KeyValueFixture.assertFails(
          Reason.SUBSCRIBER_TOO_SLOW,
          () -> {
            while (got.size() < MANY) {
              got.add(number(text(slow.next())));
            }
          });
      for (int i = 0; i < got.size(); i++) {
        assertThat(got.get(i)).isEqualTo(i); // none was lost before the end
      }
    }
  }

  @Test
  default void aSlowSubscriberSlowsNobody() {
    String topic = newTopic() + ".a";
    try (Subscriber slow = slow(topic, SlowPolicy.SLOW_POLICY_DROP_OLDEST);
        Subscriber quick = subscribe(to(topic).setBuffer(MANY))) {
      for (int i = 0; i < MANY; i++) {
        publish(topic, numbered(i));
        assertThat(number(text(quick.next()))).isEqualTo(i);
      }

      assertThat(quick.dropped()).isZero();
      KeyValueFixture.await("the slow one has lost some", () -> info(slow).getDropped() > 0);
    }
  }

  private Subscriber slow(String topic, SlowPolicy policy) {
    return subscribe(to(topic).setBuffer(HELD).setSlowPolicy(policy));
  }

  /** Publishes all, and waits until each was sent, is held or was lost. */
  private void publishMany(String topic, Subscriber slow) {
    for (int i = 0; i < MANY; i++) {
      publish(topic, numbered(i));
    }
    KeyValueFixture.await(
        "all have come",
        () -> {
          SubscriptionInfo info = info(slow);
          return info.getDelivered() + info.getBuffered() + info.getDropped() == MANY;
        });
  }

  private SubscriptionInfo info(Subscriber subscriber) {
    return api().list(ListSubscriptionsRequest.getDefaultInstance()).getSubscriptionsList().stream()
        .filter(each -> each.getSubscriptionId().equals(subscriber.id()))
        .findFirst()
        .orElseThrow();
  }

  /** Takes what there is. */
  private List<Integer> drain(String topic, Subscriber slow) {
    api()
        .unsubscribe(
            dev.prism.pubsub.v1.UnsubscribeRequest.newBuilder()
                .setPattern(topic)
                .setSubscriptionId(slow.id())
                .build());
    return slow.rest().stream().map(PubSubSlow::number).toList();
  }

  /** 64 KiB that begin with a number. */
  private static Event numbered(int number) {
    byte[] payload = new byte[64 << 10];
    byte[] digits = (number + ";").getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    System.arraycopy(digits, 0, payload, 0, digits.length);
    return Event.newBuilder().setPayload(ByteString.copyFrom(payload)).build();
  }

  private static int number(String payload) {
    return Integer.parseInt(payload.substring(0, payload.indexOf(';')));
  }
}
