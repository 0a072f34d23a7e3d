package dev.prism.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.prism.grpc.RawPeer.Frame;
import dev.prism.grpc.engine.Limits;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What goes out, in which order, and how much waits for it (hazards 1, 3 and 6 to 8). */
@Tag("conformance")
@Timeout(60)
class WritingTest {
  private static final int DEFAULT_WINDOW = 65_535;

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

  @Test
  void theConnectionsFirstBlockSetsTheTableToNothingAndNoLaterOneDoes() throws Exception {
    // Given
    connect(Limits.DEFAULT, DEFAULT_WINDOW);

    // When
    List<Frame> blocks = new ArrayList<>();
    for (int stream = 1; stream < 9; stream += 2) {
      peer.send(RawPeer.call(stream, Answers.SMALL));
      Frame head = peer.next(RawPeer.HEADERS, stream);
      blocks.add(head);
      blocks.add(peer.end(stream));
    }

    // Then
    assertThat(blocks.getFirst().body()[0]).isEqualTo((byte) 0x20);
    assertThat(blocks.subList(1, blocks.size())).noneMatch(each -> each.body()[0] == 0x20);
  }

  @Test
  void whatAConnectionsPeerDoesNotTakeIsBounded() throws Exception {
    // Given a peer that takes nothing, and calls that would each have 64 KiB wait
    connect(SomeLimits.queued(1 << 20), 0);

    // When
    for (int stream = 1; stream < 200; stream += 2) {
      peer.send(RawPeer.call(stream, Answers.ENDLESS));
    }
    assertThat(answers.begun.tryAcquire(100, 10, TimeUnit.SECONDS)).isTrue();
    answers.awaitStillness();

    // Then each may have gone beyond it by the message that it had in hand
    assertThat(answers.sentBytes.get()).isLessThan((1 << 20) + 20 * Answers.PART_BYTES);
  }

  @Test
  void aSlotIsTakenUntilTheResponsesEndIsWritten() throws Exception {
    // Given two calls that are answered, and cannot be written
    connect(SomeLimits.streams(2), 0);
    peer.send(RawPeer.call(1, Answers.SMALL));
    peer.next(RawPeer.HEADERS, 1);
    peer.send(RawPeer.call(3, Answers.SMALL));
    peer.next(RawPeer.HEADERS, 3);

    // When
    peer.send(RawPeer.call(5, Answers.SMALL));

    // Then a third is refused, until one is out
    assertThat(peer.end(5).code()).isEqualTo(RawPeer.REFUSED_STREAM);
    peer.send(RawPeer.windowUpdate(1, 1_000));
    assertThat(peer.end(1).ends()).isTrue();
    assertServed(7, 1_000);
  }

  @Test
  void aWindowMayOpenByteByByte() throws Exception {
    // Given
    connect(Limits.DEFAULT, 0);
    peer.send(RawPeer.call(1, Answers.SMALL));
    peer.next(RawPeer.HEADERS, 1);
    ByteArrayOutputStream message = new ByteArrayOutputStream();

    // When
    for (int i = 0; i < Answers.SMALL_BYTES + 5; i++) {
      peer.send(RawPeer.windowUpdate(1, 1));
      message.writeBytes(peer.next(RawPeer.DATA, 1).body());
    }

    // Then the message is whole, its prefix too
    byte[] expected = new byte[Answers.SMALL_BYTES + 5];
    expected[4] = Answers.SMALL_BYTES;
    assertThat(message.toByteArray()).isEqualTo(expected);
    assertThat(peer.end(1).text()).contains("grpc-status");
  }

  @RepeatedTest(5)
  void aWindowThatSettingsOpenIsAcknowledgedBeforeItIsUsed() throws Exception {
    // Given
    connect(Limits.DEFAULT, 0);
    peer.send(RawPeer.windowUpdate(0, RawPeer.LARGEST_WINDOW - DEFAULT_WINDOW));
    peer.send(RawPeer.call(1, Answers.SMALL));
    peer.next(RawPeer.HEADERS, 1);
    List<Integer> early = new ArrayList<>();

    // When the window opens while a call is answered, many times over
    for (int stream = 3; stream < 8_000; stream += 2) {
      peer.send(RawPeer.call(stream, Answers.SMALL));
      peer.send(RawPeer.settings(RawPeer.INITIAL_WINDOW_SIZE, 1_000));
      boolean acknowledged = false;
      boolean ended = false;
      while (!acknowledged || !ended) {
        Frame frame = peer.next();
        acknowledged |= frame.is(RawPeer.SETTINGS);
        ended |= frame.ends() && frame.stream() == stream;
        if (frame.is(RawPeer.DATA, stream) && !acknowledged) {
          early.add(stream);
        }
      }
      peer.send(RawPeer.settings(RawPeer.INITIAL_WINDOW_SIZE, 0));
      peer.next(RawPeer.SETTINGS, 0);
    }

    // Then
    assertThat(early).isEmpty();
  }

