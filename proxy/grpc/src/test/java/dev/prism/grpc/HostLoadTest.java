package dev.prism.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.grpc.GrpcHost.Load;
import dev.prism.grpc.engine.Limits;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerServiceDefinition;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a host says of its connections, its streams and its answers' way to the socket. */
@Tag("conformance")
@Timeout(60)
class HostLoadTest {
  private static final int WINDOW = 65_535;
  private static final Load NOTHING = new Load(0, 0, 0);

  private final Answers answers = new Answers();
  private final BlockingQueue<Long> answered = new LinkedBlockingQueue<>();
  private final BlockingQueue<Long> written = new LinkedBlockingQueue<>();
  private @Nullable GrpcHost host;

  @AfterEach
  void stop() {
    answers.let.countDown();
    if (host != null) {
      host.close();
    }
  }

  @Test
  void connectionsAndStreamsAreCountedUntilTheyEnd() throws Exception {
    // Given
    start();
    try (RawPeer one = RawPeer.connect(host, WINDOW);
        RawPeer two = RawPeer.connect(host, WINDOW)) {
      one.send(RawPeer.call(1, Answers.WAIT), RawPeer.call(3, Answers.WAIT));
      two.send(RawPeer.call(1, Answers.WAIT));
      answers.begun.acquire(3);
      Load during = load();

      // When
      answers.let.countDown();

      // Then
      assertThat(during).isEqualTo(new Load(2, 3, 0));
      one.end(1);
      one.end(3);
      two.end(1);
      await(load -> load.equals(new Load(2, 0, 0)));
    }
    await(NOTHING::equals);
  }

  @Test
  void aCallWhoseServiceDoesNotReturnIsCountedWhenItsConnectionIsGone() throws Exception {
    // Given
    start();
    RawPeer peer = RawPeer.connect(host, WINDOW);
    peer.send(RawPeer.call(1, "/test.Deaf/Wait"));
    answers.begun.acquire();

    // When
    peer.close();

    // Then
    await(load -> load.equals(new Load(0, 1, 0)));
    answers.let.countDown();
    await(NOTHING::equals);
  }

  @Test
  void bytesThatNobodyTakesAreCountedUntilTheirConnectionEnds() throws Exception {
    // Given
    start();
    try (RawPeer peer = RawPeer.connect(host, 0)) {
      // When
      peer.send(RawPeer.call(1, Answers.LARGE));

      // Then
      await(load -> load.outputBytes() > Answers.LARGE_BYTES);
    }
    await(NOTHING::equals);
  }

  @Test
  void whatAnAnswerTakesToTheSocketIsToldWhenItIsWritten() throws Exception {
    // Given an answer whose client has no room for it
    start();
    try (RawPeer peer = RawPeer.connect(host, 0)) {
      peer.send(RawPeer.call(1, "/test.Timed/Call"));
      long from = Wire.taken(answered, "an answer");
      await(load -> load.outputBytes() > 0);
      long waited = System.nanoTime() - from;

      // When
      peer.send(RawPeer.windowUpdate(1, WINDOW));

      // Then
      assertThat(Wire.taken(written, "the end of its way"))
          .isBetween(waited, System.nanoTime() - from);
    }
  }

  @Test
  void nothingIsToldOfAnAnswerThatItsClientDoesNotWant() throws Exception {
    // Given
    start();
    try (RawPeer peer = RawPeer.connect(host, 0)) {
      peer.send(RawPeer.call(1, "/test.Timed/Call"));
      Wire.taken(answered, "an answer");
      await(load -> load.outputBytes() > 0);

      // When
      peer.send(
          RawPeer.reset(1), RawPeer.call(3, "/test.Timed/Call"), RawPeer.windowUpdate(3, WINDOW));

      // Then only the second is
      peer.end(3);
      Wire.taken(written, "the end of its way");
      await(load -> load.equals(new Load(1, 0, 0)));
      assertThat(written).isEmpty();
    }
  }

  private void start() throws IOException {
    host =
        GrpcHost.start(
            new GrpcHost.Settings(
                Engine.PRISM,
                Implementation.MAX_MESSAGE,
                Implementation.FAILURES,
                Limits.DEFAULT,
                written::add),
            List.of(
                new GrpcHost.Socket(
                    "test",
                    Implementation.LOOPBACK,
                    0,
                    List.of(answers.service(), timed(), deaf()),
                    List.of(),
                    null)));
    assertThat(load()).isEqualTo(NOTHING);
  }

  private ServerServiceDefinition timed() {
    return ServerServiceDefinition.builder("test.Timed")
        .addMethod(
            Wire.method("test.Timed/Call", MethodType.UNARY),
            (call, headers) -> {
              long now = System.nanoTime() | 1;
              ((TimedCall) call).answeredAt(now);
              answered.add(now);
              Wire.answer(call, new byte[Answers.SMALL_BYTES]);
              return new ServerCall.Listener<>() {};
            })
        .build();
  }

  /** A service that no cancellation wakes. */
  private ServerServiceDefinition deaf() {
    return ServerServiceDefinition.builder("test.Deaf")
        .addMethod(
            Wire.method("test.Deaf/Wait", MethodType.UNARY),
            (call, headers) -> {
              answers.begun.release();
              while (answers.let.getCount() > 0) {
                Thread.onSpinWait();
              }
              return new ServerCall.Listener<>() {};
            })
        .build();
  }

  private Load load() {
    return host.loads().get("test");
  }

  /** What is counted follows what a client sees; the test's time limit ends a wait for nothing. */
  private void await(Predicate<Load> wanted) {
    while (!wanted.test(load())) {
      Thread.onSpinWait();
    }
  }
}
