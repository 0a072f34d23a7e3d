package dev.prism.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A peer that opens every window and reads nothing. */
@Tag("conformance")
@Timeout(60)
class StalledPeerTest {
  private static final Duration STALL = Duration.ofSeconds(1);

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
    try (GrpcHost host = RawPeer.host(SomeLimits.stall(STALL), List.of(), endless());
        RawPeer peer = RawPeer.connect(host, RawPeer.LARGEST_WINDOW)) {
      // When
      peer.send(
          RawPeer.windowUpdate(0, RawPeer.LARGEST_WINDOW - 65_535),
          RawPeer.call(1, "/test.Endless/Send"));

      // Then
      assertThat(ended.await(30, TimeUnit.SECONDS)).as("the call's end").isTrue();
      peer.ended();
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
}
