package dev.prism.proxy.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokensTest {
  private static final int MOST = 10_000;

  private final Tokens<String> tokens = new Tokens<>(MOST);

  @Test
  void everyTokenIsAnotherAndWellFormed() {
    Set<String> made = new HashSet<>();
    for (int i = 0; i < 1000; i++) {
      made.add(tokens.create());
    }

    assertThat(made).hasSize(1000).allMatch(token -> Tokens.isWellFormed(bytes(token)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "short",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\u00e9",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\u0141"
      })
  void garbageIsToldByItsForm(String text) {
    assertThat(Tokens.isWellFormed(bytes(text))).isFalse();
  }

  @Test
  void onlyTheTokenItselfFindsWhatIsKeptUnderIt() {
    String token = tokens.create();
    tokens.put(Tokens.hash(token), "value");
    String near = (token.charAt(0) == 'A' ? 'B' : 'A') + token.substring(1);

    assertThat(find(token)).isEqualTo("value");
    assertThat(find(near)).isNull();
    tokens.remove(Tokens.hash(token));
    assertThat(find(token)).isNull();
  }

  @Test
  void aTokenThatWasFoundBeforeIsRemovedAsWell() {
    // Given more than are found by their characters, each found once and again
    List<String> all = new ArrayList<>();
    for (int i = 0; i < 5 * MOST; i++) {
      all.add(keptToken());
    }
    all.forEach(token -> assertThat(find(token)).isEqualTo(token));
    all.forEach(token -> assertThat(find(token)).isEqualTo(token));

    // When
    all.forEach(token -> tokens.remove(Tokens.hash(token)));

    // Then
    assertThat(all.stream().filter(token -> find(token) != null).count()).isZero();
  }

  @Test
  void ofAsManyAsThereMayBeNearlyAllAreFoundByTheirCharactersTheSecondTime() {
    // Given
    List<String> all = new ArrayList<>();
    for (int i = 0; i < MOST; i++) {
      all.add(keptToken());
    }
    assertThat(all.stream().filter(token -> tokens.findSeen(bytes(token)) != null).count())
        .isZero();

    // When
    all.forEach(this::find);

    // Then
    assertThat(all.stream().filter(token -> token.equals(tokens.findSeen(bytes(token)))).count())
        .isGreaterThan(MOST * 98 / 100);
  }

  @Test
  void aLookUpOfTooManyAllocatesNothing() {
    // Given as many as do not all have a place
    List<byte[]> all = new ArrayList<>();
    for (int i = 0; i < 5 * MOST; i++) {
      all.add(bytes(keptToken()));
    }
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    all.forEach(tokens::find);
    long before = threads.getCurrentThreadAllocatedBytes();

    // When
    for (int i = 0; i < all.size(); i++) {
      tokens.find(all.get(i));
    }

    // Then
    long bytes = threads.getCurrentThreadAllocatedBytes() - before;
    assertThat(bytes / all.size()).isZero();
  }

  private String keptToken() {
    String token = tokens.create();
    tokens.put(Tokens.hash(token), token);
    return token;
  }

  private @Nullable String find(String token) {
    return tokens.find(bytes(token));
  }

  private static byte[] bytes(String token) {
    return token.getBytes(StandardCharsets.ISO_8859_1);
  }

  @Test
  void aTokenThatWasFoundBeforeIsToldFromOthersByEveryCharacter() {
    // Given one, looked for by its first characters from now on
    String token = keptToken();
    find(token);

    for (int i = 0; i < Tokens.LENGTH; i++) {
      char other = token.charAt(i) == 'A' ? 'B' : 'A';

      // When
      String found = find(token.substring(0, i) + other + token.substring(i + 1));

      // Then
      assertThat(found).as("with another character %d", i).isNull();
    }
    assertThat(find(token)).isEqualTo(token);
  }

  @Test
  void theHashIsOfTheTokenAndDoesNotHoldIt() {
    String token = tokens.create();

    byte[] hash = Tokens.hash(token).bytes();

    assertThat(hash).hasSize(32).isEqualTo(Tokens.hash(token).bytes());
    assertThat(Tokens.Hash.of(hash)).isEqualTo(Tokens.hash(token));
    assertThatThrownBy(() -> Tokens.Hash.of(new byte[31]))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aLookUpAllocatesNothing() {
    byte[] token = bytes(keptToken());
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    int rounds = 20_000;
    for (int i = 0; i < rounds; i++) {
      tokens.find(token);
    }
    long before = threads.getCurrentThreadAllocatedBytes();

    for (int i = 0; i < rounds; i++) {
      tokens.find(token);
    }

    long bytes = threads.getCurrentThreadAllocatedBytes() - before;
    assertThat(bytes / rounds).isZero();
  }

  @Test
  void callersAtOnceFindEachTheirOwn() throws Exception {
    List<Callable<Boolean>> callers = new ArrayList<>();
    for (int caller = 0; caller < 64; caller++) {
      String token = tokens.create();
      tokens.put(Tokens.hash(token), token);
      callers.add(
          () -> {
            for (int i = 0; i < 500; i++) {
              if (!token.equals(find(token))) {
                return false;
              }
            }
            return true;
          });
    }

    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<Boolean> caller : threads.invokeAll(callers)) {
        assertThat(caller.get()).isTrue();
      }
    }
  }
}
