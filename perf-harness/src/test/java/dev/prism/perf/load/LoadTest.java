package dev.prism.perf.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.prism.grpc.Bytes;
import io.grpc.Attributes;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServerTransportFilter;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The load counts what goes wrong, whatever a server does. */
@Tag("conformance")
@Timeout(60)
class LoadTest {
  private static final String ECHO = "test.Echo/Echo";
  private static final String REFUSE = "test.Echo/Refuse";
  private static final String HANG = "test.Echo/Hang";
  private static final int ANSWER = 5 + RequestFrames.NUMBER.length();

  private final Semaphore hung = new Semaphore(0);
  private Server server;

  @AfterEach
  void stop() {
    if (server != null) {
      server.shutdownNow();
    }
  }

  @Test
  void everyCallOfAClosedLoopIsAnsweredOnceOnEachConnection() throws Exception {
    serve(NettyServerBuilder.forPort(0));

    Tally tally = run(ECHO, 3, 16, 3000, ANSWER);

    assertThat(tally.failures()).isEmpty();
    assertThat(tally.answered()).isEqualTo(3 * 3000);
    assertThat(tally.latencies().getTotalCount()).isEqualTo(3 * 3000);
    assertThat(tally.dataBytes()).isEqualTo(3L * 3000 * ANSWER);
  }

  @Test
  void aStatusOtherThanOkIsAFailure() throws Exception {
    serve(NettyServerBuilder.forPort(0));

    Tally tally = run(REFUSE, 2, 4, 50, ANSWER);

    assertThat(tally.failures()).isEqualTo(Map.of("grpc-status 10", 100L));
    assertThat(tally.answered()).isZero();
  }

  @Test
  void anUnknownMethodIsAFailure() throws Exception {
    serve(NettyServerBuilder.forPort(0));

    Tally tally = run("test.Echo/None", 1, 1, 7, ANSWER);

    assertThat(tally.failures()).isEqualTo(Map.of("grpc-status 12", 7L));
  }

  @Test
  void anAnswerThatIsTooShortIsAFailure() throws Exception {
    serve(NettyServerBuilder.forPort(0));

    Tally tally = run(ECHO, 1, 2, 10, ANSWER + 1);

    assertThat(tally.failures()).isEqualTo(Map.of("an answer that is too short", 10L));
  }

  @Test
  void aConnectionThatTheServerRetiresIsReplacedWithoutLosingACall() throws Exception {
    Semaphore connected = new Semaphore(0);
    serve(
        NettyServerBuilder.forPort(0)
            .maxConnectionAge(300, TimeUnit.MILLISECONDS)
            .maxConnectionAgeGrace(30, TimeUnit.SECONDS)
            .addTransportFilter(
                new ServerTransportFilter() {
                  @Override
                  public Attributes transportReady(Attributes attributes) {
                    connected.release();
                    return attributes;
                  }
                }));
    Tally tally;
    try (Load load = open(echo(1, 4, 0, Long.MAX_VALUE))) {
      load.start();
      load.measure(true);
      assertThat(connected.tryAcquire(4, 30, TimeUnit.SECONDS)).isTrue();

      tally = load.stop();
    }
    // The fourth may have been retired, too, by the time that the load ends.
    assertThat(tally.failures()).containsOnlyKeys("GOAWAY with error code 0");
    assertThat(tally.failures().get("GOAWAY with error code 0")).isGreaterThanOrEqualTo(3);
    assertThat(tally.answered()).isPositive();
  }

  @Test
  void callsThatAreNeverAnsweredAreCountedAtTheEnd() throws Exception {
    serve(NettyServerBuilder.forPort(0));
    Tally tally;
    try (Load load = open(plan(HANG, 2, 3, 0, Long.MAX_VALUE, ANSWER))) {
      load.start();
      assertThat(hung.tryAcquire(6, 30, TimeUnit.SECONDS)).isTrue();

      tally = load.stop();
    }
    assertThat(tally.failures()).isEqualTo(Map.of("unanswered at the end", 6L));
  }

  @Test
  void anOpenLoopMakesEachCallOnceAndNoneBeforeItIsDue() throws Exception {
    serve(NettyServerBuilder.forPort(0));
    Tally tally;
    long took;
    try (Load load = open(echo(4, 16, 1000, 125))) {
      load.measure(true);
      long begun = System.nanoTime();
      load.start();

      boolean unended = load.await(TimeUnit.SECONDS.toNanos(30));

      took = System.nanoTime() - begun;
      assertThat(unended).isFalse();
      tally = load.stop();
    }
    assertThat(tally.failures()).isEmpty();
    assertThat(tally.answered()).isEqualTo(500);
    assertThat(Duration.ofNanos(took)).isGreaterThanOrEqualTo(Duration.ofMillis(499));
  }

  @Test
  void anOpenLoopCountsHowLongCallsWaitThatNeverBegin() throws Exception {
    serve(NettyServerBuilder.forPort(0));
    Tally tally;
    try (Load load = open(plan(HANG, 1, 2, 1000, Long.MAX_VALUE, ANSWER))) {
      load.measure(true);
      load.start();
      assertThat(hung.tryAcquire(2, 30, TimeUnit.SECONDS)).isTrue();
      load.await(TimeUnit.SECONDS.toNanos(1));

      load.measure(false);

      tally = load.stop();
    }
    // The second call was due a millisecond after the first, and at least a second has passed
    // since.
    assertThat(tally.answered()).isZero();
    assertThat(tally.behind()).isGreaterThanOrEqualTo(998);
    assertThat(tally.latencies().getMaxValue()).isGreaterThanOrEqualTo(1_000_000_000);
    assertThat(tally.failures()).isEqualTo(Map.of("unanswered at the end", 2L));
  }

