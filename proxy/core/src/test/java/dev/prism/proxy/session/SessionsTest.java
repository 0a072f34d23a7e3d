package dev.prism.proxy.session;

import static dev.prism.proxy.session.SessionTest.config;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.prism.control.v1.SessionRecord;
import dev.prism.proxy.auth.Principal;
import dev.prism.proxy.config.ServerConfig;
import dev.prism.proxy.session.Session.End;
import dev.prism.proxy.store.ControlStore;
import dev.prism.proxy.store.ControlStore.Kind;
import dev.prism.proxy.testing.FakeTime;
import dev.prism.proxy.testing.InProcessPlugins;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import dev.prism.type.v1.AccessPattern;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullAndEmptySource;
import org.slf4j.LoggerFactory;

class SessionsTest {
  private static final Duration IDLE = Duration.ofMinutes(5);
  private static final Duration LIFETIME = Duration.ofHours(1);

  private final InProcessPlugins plugins = new InProcessPlugins("control");
  private final ControlStore store =
      new ControlStore(plugins.get("control"), Duration.ofMillis(500));
  private final FakeTime time = new FakeTime();
  private Sessions sessions = sessions();

  @AfterEach
  void close() {
    sessions.close();
    plugins.close();
  }

  @Test
  void aTokenFindsItsSession() {
    Sessions.Opened opened = open();

    assertThat(authenticate(opened.token())).isSameAs(opened.session());
    assertThat(sessions.get(opened.session().id())).isSameAs(opened.session());
    assertThat(sessions.count()).isOne();
  }

  @ParameterizedTest
  @NullAndEmptySource
  void aCallWithoutATokenHasNoSession(String token) {
    assertThat(refusal(token)).isEqualTo(Reason.SESSION_MISSING);
  }

  @Test
  void aForeignTokenIsRefused() {
    open();

    assertThat(refusal("garbage")).isEqualTo(Reason.SESSION_INVALID);
    assertThat(refusal("A".repeat(43))).isEqualTo(Reason.SESSION_INVALID);
    assertThat(refusal("A".repeat(1_000_000))).isEqualTo(Reason.SESSION_INVALID);
  }

  @Test
  void aSessionEndsWhenItWasIdleForItsTimeout() {
    Sessions.Opened opened = open();
    time.advance(IDLE.minusNanos(1));
    authenticate(opened.token());
    time.advance(IDLE.minusNanos(1));
    authenticate(opened.token());

    time.advance(IDLE);

    assertThat(refusal(opened.token())).isEqualTo(Reason.SESSION_EXPIRED);
    assertThat(opened.session().ended()).isEqualTo(End.IDLE);
    assertThat(sessions.count()).isZero();
  }

  @Test
  void aSessionEndsWithItsLifetimeWhateverItDoes() {
    Sessions.Opened opened = open();
    for (Duration used = Duration.ZERO;
        used.compareTo(LIFETIME.minusMinutes(1)) < 0;
        used = used.plusMinutes(1)) {
      authenticate(opened.token());
      time.advance(Duration.ofMinutes(1));
    }
    authenticate(opened.token());

    time.advance(Duration.ofMinutes(1));

    assertThat(refusal(opened.token())).isEqualTo(Reason.SESSION_EXPIRED);
    assertThat(opened.session().ended()).isEqualTo(End.EXPIRED);
  }

  @Test
  void aSessionEndsWithTheCredentialThatOpenedIt() {
    Principal brief =
        new Principal("key:brief", "k1", Set.of("*"), time.instant().plus(Duration.ofMinutes(2)));

    Sessions.Opened opened = sessions.open(brief, opening());

    assertThat(opened.session().details().expiresAt()).isEqualTo(brief.expiresAt());
    time.advance(Duration.ofMinutes(2));
    assertThat(refusal(opened.token())).isEqualTo(Reason.SESSION_EXPIRED);
  }

  @Test
  void theTimerEndsWhatNobodyUsesAndTellsItsStreamsAndListeners() {
    Sessions.Opened opened = open();
    List<String> told = new ArrayList<>();
    sessions.onEnd(session -> told.add(session.id()));

    time.advance(IDLE);
    sessions.sweep();

    assertThat(told).containsExactly(opened.session().id());
    assertThat(sessions.list()).isEmpty();
  }

  @Test
  void anOpenStreamKeepsItsSession() {
    Sessions.Opened opened = open();
    Session.EndListener stream = opened.session().onEnd(() -> {});
    time.advance(IDLE.multipliedBy(2));
    sessions.sweep();
    assertThat(authenticate(opened.token())).isNotNull();

    stream.close();
    time.advance(IDLE);
    sessions.sweep();

    assertThat(opened.session().ended()).isEqualTo(End.IDLE);
  }

