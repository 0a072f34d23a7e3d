package dev.prism.proxy.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.prism.config.v1.BackendType;
import dev.prism.config.v1.ClientConfig;
import dev.prism.config.v1.ConfigSource;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import dev.prism.type.v1.AccessPattern;
import dev.prism.type.v1.ConsistencyLevel;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SessionTest {
  private static final AccessPattern KV = AccessPattern.ACCESS_PATTERN_KEYVALUE;
  private static final AccessPattern QUEUE = AccessPattern.ACCESS_PATTERN_QUEUE;

  @Test
  void aCallUsesTheOneConfigWhosePatternFits() {
    Session session = session(config("a", KV), config("q", QUEUE));

    assertThat(session.select(KV, null).name()).isEqualTo("a");
    assertThat(session.select(QUEUE, null).name()).isEqualTo("q");
  }

  @Test
  void aConfigCanBeNamed() {
    Session session = session(config("a", KV), config("b", KV));

    assertThat(session.select(KV, "b").name()).isEqualTo("b");
  }

  @Test
  void severalThatFitNeedAName() {
    Session session = session(config("a", KV), config("b", KV), config("c", KV));

    assertThat(refusal(session, KV, null)).isEqualTo(Reason.CONFIG_AMBIGUOUS);
  }

  @Test
  void aNameThatTheSessionDoesNotHoldIsNotFound() {
    assertThat(refusal(session(config("a", KV)), KV, "b")).isEqualTo(Reason.CONFIG_NOT_FOUND);
  }

  @Test
  void aConfigOfAnotherInterfaceIsAMismatch() {
    Session session = session(config("a", KV));

    assertThat(refusal(session, QUEUE, null)).isEqualTo(Reason.PATTERN_MISMATCH);
    assertThat(refusal(session, QUEUE, "a")).isEqualTo(Reason.PATTERN_MISMATCH);
  }

  @Test
  void aStreamLearnsOfTheEndOnceAndOnlyWhileItIsOpen() {
    Session session = session(config("a", KV));
    List<String> told = new ArrayList<>();
    session.onEnd(() -> told.add("open"));
    session.onEnd(() -> told.add("closed")).close();

    boolean first = session.end(Session.End.TERMINATED);
    boolean second = session.end(Session.End.IDLE);
    session.onEnd(() -> told.add("late"));

    assertThat(first).isTrue();
    assertThat(second).isFalse();
    assertThat(session.ended()).isEqualTo(Session.End.TERMINATED);
    assertThat(told).containsExactly("open", "late");
  }

  @Test
  void whatIsAttachedIsMadeOnce() {
    Session session = session(config("a", KV));

    StringBuilder one = session.attachment(StringBuilder.class, _ -> new StringBuilder("one"));
    StringBuilder two = session.attachment(StringBuilder.class, _ -> new StringBuilder("two"));

    assertThat(two).isSameAs(one);
  }

  private static Reason refusal(Session session, AccessPattern pattern, String name) {
    return catchThrowableOfType(PrismException.class, () -> session.select(pattern, name)).reason();
  }

  static Session session(BoundConfig... configs) {
    Session.Details details =
        new Session.Details(
            "s1",
            "anonymous",
            "",
            "default",
            List.of(configs),
            Instant.EPOCH,
            Instant.EPOCH.plusSeconds(60),
            "",
            "",
            Map.of(),
            "");
    return new Session(details, () -> 0, 60_000_000_000L);
  }

  static BoundConfig config(String name, AccessPattern pattern) {
    return BoundConfig.of(
        ClientConfig.newBuilder().setName(name).setPattern(pattern).build(),
        ConfigSource.CONFIG_SOURCE_REGISTERED,
        "default",
        "memory",
        BackendType.BACKEND_TYPE_MEMORY,
        List.of("TTL"),
        ConsistencyLevel.CONSISTENCY_LEVEL_STRONG);
  }
}