  @Test
  void aClientMayOpenAStreamAsSoonAsItSeesTheEndOfTheLast() throws Exception {
    // Given a connection that may have one stream
    connect(SomeLimits.streams(1), DEFAULT_WINDOW);
    peer.send(RawPeer.windowUpdate(0, RawPeer.LARGEST_WINDOW - DEFAULT_WINDOW));
    List<Integer> refused = new ArrayList<>();

    // When
    for (int stream = 1; stream < 10_000; stream += 2) {
      peer.send(RawPeer.call(stream, Answers.SMALL));
      if (peer.end(stream).is(RawPeer.RST_STREAM)) {
        refused.add(stream);
      }
    }

    // Then
    assertThat(refused).isEmpty();
  }

  @Test
  void aLoneProducerOfSmallMessagesWritesFarFewerTimesThanItSends() throws Exception {
    // Given
    int messages = 10_000;
    Path io = Path.of("/proc/self/io");
    assumeTrue(Files.isReadable(io), "this system does not count a process's system calls");
    host = RawPeer.host(Limits.DEFAULT, List.of(), sending(messages));
    peer = RawPeer.connect(host, RawPeer.LARGEST_WINDOW);
    peer.send(RawPeer.windowUpdate(0, RawPeer.LARGEST_WINDOW - DEFAULT_WINDOW));
    long before = writes(io);

    // When
    peer.send(RawPeer.call(1, "/test.Messages/Send"));
    assertThat(peer.end(1).text()).contains("grpc-status");

    // Then
    assertThat(writes(io) - before).isLessThan(messages / 4);
  }

  @Test
  void aWindowThatBecomesNegativeIsFilledUpBeforeMoreIsSent() throws Exception {
    // Given a stream that has used its window
    connect(Limits.DEFAULT, 20_000);
    peer.send(RawPeer.call(1, Answers.LARGE));
    assertThat(dataOf(1, 20_000)).isEqualTo(20_000);

    // When the window is made smaller, to 5 000 - 20 000, and opened by 15 100
    peer.send(RawPeer.settings(RawPeer.INITIAL_WINDOW_SIZE, 5_000));
    peer.next(RawPeer.SETTINGS);
    peer.send(RawPeer.windowUpdate(1, 15_000), RawPeer.windowUpdate(1, 100));

    // Then
    assertThat(peer.next(RawPeer.DATA).body()).hasSize(100);
  }

  @Test
  void aSmallResponseDoesNotWaitForALargeOne() throws Exception {
    // Given a large response that waits for the connection's window, and a small one after it
    connect(Limits.DEFAULT, RawPeer.LARGEST_WINDOW);
    peer.send(RawPeer.call(1, Answers.LARGE));
    assertThat(dataOf(1, DEFAULT_WINDOW)).isEqualTo(DEFAULT_WINDOW);
    peer.send(RawPeer.call(3, Answers.SMALL));
    peer.next(RawPeer.HEADERS, 3);

    // When
    peer.send(RawPeer.windowUpdate(0, 1 << 24));

    // Then it comes after one turn of the large one
    int before = 0;
    Frame frame = peer.next(RawPeer.DATA);
    while (!frame.is(RawPeer.DATA, 3)) {
      before += frame.body().length;
      frame = peer.next(RawPeer.DATA);
    }
    assertThat(before).isLessThanOrEqualTo(16_384);
    assertThat(peer.end(1).text()).contains("grpc-status");
  }

  @Test
  void aCancelledResponseTakesNothingOfTheConnectionsWindow() throws Exception {
    // Given two streams' worth of the connection's window, and a response that waits for its own
    connect(Limits.DEFAULT, 30_000);
    peer.send(RawPeer.call(1, Answers.LARGE));
    assertThat(dataOf(1, 30_000)).isEqualTo(30_000);

    // When
    peer.send(RawPeer.reset(1));

    // Then the rest of the window, 35 535, is there for others
    peer.send(RawPeer.call(3, Answers.LARGE));
    assertThat(dataOf(3, 30_000)).isEqualTo(30_000);
    peer.send(RawPeer.call(5, Answers.LARGE));
    assertThat(dataOf(5, 5_535)).isEqualTo(5_535);
  }

