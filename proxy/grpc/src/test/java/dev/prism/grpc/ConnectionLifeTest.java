package dev.prism.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.grpc.RawPeer.Frame;
import dev.prism.grpc.engine.Limits;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How a connection begins, what keeps it, and how it ends (hazards 5 and 10). */
@Tag("conformance")
@Timeout(60)
class ConnectionLifeTest {
  private static final Duration SHORT = Duration.ofMillis(300);
  private static final int WINDOW = 65_535;

  /** Within the half second that Helidon gives connections to end. */
  private static final Duration TAKES_NOTHING = Duration.ofMillis(100);

  private static final List<HttpRoute> PAGES =
      List.of(new HttpRoute("/page", () -> new HttpRoute.Answer(200, "text/plain", "a page")));

  private final Answers answers = new Answers();
  private @Nullable GrpcHost host;
  private @Nullable RawPeer peer;

  @AfterEach
  void stop() throws IOException {
    answers.let.countDown();
    if (peer != null) {
      peer.close();
    }
    if (host != null) {
      host.close();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aPeerThatPausesAfterThePrefaceIsServed(boolean pages) throws Exception {
    // Given
    start(Limits.DEFAULT, pages);
    peer = RawPeer.silent(host);

    // When exactly the preface has come, and nothing else until it is answered
    peer.send(RawPeer.PREFACE);
    peer.next(RawPeer.SETTINGS);
    peer.send(
        RawPeer.settings(RawPeer.INITIAL_WINDOW_SIZE, WINDOW), RawPeer.call(1, Answers.SMALL));

    // Then
    assertThat(peer.end(1).text()).contains("grpc-status");
  }

  @Test
  void aPrefaceThatComesInPiecesIsStillHttp2sBesidePages() throws Exception {
    // Given
    start(Limits.DEFAULT, true);
    peer = RawPeer.silent(host);

    // When its bytes go out one by one, with time to be read apart
    for (byte b : RawPeer.PREFACE) {
      peer.send(new byte[] {b});
      LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
    }

    // Then
    peer.next(RawPeer.SETTINGS);
  }

  @ParameterizedTest
  @CsvSource({"0, false", "3, false", "23, false", "0, true", "3, true", "23, true"})
  void aPeerThatDoesNotSayWhatItIsIsCutOff(int bytes, boolean pages) throws Exception {
    // Given
    start(SomeLimits.preface(SHORT), pages);
    peer = RawPeer.silent(host);

    // When
    peer.send(Arrays.copyOf(RawPeer.PREFACE, bytes));

    // Then
    peer.ended();
  }

  @Test
  void aQuietPeerThatAnswersPingsIsKept() throws Exception {
    // Given
    start(SomeLimits.keepAlive(SHORT, SHORT), false);
    peer = RawPeer.connect(host, WINDOW);

    // When
    for (int i = 0; i < 5; i++) {
      Frame ping = peer.next(RawPeer.PING);
      peer.send(RawPeer.frame(RawPeer.PING, RawPeer.ACK, 0, ping.body()));
    }

    // Then
    peer.send(RawPeer.call(1, Answers.SMALL));
    assertThat(peer.end(1).text()).contains("grpc-status");
  }

  @Test
  void aPeerThatAnswersNoPingIsCutOffAndItsCallsAreCancelled() throws Exception {
    // Given
    start(SomeLimits.keepAlive(SHORT, SHORT), false);
    peer = RawPeer.connect(host, WINDOW);
    peer.send(RawPeer.call(1, Answers.WAIT));

    // When
    peer.next(RawPeer.PING);

    // Then
    peer.ended();
    assertThat(answers.cancelled.tryAcquire(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void aConnectionWithoutACallIsEnded() throws Exception {
    // Given
    start(SomeLimits.idle(SHORT), false);

    // When
    peer = RawPeer.connect(host, WINDOW);

    // Then
    goAwayWith(0);
    peer.ended();
  }

  @Test
  void aConnectionWithACallIsNotIdle() throws Exception {
    // Given a call that takes several times as long as a connection may idle
    start(SomeLimits.idle(SHORT), false);
    peer = RawPeer.connect(host, WINDOW);
    peer.send(RawPeer.call(1, Answers.WAIT));

    // When
    boolean ended = answers.cancelled.tryAcquire(2, TimeUnit.SECONDS);
    answers.let.countDown();

    // Then what comes first is its answer
    assertThat(ended).isFalse();
    Frame frame = peer.next();
    while (!frame.ends()) {
      assertThat(frame.type()).isNotEqualTo(RawPeer.GOAWAY);
      frame = peer.next();
    }
  }

  @Test
  void anOldConnectionEndsInTwoPhasesWhenItsCallsHave() throws Exception {
    // Given a connection with a call
    start(SomeLimits.age(SHORT, Limits.DEFAULT.keepAliveTimeout()), false);
    peer = RawPeer.connect(host, WINDOW);
    peer.send(RawPeer.call(1, Answers.WAIT));

    // When its time has come
    Frame first = peer.next(RawPeer.GOAWAY);
    Frame ping = peer.next(RawPeer.PING);

    // Then what was under way is served, what comes after the second GOAWAY is not
    assertThat(first.last()).isEqualTo(Integer.MAX_VALUE);
    assertThat(first.code()).isEqualTo(RawPeer.NO_ERROR);
    peer.send(RawPeer.call(3, Answers.SMALL));
    assertThat(peer.end(3).text()).contains("grpc-status");
    peer.send(RawPeer.frame(RawPeer.PING, RawPeer.ACK, 0, ping.body()));
    Frame second = peer.next(RawPeer.GOAWAY);
    assertThat(second.last()).isEqualTo(3);
    assertThat(second.code()).isEqualTo(RawPeer.NO_ERROR);
    peer.send(RawPeer.call(5, Answers.SMALL));
    assertThat(peer.end(5).code()).isEqualTo(RawPeer.REFUSED_STREAM);
    answers.let.countDown();
    assertThat(peer.end(1).text()).contains("grpc-status");
    peer.ended();
  }

  @Test
  void aPeerThatIgnoresTheEndIsCutOff() throws Exception {
    // Given
    start(SomeLimits.age(SHORT, SHORT), false);
    peer = RawPeer.connect(host, WINDOW);
    peer.send(RawPeer.call(1, Answers.WAIT));

    // When
    peer.next(RawPeer.GOAWAY);

    // Then
    peer.ended();
    assertThat(answers.cancelled.tryAcquire(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void aServerThatEndsLetsWhatIsBeingWrittenBeWritten() throws Exception {
    // Given a connection without a call, whose peer has not taken yet what was written for one
    start(Limits.DEFAULT, false);
    peer = RawPeer.connect(host, RawPeer.LARGEST_WINDOW);
    peer.send(
        RawPeer.windowUpdate(0, RawPeer.LARGEST_WINDOW - WINDOW), RawPeer.call(1, Answers.ENDLESS));
    answers.begun.acquire();
    answers.awaitStillness();
    peer.send(RawPeer.reset(1));
    while (host.loads().get("test").streams() > 0) {
      Thread.onSpinWait();
    }

    // When
    Thread ending = Thread.ofPlatform().start(host::close);
    ending.join(TAKES_NOTHING);

    // Then
    assertThat(peer.next(RawPeer.GOAWAY).code()).isEqualTo(RawPeer.NO_ERROR);
    ending.join();
  }

  /** Expects to be sent away, and answers. */
  private void goAwayWith(int last) throws IOException {
    assertThat(peer.next(RawPeer.GOAWAY).last()).isEqualTo(Integer.MAX_VALUE);
    Frame ping = peer.next(RawPeer.PING);
    peer.send(RawPeer.frame(RawPeer.PING, RawPeer.ACK, 0, ping.body()));
    assertThat(peer.next(RawPeer.GOAWAY).last()).isEqualTo(last);
  }

  private void start(Limits limits, boolean pages) throws IOException {
    host = RawPeer.host(limits, pages ? PAGES : List.of(), answers.service());
  }
}
