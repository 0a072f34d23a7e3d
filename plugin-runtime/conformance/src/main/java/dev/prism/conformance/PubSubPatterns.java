package dev.prism.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Which topics a pattern is of. They mean the same on every backend. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public interface PubSubPatterns extends PubSubFixture {
  /**
   * A pattern and topics that it matches and does not, all with the test's own token for {@code T}.
   */
  record Case(String pattern, List<String> matching, List<String> others) {}

  static Stream<Case> patterns() {
    return Stream.of(
        new Case("T", List.of("T"), List.of("T.a", "a.T", "Tx")),
        new Case("T.a", List.of("T.a"), List.of("T", "T.b", "T.a.b", "T.aa", "T.A")),
        new Case("T.*", List.of("T.a", "T.b-c_D"), List.of("T", "T.a.b", "Tx.a")),
        new Case("T.*.c", List.of("T.a.c", "T.b.c"), List.of("T.c", "T.a.b", "T.a.b.c", "T.a.c.d")),
        new Case("T.>", List.of("T.a", "T.a.b", "T.a.b.c.d.e"), List.of("T", "Tx.a")),
        new Case("T.*.>", List.of("T.a.b", "T.a.b.c"), List.of("T", "T.a")),
        new Case("*.T", List.of("a.T", "b.T"), List.of("T", "T.a", "a.b.T", "a.T.b")),
        new Case("*.T.>", List.of("a.T.b", "a.T.b.c"), List.of("a.T", "T.b", "a.b.T.c")),
        new Case("*.*.T", List.of("a.b.T"), List.of("a.T", "a.b.c.T")));
  }

  @ParameterizedTest
  @MethodSource("patterns")
  default void aPatternMatchesWhatItMeansAndNothingElse(Case each) {
    String token = newTopic();
    String end = "end-" + token;
    try (Subscriber subscriber = subscribe(each.pattern().replace("T", token));
        Subscriber all = subscribe(">")) {
      for (String topic : each.others()) {
        publish(topic.replace("T", token), topic);
      }
      for (String topic : each.matching()) {
        publish(topic.replace("T", token), topic);
      }
      publish(end, end);
      publish(each.matching().getFirst().replace("T", token), "last");

      assertThat(subscriber.next(each.matching().size() + 1))
          .containsExactlyElementsOf(
              Stream.concat(each.matching().stream(), Stream.of("last")).toList());
      List<String> heard = all.next(each.others().size() + each.matching().size() + 2);
      assertThat(heard).containsAll(each.others()).contains(end, "last");
    }
  }
}
