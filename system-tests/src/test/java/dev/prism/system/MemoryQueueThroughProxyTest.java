package dev.prism.system;

import static dev.prism.conformance.QueueFixture.fromStart;
import static dev.prism.conformance.QueueFixture.reject;
import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.config.v1.BackendType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("system")
class MemoryQueueThroughProxyTest extends QueueThroughProxy {
  MemoryQueueThroughProxyTest() {
    super("memory", BackendType.BACKEND_TYPE_MEMORY);
  }

  @Test
  void messagesAreCountedByWhatBecomesOfThem() throws Exception {
    // Given
    String topic = newTopic();
    List<Double> before = counts();

    // When
    publish(topic, "k", "a");
    publish(topic, "k", "b");
    publish(topic, "k", "c");
    try (Subscriber subscriber = subscribe(fromStart(topic, "g"))) {
      ack(topic, subscriber.next());
      acknowledge(topic, reject(subscriber.next(), "not wanted"));
      subscriber.next();
    }

    // Then of three, all were delivered, one was acknowledged and one is dead
    List<Double> after = counts();
    List<Double> more = new ArrayList<>();
    for (int i = 0; i < after.size(); i++) {
      more.add(after.get(i) - before.get(i));
    }
    assertThat(more).containsExactly(3.0, 3.0, 1.0, 1.0);
  }

  private List<Double> counts() throws IOException, InterruptedException {
    String text = prism.metrics();
    return List.of(
        count(text, "published"),
        count(text, "delivered"),
        count(text, "acknowledged"),
        count(text, "dead"));
  }

  private static double count(String text, String what) {
    return Pattern.compile(
            "^prism_plugin_messages_total\\{[^}]*what=\"" + what + "\"[^}]*} (\\S+)",
            Pattern.MULTILINE)
        .matcher(text)
        .results()
        .map((MatchResult each) -> each.group(1))
        .mapToDouble(Double::parseDouble)
        .sum();
  }
}
