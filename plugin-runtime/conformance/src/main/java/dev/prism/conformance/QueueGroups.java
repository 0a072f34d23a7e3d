package dev.prism.conformance;

import static dev.prism.conformance.QueueFixture.fromStart;
import static dev.prism.conformance.QueueFixture.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.queue.v1.Delivery;
import dev.prism.queue.v1.StartPosition;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Groups share the work; each gets all of it. */
public interface QueueGroups extends QueueFixture {
  @Test
  default void eachGroupGetsEveryMessage() {
    String topic = newTopic();
    for (int i = 0; i < 10; i++) {
      publish(topic, "k" + i, "m" + i);
    }
    for (String group : List.of("a", "b")) {
      try (Subscriber subscriber = subscribe(fromStart(topic, group))) {
        List<Delivery> all = subscriber.next(10);

        assertThat(all).map(QueueFixture::text).doesNotHaveDuplicates().hasSize(10);
        ack(topic, all.toArray(Delivery[]::new));
      }
    }
  }

  @Test
  default void consumersOfAGroupSplitTheWorkWithoutLossOrOverlap() {
    String topic = newTopic();
    int count = 200;
    Set<String> seen = ConcurrentHashMap.newKeySet();
    Queue<String> twice = new ConcurrentLinkedQueue<>();
    IntStream.range(0, count).forEach(i -> publish(topic, "k" + i, "m" + i));
    try (Subscriber one = subscribe(fromStart(topic, "g").setMaxInFlight(5));
        Subscriber other = subscribe(fromStart(topic, "g").setMaxInFlight(5))) {
      List<Thread> draining =
          Stream.of(one, other)
              .map(
                  each ->
                      Thread.startVirtualThread(
                          () -> {
                            Delivery delivery = each.nextOrCaughtUp();
                            while (delivery != null) {
                              if (!seen.add(text(delivery))) {
                                twice.add(text(delivery));
                              }
                              ack(topic, delivery);
                              delivery = each.nextOrCaughtUp();
                            }
                          }))
              .toList();
      draining.forEach(KeyValueFixture::join);
    }

    assertThat(seen).hasSize(count);
    assertThat(twice).isEmpty();
    assertThat(lag(topic, "g")).isZero();
  }

  @Test
  default void anotherConsumerGoesOnWhereOneHasGone() {
    String topic = newTopic();
    for (int i = 0; i < 20; i++) {
      publish(topic, "k", "m" + i);
    }
    Set<String> acknowledged = new HashSet<>();
    try (Subscriber one = subscribe(fromStart(topic, "g"))) {
      for (Delivery delivery : one.next(7)) {
        ack(topic, delivery);
        acknowledged.add(text(delivery));
      }
    }

    try (Subscriber other = subscribe(fromStart(topic, "g"))) {
      List<String> rest = other.next(13).stream().map(QueueFixture::text).toList();

      assertThat(rest).doesNotHaveDuplicates().doesNotContainAnyElementsOf(acknowledged);
    }
  }

  @Test
  default void aSubscriptionWithoutAGroupGetsEverythingForItself() {
    String topic = newTopic();
    for (int i = 0; i < 10; i++) {
      publish(topic, "k", "m" + i);
    }
    try (Subscriber one = subscribe(fromStart(topic, ""));
        Subscriber other = subscribe(fromStart(topic, ""))) {
      assertThat(one.next(10)).map(QueueFixture::text).containsExactly(names(10));
      Delivery first = other.next();
      acknowledge(topic, QueueFixture.nack(first, 0));
      ack(topic, other.next(9).toArray(Delivery[]::new));

      Delivery again = other.next();

      assertThat(again.getMessageId()).isEqualTo(first.getMessageId());
      assertThat(again.getAttempt()).isEqualTo(2);
    }
    assertThat(info(topic).getGroupsList()).isEmpty();
  }

  @Test
  default void aGroupThatBeginsAtTheEndGetsWhatComesThen() {
    String topic = newTopic();
    publish(topic, "k", "before");
    try (Subscriber subscriber =
        subscribe(fromStart(topic, "g").setPosition(StartPosition.START_POSITION_LATEST))) {
      assertThat(subscriber.nextOrCaughtUp()).isNull();

      publish(topic, "k", "after");

      assertThat(text(subscriber.next())).isEqualTo("after");
    }
  }

  private static String[] names(int count) {
    return IntStream.range(0, count).mapToObj(i -> "m" + i).toArray(String[]::new);
  }
}
