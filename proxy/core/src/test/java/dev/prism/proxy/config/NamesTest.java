package dev.prism.proxy.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NamesTest {
  @ParameterizedTest
  @ValueSource(strings = {"a", "default", "a-b-1", "a0"})
  void theseAreNames(String name) {
    assertThat(Names.isValid(name)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "A", "1a", "-a", "a-", "a_b", "a.b", "prism.control", "a b", "ä", "a\n"})
  void theseAreNot(String name) {
    assertThat(Names.isValid(name)).isFalse();
  }

  @Test
  void theLongestNameHas63Characters() {
    assertThat(Names.isValid("a".repeat(63))).isTrue();
    assertThat(Names.isValid("a".repeat(64))).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"prot,port,1", "port,port,0", "'',abc,3", "kitten,sitting,3", "lsiten,listen,1"})
  void theDistanceCountsChangesAndSwaps(String one, String other, int distance) {
    assertThat(Names.distance(one, other)).isEqualTo(distance);
    assertThat(Names.distance(other, one)).isEqualTo(distance);
  }

  @Test
  void onlyANameThatIsNearIsSuggested() {
    assertThat(Names.nearest("lisen", List.of("listen", "port"))).isEqualTo("listen");
    assertThat(Names.nearest("zzzzzz", List.of("listen", "port"))).isNull();
    assertThat(Names.suggest("x", List.of())).isEmpty();
  }
}
