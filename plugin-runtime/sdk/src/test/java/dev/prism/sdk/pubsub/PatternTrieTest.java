package dev.prism.sdk.pubsub;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PatternTrieTest {
  private static final List<String> TOKENS = List.of("a", "b", "c");

  private final PatternTrie<String> trie = new PatternTrie<>();

  @Test
  void findsEveryPatternThatMatchesAndNoOther() {
    // Given
    Random random = new Random(7);
    Set<String> patterns = new HashSet<>();
    for (int i = 0; i < 400; i++) {
      patterns.add(pattern(random));
    }
    patterns.forEach(pattern -> trie.add(new TopicPattern(pattern), pattern));

    for (int i = 0; i < 2000; i++) {
      String topic = topic(random);

      // When
      List<String> found = matching(topic);

      // Then
      assertThat(found)
          .as(topic)
          .containsExactlyInAnyOrderElementsOf(
              patterns.stream().filter(each -> new TopicPattern(each).matches(topic)).toList());
    }
  }

  @Test
  void aPatternMatchesTokenByToken() {
    assertThat(new TopicPattern("a.*.c").matches("a.bb.c")).isTrue();
    assertThat(new TopicPattern("a.*.c").matches("a.b.cc")).isFalse();
    assertThat(new TopicPattern("a.*").matches("a")).isFalse();
    assertThat(new TopicPattern("a.>").matches("a")).isFalse();
    assertThat(new TopicPattern("a.>").matches("a.b.c")).isTrue();
    assertThat(new TopicPattern(">").matches("a")).isTrue();
    assertThat(new TopicPattern("ab").matches("a")).isFalse();
    assertThat(new TopicPattern("a").matches("ab")).isFalse();
    assertThat(new TopicPattern("a.b").matches("a.b.c")).isFalse();
    assertThat(new TopicPattern("a.b.c").matches("a.b")).isFalse();
  }

  @Test
  void whatWasRemovedIsNotFoundAndNothingElseIsTouched() {
    // Given
    trie.add(new TopicPattern("a.*.c"), "one");
    trie.add(new TopicPattern("a.*.c"), "two");
    trie.add(new TopicPattern("a.*"), "short");
    trie.add(new TopicPattern("a.>"), "rest");

    // When
    trie.remove(new TopicPattern("a.*.c"), "one");
    trie.remove(new TopicPattern("a.>"), "rest");
    trie.remove(new TopicPattern("never.added"), "nobody");

    // Then
    assertThat(matching("a.b.c")).containsExactly("two");
    assertThat(matching("a.b")).containsExactly("short");
  }

  private List<String> matching(String topic) {
    List<String> found = new ArrayList<>();
    trie.match(topic, found::add);
    return found;
  }

  private static String topic(Random random) {
    List<String> tokens = new ArrayList<>();
    for (int i = random.nextInt(4); i >= 0; i--) {
      tokens.add(TOKENS.get(random.nextInt(TOKENS.size())));
    }
    return String.join(".", tokens);
  }

  private static String pattern(Random random) {
    List<String> tokens = new ArrayList<>();
    for (int i = random.nextInt(4); i >= 0; i--) {
      int token = random.nextInt(TOKENS.size() + 1);
      tokens.add(token == TOKENS.size() ? "*" : TOKENS.get(token));
    }
    if (random.nextInt(4) == 0) {
      tokens.add(">");
    }
    return String.join(".", tokens);
  }
}