  @Test
  void aStreamCountsAsAUseToItsEnd() {
    // Given a stream that nobody looked at while it was open
    Sessions.Opened opened = open();
    sessions.sweep();
    Session.EndListener stream = opened.session().onEnd(() -> {});
    time.advance(IDLE.minusNanos(2));
    stream.close();
    time.advance(IDLE.minusNanos(1));
    sessions.sweep();
    assertThat(opened.session().ended()).isNull();
    assertThat(sessions.idleExpiresAt(opened.session())).isEqualTo(time.instant().plusNanos(1));

    // When
    time.advance(Duration.ofNanos(1));
    sessions.sweep();

    // Then
    assertThat(opened.session().ended()).isEqualTo(End.IDLE);
  }

  @Test
  void nobodyLooksAtSessionsBeforeOneOfThemCanBeOver() {
    List<Sessions.Opened> opened = List.of(open(), open());
    assertThat(sessions.sweep()).isEqualTo(2);
    time.advance(IDLE.minusNanos(1));
    assertThat(sessions.sweep()).isZero();

    time.advance(Duration.ofNanos(1));

    assertThat(sessions.sweep()).isEqualTo(2);
    assertThat(opened).allMatch(each -> each.session().ended() == End.IDLE);
  }

  @Test
  void aSessionThatEndsBeforeAllOthersIsEndedInTime() {
    // Given sessions that need no look for a while
    Sessions.Opened other = open();
    sessions.sweep();
    Principal brief =
        new Principal("key:brief", "k1", Set.of("*"), time.instant().plus(Duration.ofMinutes(2)));
    Sessions.Opened opened = sessions.open(brief, opening());

    // When
    time.advance(Duration.ofMinutes(2));
    sessions.sweep();

    // Then
    assertThat(opened.session().ended()).isEqualTo(End.EXPIRED);
    assertThat(other.session().ended()).isNull();
  }

  @Test
  void aStreamDoesNotOutliveTheLifetimeOfItsSession() {
    Sessions.Opened opened = open();
    List<String> told = new ArrayList<>();
    opened.session().onEnd(() -> told.add("ended"));

    time.advance(LIFETIME);
    sessions.sweep();

    assertThat(told).containsExactly("ended");
  }

  @Test
  void oneMoreThanTheLimitIsRefusedUntilOneEnds() {
    List<Sessions.Opened> opened = List.of(open(), open(), open());

    assertThat(catchThrowableOfType(PrismException.class, this::open).reason())
        .isEqualTo(Reason.SESSION_LIMIT);

    sessions.endNow(opened.getFirst().session(), End.CLOSED);
    assertThat(open()).isNotNull();
  }

  @Test
  void aSessionOutlivesTheProxyWithAllThatItIs() {
    Sessions.Opened opened = open();

    restart();

    Session session = authenticate(opened.token());
    assertThat(session).isNotSameAs(opened.session());
    assertThat(session.details()).isEqualTo(opened.session().details());
  }

  @Test
  void theLifetimeGoesOnWhileTheProxyIsDownAndIdleTimeDoesNot() {
    Sessions.Opened opened = open();
    time.advance(IDLE.multipliedBy(2));
    restart();
    assertThat(authenticate(opened.token())).isNotNull();

    time.advance(LIFETIME);
    restart();

    assertThat(refusal(opened.token())).isEqualTo(Reason.SESSION_EXPIRED);
  }

  @Test
  void aSessionThatEndedDoesNotComeBack() {
    Sessions.Opened opened = open();
    sessions.endNow(opened.session(), End.CLOSED);
    assertThat(refusal(opened.token())).isEqualTo(Reason.SESSION_EXPIRED);

    restart();

    assertThat(refusal(opened.token())).isEqualTo(Reason.SESSION_INVALID);
    assertThat(records()).isEmpty();
  }

  @Test
  void aSessionThatIsNoLongerAllowedEndsAtTheStart() {
    Sessions.Opened opened = open();
    sessions.close();
    sessions = sessions();

    sessions.load(_ -> false);

    assertThat(refusal(opened.token())).isEqualTo(Reason.SESSION_EXPIRED);
    assertThat(sessions.count()).isZero();
  }

  @Test
  void nothingIsAnsweredBeforeTheStoreHasIt() {
    plugins.get("control").kill();

    assertThat(catchThrowableOfType(PrismException.class, this::open).reason())
        .isEqualTo(Reason.PLUGIN_UNAVAILABLE);

    assertThat(sessions.count()).isZero();
    assertThat(sessions.list()).isEmpty();
  }

  @Test
  void aSessionEndsThoughTheStoreIsAwayAndIsForgottenWhenItIsBack() throws Exception {
    Sessions.Opened opened = open();
    plugins.get("control").kill();

    assertThatThrownBy(() -> sessions.endNow(opened.session(), End.TERMINATED))
        .isInstanceOf(PrismException.class);
    assertThat(refusal(opened.token())).isEqualTo(Reason.SESSION_EXPIRED);

    plugins.get("control").restart();
    assertThat(records()).hasSize(1);
    sessions.sweep();
    await(() -> records().isEmpty());
  }

