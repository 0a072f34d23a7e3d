package dev.prism.conformance;

import static dev.prism.conformance.PubSubFixture.to;
import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.pubsub.v1.ListSubscriptionsRequest;
import dev.prism.pubsub.v1.SubscriptionInfo;
import dev.prism.pubsub.v1.UnsubscribeRequest;
import dev.prism.sdk.Capability;
import dev.prism.status.Reason;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Groups, the end of a subscription, and what is told of subscriptions. */
public interface PubSubSubscriptions extends PubSubFixture {
  @Test
  default void ofAQueueGroupOneGetsEachEvent() {
    needs(Capability.QUEUE_GROUPS);
    String topic = newTopic();
    int count = 300;
    try (Subscriber one = subscribe(to(topic + ".*").setQueueGroup("workers"));
        Subscriber two = subscribe(to(topic + ".*").setQueueGroup("workers"));
        Subscriber other = subscribe(to(topic + ".*").setQueueGroup("others"));
        Subscriber alone = subscribe(topic + ".*")) {
      for (int i = 0; i < count; i++) {
        publish(topic + ".a", Integer.toString(i));
      }

      List<String> all = IntStream.range(0, count).mapToObj(Integer::toString).toList();
      assertThat(alone.next(count)).isEqualTo(all);
      assertThat(other.next(count)).isEqualTo(all);
      end(topic + ".*");
      List<String> first = one.rest();
      List<String> second = two.rest();
      List<String> together = new ArrayList<>(first);
      together.addAll(second);
      assertThat(together).containsExactlyInAnyOrderElementsOf(all);
      assertThat(first).isNotEmpty();
      assertThat(second).isNotEmpty();
    }
  }

  private void end(String pattern) {
    assertThat(api().unsubscribe(UnsubscribeRequest.newBuilder().setPattern(pattern).build()))
        .matches(each -> each.getExisted());
  }

  @Test
  default void aGroupsEventsGoToThoseThatAreLeft() {
    needs(Capability.QUEUE_GROUPS);
    String topic = newTopic() + ".a";
    try (Subscriber stays = subscribe(to(topic).setQueueGroup("workers"))) {
      Subscriber leaves = subscribe(to(topic).setQueueGroup("workers"));
      unsubscribe(topic, leaves.id());
      leaves.rest();
      for (int i = 0; i < 20; i++) {
        publish(topic, Integer.toString(i));
      }

      assertThat(stays.next(20)).hasSize(20);
    }
  }

  @Test
  default void queueGroupsThatAreNotDeclaredAreRefused() {
    lacks(Capability.QUEUE_GROUPS);
    KeyValueFixture.assertFails(
        Reason.CAPABILITY_UNSUPPORTED, () -> subscribe(to(newTopic()).setQueueGroup("workers")));
  }

  @Test
  default void whoUnsubscribesGetsWhatIsHeldAndTheEnd() {
    String topic = newTopic() + ".a";
    try (Subscriber subscriber = subscribe(topic);
        Subscriber other = subscribe(topic)) {
      publish(topic, "one");
      publish(topic, "two");
      assertThat(other.next(2)).hasSize(2);
      KeyValueFixture.await("both are there", () -> handed(subscriber.id()) == 2);

      boolean existed = unsubscribe(topic, subscriber.id());

      assertThat(existed).isTrue();
      assertThat(subscriber.rest()).containsExactly("one", "two");
      publish(topic, "three");
      assertThat(other.next(1)).containsExactly("three");
    }
  }

  private boolean unsubscribe(String pattern, String id) {
    return api()
        .unsubscribe(
            UnsubscribeRequest.newBuilder().setPattern(pattern).setSubscriptionId(id).build())
        .getExisted();
  }

  /** Events of a subscription that were sent or are held. */
  private long handed(String id) {
    return api().list(ListSubscriptionsRequest.getDefaultInstance()).getSubscriptionsList().stream()
        .filter(each -> each.getSubscriptionId().equals(id))
        .mapToLong(each -> each.getDelivered() + each.getBuffered())
        .sum();
  }

  @Test
  default void unsubscribingWithoutAnIdEndsAllOfThePattern() {
    String topic = newTopic();
    try (Subscriber one = subscribe(topic + ".*");
        Subscriber two = subscribe(topic + ".*");
        Subscriber other = subscribe(topic + ".a")) {
      end(topic + ".*");

      assertThat(one.rest()).isEmpty();
      assertThat(two.rest()).isEmpty();
      publish(topic + ".a", "still there");
      assertThat(other.next(1)).containsExactly("still there");
    }
  }

  @Test
  default void unsubscribingWhatIsNotThereSucceeds() {
    assertThat(unsubscribe(newTopic(), "no-such")).isFalse();
  }

  @Test
  default void subscriptionsAreListedAndThoseOfAnotherSessionAreNot() {
    String topic = newTopic();
    try (Subscriber exact = subscribe(topic);
        Subscriber star = subscribe(topic + ".*");
        Subscriber foreign = new Subscriber(otherApi().subscribe(to(topic + ".*").build()))) {
      publish(topic + ".a", "one");
      assertThat(star.next(1)).containsExactly("one");
      assertThat(foreign.next(1)).containsExactly("one");

      List<SubscriptionInfo> mine =
          api().list(ListSubscriptionsRequest.getDefaultInstance()).getSubscriptionsList().stream()
              .filter(each -> each.getPattern().startsWith(topic))
              .toList();

      assertThat(mine)
          .extracting(SubscriptionInfo::getSubscriptionId)
          .containsExactly(exact.id(), star.id());
      assertThat(mine.get(1).getDelivered()).isEqualTo(1);
      assertThat(mine.get(1).getDropped()).isZero();
      assertThat(mine.get(1).getSubscribedAt().getSeconds()).isPositive();
      assertThat(
              api()
                  .list(ListSubscriptionsRequest.newBuilder().setPattern(topic).build())
                  .getSubscriptionsList())
          .extracting(SubscriptionInfo::getSubscriptionId)
          .containsExactly(exact.id());
      assertThat(unsubscribe(topic + ".*", foreign.id())).isFalse();
      publish(topic + ".b", "two");
      assertThat(foreign.next(1)).containsExactly("two");
    }
  }

  @Test
  default void aSubscriptionThatWasCancelledIsNoLongerListed() {
    String topic = newTopic();
    Subscriber gone = subscribe(topic);
    gone.close();

    KeyValueFixture.await("it is not listed", () -> !listed().contains(gone.id()));
  }

  private Set<String> listed() {
    Set<String> ids = new HashSet<>();
    api()
        .list(ListSubscriptionsRequest.getDefaultInstance())
        .getSubscriptionsList()
        .forEach(each -> ids.add(each.getSubscriptionId()));
    return ids;
  }
}