  @RepeatedTest(3) // whether the reader or the writer learns it first is not for a test to say
  void sendersOfALostConnectionHandOverNextToNothingMore() throws Exception {
    // Given more senders than processors, and a peer that takes nothing and opens every window
    int calls = 100;
    connect(Limits.DEFAULT, RawPeer.LARGEST_WINDOW);
    peer.send(RawPeer.windowUpdate(0, RawPeer.LARGEST_WINDOW - DEFAULT_WINDOW));
    for (int call = 0; call < calls; call++) {
      peer.send(RawPeer.call(1 + 2 * call, Answers.ENDLESS));
    }
    assertThat(answers.begun.tryAcquire(calls, 10, TimeUnit.SECONDS)).isTrue();
    answers.awaitStillness();
    long before = answers.sentBytes.get();

    // When writing to it fails
    peer.reset();

    // Then no sender keeps those from the processor that are to tell it
    assertThat(answers.cancelled.tryAcquire(calls, 10, TimeUnit.SECONDS)).isTrue();
    assertThat(answers.sentBytes.get() - before).isLessThan(20L * calls * Answers.PART_BYTES);
  }

  @ParameterizedTest
  @ValueSource(ints = {44_000, 48_000, 52_000, 56_000, 60_000}) // to block at different places
  void aCallThatIsCancelledWhileItsThreadWritesCostsNoConnection(int bytes) throws Exception {
    // Given answers, one after the other, until one's own thread waits for a peer that reads
    // nothing
    BlockingQueue<Thread> threads = new LinkedBlockingQueue<>();
    host = RawPeer.host(Limits.DEFAULT, List.of(), answeringOn(threads, bytes), answers.service());
    peer = RawPeer.connect(host, RawPeer.LARGEST_WINDOW);
    peer.send(RawPeer.windowUpdate(0, RawPeer.LARGEST_WINDOW - DEFAULT_WINDOW));
    int stream = 1;
    peer.send(RawPeer.call(stream, "/test.Block/Send"));
    Thread writing = Wire.taken(threads, "the call's thread");
    while (writing.join(Duration.ofMillis(500))) {
      stream += 2;
      peer.send(RawPeer.call(stream, "/test.Block/Send"));
      writing = Wire.taken(threads, "the call's thread");
    }

    // When
    peer.send(RawPeer.reset(stream), RawPeer.call(stream + 2, Answers.SMALL));

    // Then its write is not interrupted, which would close the socket
    assertThat(peer.end(stream + 2).text()).contains("grpc-status");
    assertThat(writing.join(Duration.ofSeconds(10))).isTrue();
  }

  private void connect(Limits limits, int streamWindow) throws IOException {
    host = RawPeer.host(limits, List.of(), answers.service());
    peer = RawPeer.connect(host, streamWindow);
  }

  private void assertServed(int stream, int window) throws IOException {
    peer.send(RawPeer.call(stream, Answers.SMALL), RawPeer.windowUpdate(stream, window));
    assertThat(peer.end(stream).text()).contains("grpc-status");
  }

  /** Takes so many bytes of a stream's DATA, or more where a frame goes beyond. */
  private int dataOf(int stream, int bytes) throws IOException {
    int taken = 0;
    while (taken < bytes) {
      taken += peer.next(RawPeer.DATA, stream).body().length;
    }
    return taken;
  }

  /** Answers with one block that a call's own thread writes whole, and tells that thread. */
  private static ServerServiceDefinition answeringOn(BlockingQueue<Thread> threads, int bytes) {
    return ServerServiceDefinition.builder("test.Block")
        .addMethod(
            Wire.method("test.Block/Send", MethodType.UNARY),
            ServerCalls.asyncUnaryCall(
                (byte[] request, StreamObserver<byte[]> out) -> {
                  threads.add(Thread.currentThread());
                  out.onNext(new byte[bytes]);
                  out.onCompleted();
                }))
        .build();
  }

  private static ServerServiceDefinition sending(int messages) {
    return ServerServiceDefinition.builder("test.Messages")
        .addMethod(
            Wire.method("test.Messages/Send", MethodType.SERVER_STREAMING),
            ServerCalls.asyncServerStreamingCall(
                (byte[] request, StreamObserver<byte[]> out) -> {
                  for (int i = 0; i < messages; i++) {
                    out.onNext(new byte[10]);
                  }
                  out.onCompleted();
                }))
        .build();
  }

  /** How often this process has asked the system to write, to whatever. */
  private static long writes(Path io) throws IOException {
    return Files.readAllLines(io).stream()
        .filter(line -> line.startsWith("syscw: "))
        .mapToLong(line -> Long.parseLong(line.substring("syscw: ".length())))
        .findFirst()
        .orElseThrow();
  }
}
