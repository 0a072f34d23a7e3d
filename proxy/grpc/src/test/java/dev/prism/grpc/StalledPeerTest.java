package dev.prism.grpc;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.grpc.engine.Limits;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A peer that opens every window and reads nothing. */
@Timeout(60)
class StalledPeerTest {
  private static final int LARGEST_WINDOW = Integer.MAX_VALUE;

  private final Queue<Throwable> uncaught = new ConcurrentLinkedQueue<>();
  private final CountDownLatch ended = new CountDownLatch(1);
  private Thread.UncaughtExceptionHandler before;

  @BeforeEach
  void watchThreads() {
    before = Thread.getDefaultUncaughtExceptionHandler();
    Thread.setDefaultUncaughtExceptionHandler((thread, failure) -> uncaught.add(failure));
  }

  @AfterEach
  void forgetThreads() {
    Thread.setDefaultUncaughtExceptionHandler(before);
  }

  @Test
  void itIsCutOffAndItsCallEnds() throws Exception {
    // Given
    GrpcHost.Settings settings =
        new GrpcHost.Settings(Engine.PRISM, 1 << 20, Implementation.FAILURES, impatient());
    try (GrpcHost host =
            GrpcHost.start(
                settings,
                List.of(
                    new GrpcHost.Socket(
                        "test", Implementation.LOOPBACK, 0, List.of(endless()), List.of(), null)));
        Socket peer = new Socket(Implementation.LOOPBACK, host.port("test"))) {
      // When
      peer.getOutputStream().write(call("/test.Endless/Send"));

      // Then
      assertThat(ended.await(30, TimeUnit.SECONDS)).as("the call's end").isTrue();
      assertThat(isEnded(peer)).as("the connection's end").isTrue();
      assertThat(uncaught).isEmpty();
    }
  }

  private ServerServiceDefinition endless() {
    return ServerServiceDefinition.builder("test.Endless")
        .addMethod(
            Wire.method("test.Endless/Send", MethodType.SERVER_STREAMING),
            ServerCalls.asyncServerStreamingCall(
                (byte[] request, StreamObserver<byte[]> out) -> {
                  while (!((ServerCallStreamObserver<byte[]>) out).isCancelled()) {
                    out.onNext(new byte[1 << 16]);
                  }
                  ended.countDown();
                }))
        .build();
  }

  private static Limits impatient() {
    Limits usual = Limits.DEFAULT;
    return new Limits(
        usual.maxStreams(),
        usual.maxHeaderBytes(),
        usual.queuedBytes(),
        usual.bodyBytes(),
        usual.preface(),
        usual.keepAlive(),
        usual.keepAliveTimeout(),
        usual.idle(),
        usual.age(),
        Duration.ofSeconds(1));
  }

  /** Reads what the sockets held until the connection ends. */
  private static boolean isEnded(Socket peer) throws IOException {
    peer.setSoTimeout(10_000);
    byte[] taken = new byte[1 << 16];
    try {
      while (peer.getInputStream().read(taken) >= 0) {}
      return true;
    } catch (SocketException reset) {
      return true;
    }
  }

  /** The preface, all windows opened, and one call with an empty request on stream 1. */
  private static byte[] call(String path) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(US_ASCII));
    out.writeBytes(
        frame(4, 0, 0, ByteBuffer.allocate(6).putShort((short) 4).putInt(LARGEST_WINDOW).array()));
    out.writeBytes(frame(8, 0, 0, ByteBuffer.allocate(4).putInt(LARGEST_WINDOW - 65_535).array()));
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    field(block, ":method", "POST");
    field(block, ":scheme", "http");
    field(block, ":path", path);
    field(block, ":authority", "test");
    field(block, "te", "trailers");
    field(block, "content-type", "application/grpc");
    out.writeBytes(frame(1, 4, 1, block.toByteArray()));
    out.writeBytes(frame(0, 1, 1, new byte[5]));
    return out.toByteArray();
  }

  private static byte[] frame(int type, int flags, int stream, byte[] body) {
    return ByteBuffer.allocate(9 + body.length)
        .put((byte) 0)
        .putShort((short) body.length)
        .put((byte) type)
        .put((byte) flags)
        .putInt(stream)
        .put(body)
        .array();
  }

  /** HPACK's literal without indexing, with a new name. */
  private static void field(ByteArrayOutputStream block, String name, String value) {
    block.write(0);
    block.write(name.length());
    block.writeBytes(name.getBytes(US_ASCII));
    block.write(value.length());
    block.writeBytes(value.getBytes(US_ASCII));
  }
}
