package dev.prism.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.grpc.engine.Limits;
import io.grpc.CallOptions;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Peers that ask for more than they take, and those that only look so (hazard 2). */
@Tag("conformance")
@Timeout(60)
class FloodTest {
  private final Answers answers = new Answers();
  private @Nullable GrpcHost host;
  private @Nullable RawPeer peer;

  @BeforeEach
  void start() throws IOException {
    host = RawPeer.host(Limits.DEFAULT, List.of(), answers.service());
    peer = RawPeer.connect(host, RawPeer.LARGEST_WINDOW);
  }

  @AfterEach
  void stop() throws IOException {
    answers.let.countDown();
    peer.close();
    host.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "grpc-timeout 10S"})
  void streamsResetAsSoonAsTheyBeginEndTheConnection(String timeout) throws Exception {
    String[] headers = timeout.isEmpty() ? new String[0] : timeout.split(" ", 2);
    ByteArrayOutputStream flood = new ByteArrayOutputStream();
    for (int stream = 1; stream < 20_000; stream += 2) {
      flood.writeBytes(RawPeer.call(stream, Answers.WAIT, headers));
      flood.writeBytes(RawPeer.reset(stream));
    }

    peer.send(flood.toByteArray());

    assertCalmed();
  }

  @Test
  void aHeaderBlockWithoutEndEndsTheConnection() throws Exception {
    peer.send(
        RawPeer.frame(RawPeer.HEADERS, RawPeer.END_STREAM, 1, RawPeer.block(Answers.SMALL)),
        repeated(100, RawPeer.frame(RawPeer.CONTINUATION, 0, 1)));

    assertCalmed();
  }

  @Test
  void aFloodOfSettingsEndsTheConnectionThoughItsAnswersAreTaken() throws Exception {
    flood(RawPeer.frame(RawPeer.SETTINGS, 0, 0));
  }

  @Test
  void aFloodOfPingsEndsTheConnectionThoughItsAnswersAreTaken() throws Exception {
    flood(RawPeer.frame(RawPeer.PING, 0, 0, new byte[8]));
  }

  @Test
  void aPeerIsToldWhyItIsCutOffThoughItReadsLate() throws Exception {
    peer.send(repeated(15_000, RawPeer.frame(RawPeer.PING, 0, 0, new byte[8])));

    assertCalmed();
  }

  @Test
  void aFloodOfEmptyDataEndsTheConnection() throws Exception {
    peer.send(
        RawPeer.opening(1, Answers.SMALL), repeated(15_000, RawPeer.frame(RawPeer.DATA, 0, 1)));

    assertCalmed();
  }

  @Test
  void aPeerThatTakesNothingIsStillReadAndOthersAreServed() throws Exception {
    // Given a connection whose socket is full
    fillSocket();

    // When its answers cannot be written, and it gives its call up
    peer.send(repeated(1_000, RawPeer.frame(RawPeer.PING, 0, 0, new byte[8])), RawPeer.reset(1));

    // Then
    assertThat(answers.cancelled.tryAcquire(10, TimeUnit.SECONDS)).as("the call's end").isTrue();
    assertOthersAreServed();
  }

  @Test
  void aPeerThatAsksForMoreThanItTakesIsCutOffAndOthersAreServed() throws Exception {
    // Given a connection whose socket is full
    fillSocket();

    // When more answers are asked for than wait, and fewer than make a flood
    peer.send(repeated(6_000, RawPeer.frame(RawPeer.PING, 0, 0, new byte[8])));

    // Then it ends long before it counts as stalled
    assertOthersAreServed();
    assertThat(answers.cancelled.tryAcquire(10, TimeUnit.SECONDS)).as("the call's end").isTrue();
    assertOthersAreServed();
  }

  @Test
  void resetsForDeadlinesAreNoFloodThoughOurClockBeganLater() throws Exception {
    // Given a connection that may have 200 streams, and reset 1 000 at once
    try (GrpcHost small = RawPeer.host(SomeLimits.streams(200), List.of(), answers.service());
        RawPeer client = RawPeer.connect(small, RawPeer.LARGEST_WINDOW)) {
      // When it gives up 4 000 whose time is nearly over
      int stream = 1;
      for (int round = 0; round < 20; round++) {
        int first = stream;
        for (; stream < first + 400; stream += 2) {
          client.send(RawPeer.call(stream, Answers.WAIT, "grpc-timeout", "100m"));
        }
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(60)); // their time passes
        for (int each = first; each < stream; each += 2) {
          client.send(RawPeer.reset(each));
        }
        client.send(RawPeer.frame(RawPeer.PING, 0, 0, new byte[8]));
        client.next(RawPeer.PING); // all of it has been read
      }

      // Then
      client.send(RawPeer.call(stream, Answers.SMALL));
      assertThat(client.end(stream).text()).contains("grpc-status");
    }
  }

  @Test
  void aThousandDeadlinesThatPassAtOnceCostNothing() throws Exception {
    // Given more of them than streams that may be reset
    try (Wire wire = Wire.start(Implementation.PRISM, FloodTest::silent)) {
      // When
      for (int round = 0; round < 20; round++) {
        List<Wire.Call> calls = new ArrayList<>();
        CallOptions soon = CallOptions.DEFAULT.withDeadlineAfter(100, TimeUnit.MILLISECONDS);
        for (int i = 0; i < 1_000; i++) {
          Wire.Call call = wire.call(Wire.UNARY, soon, new Metadata());
          call.client.sendMessage(new byte[0]);
          call.client.halfClose();
          calls.add(call);
        }
        for (Wire.Call call : calls) {
          assertThat(call.ended().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        }
      }

      // Then
      wire.lives();
    }
  }

  /** A call that is never answered. */
  private static ServerCall.Listener<byte[]> silent(
      ServerCall<byte[], byte[]> call, Metadata headers) {
    return new ServerCall.Listener<>() {};
  }

  private void fillSocket() throws Exception {
    peer.send(
        RawPeer.windowUpdate(0, RawPeer.LARGEST_WINDOW - 65_535), RawPeer.call(1, Answers.ENDLESS));
    assertThat(answers.begun.tryAcquire(10, TimeUnit.SECONDS)).isTrue();
    answers.awaitStillness();
  }

  private void assertOthersAreServed() throws IOException {
    try (RawPeer other = RawPeer.connect(host, RawPeer.LARGEST_WINDOW)) {
      other.send(RawPeer.call(1, Answers.SMALL));
      assertThat(other.end(1).text()).contains("grpc-status");
    }
  }

  /** Sends a frame and takes its answer, hundreds at a time, until there is an end to it. */
  private void flood(byte[] frame) throws IOException {
    for (int i = 0; i < 1_000; i++) {
      peer.send(repeated(100, frame));
      for (int answer = 0; answer < 100; answer++) {
        RawPeer.Frame taken = peer.next();
        if (taken == null || taken.is(RawPeer.GOAWAY)) {
          assertThat(taken).as("GOAWAY").isNotNull();
          assertThat(taken.code()).isEqualTo(RawPeer.ENHANCE_YOUR_CALM);
          assertOthersAreServed();
          return;
        }
      }
    }
    throw new AssertionError("nothing stops a flood");
  }

  private void assertCalmed() throws IOException {
    assertThat(peer.next(RawPeer.GOAWAY).code()).isEqualTo(RawPeer.ENHANCE_YOUR_CALM);
    peer.ended();
    assertOthersAreServed();
  }

  private static byte[] repeated(int times, byte[] frame) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (int i = 0; i < times; i++) {
      all.writeBytes(frame);
    }
    return all.toByteArray();
  }
}
