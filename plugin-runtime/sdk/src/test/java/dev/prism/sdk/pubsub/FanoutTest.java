package dev.prism.sdk.pubsub;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FanoutTest {
  private static final Event EVENT = new Event(new byte[0], List.of(), "", "");

  private final Fanout fanout = new Fanout();

  @Test
  void aGroupPassesOverAListenerThatHasNoRoom() {
    // Given
    Heard full = new Heard();
    full.behind = true;
    Heard free = new Heard();
    fanout.add(new TopicPattern("a.*"), "g", full);
    fanout.add(new TopicPattern("a.*"), "g", free);

    // When
    for (int i = 0; i < 10; i++) {
      fanout.deliver("a.b", EVENT);
    }

    // Then
    assertThat(full.topics).isEmpty();
    assertThat(free.topics).hasSize(10);
  }

  @Test
  void aGroupAllOfWhoseListenersAreFullLosesTheEventToOneOfThem() {
    // Given
    Heard one = new Heard();
    one.behind = true;
    fanout.add(new TopicPattern("a"), "g", one);

    // When
    fanout.deliver("a", EVENT);

    // Then
    assertThat(one.topics).containsExactly("a"); // its own policy counts it
  }

  @Test
  void aListenerThatLeftHearsNothing() {
    // Given
    Heard lone = new Heard();
    Heard member = new Heard();
    Listening first = fanout.add(new TopicPattern("a"), "", lone);
    Listening second = fanout.add(new TopicPattern("a"), "g", member);

    // When
    first.close();
    second.close();
    fanout.deliver("a", EVENT);

    // Then
    assertThat(lone.topics).isEmpty();
    assertThat(member.topics).isEmpty();
    assertThat(fanout.size()).isZero();
  }

  @Test
  void theSameListenerUnderTwoPatternsHearsTwice() {
    // Given
    Heard both = new Heard();
    fanout.add(new TopicPattern("a.*"), "", both);
    fanout.add(new TopicPattern("a.>"), "", both);

    // When
    fanout.deliver("a.b", EVENT);

    // Then two subscriptions are two, whoever holds them
    assertThat(both.topics).hasSize(2);
  }

  private static final class Heard implements Listener {
    final List<String> topics = new ArrayList<>();
    boolean behind;

    @Override
    public void onEvent(String topic, Event event) {
      topics.add(topic);
    }

    @Override
    public boolean isBehind() {
      return behind;
    }
  }
}