  @Test
  void theTokenIsKeptNowhere() {
    Sessions.Opened opened = open();

    SessionRecord record = records().getFirst().value();

    assertThat(record.toString()).doesNotContain(opened.token());
    assertThat(record.getTokenHash().size()).isEqualTo(32);
    assertThat(opened.toString()).doesNotContain(opened.token());
  }

  @Test
  void everyEventIsAuditedWithoutSecrets() {
    Logger audit = (Logger) LoggerFactory.getLogger("audit");
    ListAppender<ILoggingEvent> lines = new ListAppender<>();
    lines.start();
    audit.addAppender(lines);
    try {
      Sessions.Opened opened = open();
      sessions.endNow(opened.session(), End.CLOSED);

      assertThat(lines.list)
          .extracting(ILoggingEvent::getMessage)
          .containsExactly("session created", "session ended");
      assertThat(lines.list)
          .allSatisfy(
              line ->
                  assertThat(line.getKeyValuePairs().toString())
                      .contains(opened.session().id(), "anonymous", "default", "success")
                      .doesNotContain(opened.token()));
    } finally {
      audit.detachAppender(lines);
    }
  }

  @Test
  void allSessionsOfACredentialEndWithIt() {
    Principal key = new Principal("key:a", "k1", Set.of("*"), null);
    Sessions.Opened one = sessions.open(key, opening());
    Sessions.Opened two = sessions.open(key, opening());
    Sessions.Opened other = open();

    int ended = sessions.endAll("k1", End.REVOKED);

    assertThat(ended).isEqualTo(2);
    assertThat(one.session().ended()).isEqualTo(End.REVOKED);
    assertThat(two.session().ended()).isEqualTo(End.REVOKED);
    assertThat(sessions.list()).containsExactly(other.session());
    assertThat(records()).hasSize(1);
  }

  @Test
  void terminatingTellsWhetherThereWasOne() {
    Sessions.Opened opened = open();

    assertThat(sessions.terminate(opened.session().id())).isTrue();
    assertThat(sessions.terminate(opened.session().id())).isFalse();
    assertThat(refusal(opened.token())).isEqualTo(Reason.SESSION_EXPIRED);
  }

  @Test
  void aHeldConfigIsInUse() {
    open();

    assertThat(sessions.holds("default", "kv")).isTrue();
    assertThat(sessions.holds("default", "other")).isFalse();
    assertThat(sessions.holds("other", "kv")).isFalse();
  }

  @Test
  void thoseThatEndedAreForgottenInTheEnd() {
    Sessions.Opened opened = open();
    sessions.endNow(opened.session(), End.CLOSED);

    time.advance(Duration.ofNanos(EndedSessions.REMEMBERED_NANOS).plusNanos(1));
    sessions.sweep();

    assertThat(refusal(opened.token())).isEqualTo(Reason.SESSION_INVALID);
  }

  @Test
  void timesAreToldToClients() {
    Sessions.Opened opened = open();
    time.advance(Duration.ofMinutes(1));

    sessions.heartbeat(opened.session());

    assertThat(sessions.lastActiveAt(opened.session())).isEqualTo(time.instant());
    assertThat(sessions.idleExpiresAt(opened.session())).isEqualTo(time.instant().plus(IDLE));
    assertThat(sessions.heartbeatInterval()).isEqualTo(IDLE.dividedBy(3));
  }

  private Sessions sessions() {
    return new Sessions(new ServerConfig.Sessions(IDLE, LIFETIME, 3), store, time, time);
  }

  private void restart() {
    sessions.close();
    sessions = sessions();
    sessions.load(_ -> true);
  }

  private Sessions.Opened open() {
    return sessions.open(Principal.ANONYMOUS, opening());
  }

  private static Sessions.Opening opening() {
    return new Sessions.Opening(
        "default",
        List.of(config("kv", AccessPattern.ACCESS_PATTERN_KEYVALUE)),
        "client",
        "1.0",
        Map.of("team", "a"),
        "127.0.0.1:1");
  }

  private Reason refusal(String token) {
    return catchThrowableOfType(PrismException.class, () -> authenticate(token)).reason();
  }

  private Session authenticate(@Nullable String token) {
    return sessions.authenticate(token == null ? null : token.getBytes(StandardCharsets.US_ASCII));
  }

  private List<ControlStore.Entry<SessionRecord>> records() {
    return store.list(Kind.SESSIONS, SessionRecord.parser());
  }

  private static void await(java.util.function.BooleanSupplier condition) throws Exception {
    long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      Thread.onSpinWait();
    }
  }
}