  @Test
  void aResetStreamIsAFailure() throws Exception {
    try (ScriptedPeer peer =
        new ScriptedPeer("00000403 00 00000001 00000008", "00000403 00 00000003 00000007")) {

      Tally tally = run(peer.address(), ECHO, 1, 1, 2, ANSWER);

      assertThat(tally.failures())
          .isEqualTo(
              Map.of("RST_STREAM with error code 8", 1L, "RST_STREAM with error code 7", 1L));
    }
  }

  @Test
  void callsThatAGoAwayDoesNotCoverHaveFailed() throws Exception {
    try (ScriptedPeer peer = new ScriptedPeer("00000807 00 00000000 00000000 00000002")) {
      Tally tally = run(peer.address(), ECHO, 1, 3, 3, ANSWER);

      assertThat(tally.failures())
          .isEqualTo(
              Map.of("GOAWAY with error code 2", 1L, "not taken: GOAWAY with error code 2", 3L));
    }
  }

  @Test
  void aWindowUpdateOfZeroEndsTheConnectionAndItsCalls() throws Exception {
    try (ScriptedPeer peer = new ScriptedPeer("00000408 00 00000000 00000000")) {
      Tally tally = run(peer.address(), ECHO, 1, 3, 3, ANSWER);

      assertThat(tally.failures())
          .isEqualTo(
              Map.of(
                  "connection lost: the server sent a WINDOW_UPDATE of 0", 1L,
                  "the call's connection was lost", 3L));
    }
  }

  @Test
  void aConnectionThatIsClosedFailsItsCalls() throws Exception {
    try (ScriptedPeer peer = new ScriptedPeer(ScriptedPeer.CLOSE)) {
      Tally tally = run(peer.address(), ECHO, 1, 3, 3, ANSWER);

      assertThat(tally.failures()).containsEntry("the call's connection was lost", 3L).hasSize(2);
    }
  }

  @Test
  void aServerThatIsNotThereIsSaidAtOnce() throws Exception {
    // A port that is taken, so that nobody else listens there, and does not listen.
    try (Socket taken = new Socket()) {
      taken.bind(new InetSocketAddress("127.0.0.1", 0));
      InetSocketAddress gone = new InetSocketAddress("127.0.0.1", taken.getLocalPort());

      assertThatThrownBy(() -> Load.open(gone, null, plan(ECHO, 1, 1, 0, 1, ANSWER)).close())
          .isInstanceOf(IOException.class);
    }
  }

  private Tally run(String method, int connections, int streams, long calls, int leastAnswer)
      throws Exception {
    return run(
        new InetSocketAddress("127.0.0.1", server.getPort()),
        method,
        connections,
        streams,
        calls,
        leastAnswer);
  }

  private static Tally run(
      InetSocketAddress address,
      String method,
      int connections,
      int streams,
      long calls,
      int leastAnswer)
      throws Exception {
    Plan plan = plan(method, connections, streams, 0, calls, leastAnswer);
    try (Load load = Load.open(address, null, plan)) {
      load.measure(true);
      load.start();
      load.await(TimeUnit.SECONDS.toNanos(30));
      return load.stop();
    }
  }

  private Load open(Plan plan) throws IOException {
    return Load.open(new InetSocketAddress("127.0.0.1", server.getPort()), null, plan);
  }

  private static Plan echo(int connections, int streams, double rate, long calls) {
    return plan(ECHO, connections, streams, rate, calls, ANSWER);
  }

  private static Plan plan(
      String method, int connections, int streams, double rate, long calls, int leastAnswer) {
    RequestFrames request =
        new RequestFrames(
            "http",
            "127.0.0.1",
            "/" + method,
            Map.of(),
            RequestFrames.NUMBER.getBytes(StandardCharsets.US_ASCII));
    return new Plan(
        connections,
        streams,
        rate,
        i -> {
          AtomicLong begun = new AtomicLong();
          return new Plan.Traffic(
              request,
              leastAnswer,
              () -> {
                long number = begun.getAndIncrement();
                return number < calls ? number : -1;
              });
        });
  }

  private void serve(NettyServerBuilder builder) throws IOException {
    server =
        builder
            .directExecutor()
            .addService(
                ServerServiceDefinition.builder("test.Echo")
                    .addMethod(
                        method(ECHO),
                        ServerCalls.asyncUnaryCall(
                            (byte[] request, StreamObserver<byte[]> out) -> {
                              out.onNext(request);
                              out.onCompleted();
                            }))
                    .addMethod(
                        method(REFUSE),
                        ServerCalls.asyncUnaryCall(
                            (byte[] request, StreamObserver<byte[]> out) ->
                                out.onError(Status.ABORTED.asException())))
                    .addMethod(
                        method(HANG),
                        ServerCalls.asyncUnaryCall(
                            (byte[] request, StreamObserver<byte[]> out) -> hung.release()))
                    .build())
            .build()
            .start();
  }

  private static MethodDescriptor<byte[], byte[]> method(String name) {
    return MethodDescriptor.<byte[], byte[]>newBuilder()
        .setType(MethodType.UNARY)
        .setFullMethodName(name)
        .setRequestMarshaller(Bytes.MARSHALLER)
        .setResponseMarshaller(Bytes.MARSHALLER)
        .build();
  }
}
