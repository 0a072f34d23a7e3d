package dev.prism.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.CallOptions;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What Prism's engine promises beyond what grpc-java's server does. */
@Tag("conformance")
@Timeout(60)
class EngineCallsTest {
  private @Nullable Wire wire;

  @AfterEach
  void stop() {
    if (wire != null) {
      wire.close();
    }
  }

  @Test
  void aDeadlineIsAnsweredAndItsThreadInterruptedWhileTheHandlerBlocks() throws Exception {
    // Given a handler that goes on after it is interrupted, and a client that only tells its
    // deadline
    Blocking blocking = new Blocking();
    wire = Wire.start(Implementation.PRISM, blocking::start);
    Metadata headers = new Metadata();
    headers.put(CancelTest.TIMEOUT, "300m");

    // When
    Wire.Call call = wire.unary(CallOptions.DEFAULT, headers, new byte[10]);

    // Then
    assertThat(call.ended().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    assertThat(blocking.interrupted.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(Wire.taken(blocking.cancelled, "the context's cancellation").isCancelled()).isTrue();
    wire.lives();
    blocking.release.countDown();
    wire.lives();
  }

  @Test
  void aCancelledCallsThreadIsInterruptedAndTheConnectionLives() throws Exception {
    // Given
    Blocking blocking = new Blocking();
    wire = Wire.start(Implementation.PRISM, blocking::start);
    Wire.Call call = wire.call(Wire.UNARY, CallOptions.DEFAULT, new Metadata());
    call.client.sendMessage(new byte[10]);
    call.client.halfClose();
    assertThat(blocking.entered.await(10, TimeUnit.SECONDS)).isTrue();

    // When
    call.client.cancel("enough", null);

    // Then
    assertThat(blocking.interrupted.await(10, TimeUnit.SECONDS)).isTrue();
    blocking.release.countDown();
    wire.lives();
  }

  @Test
  void callsThatAreAnsweredJustAsTheirDeadlinesPassCostNoConnection() throws Exception {
    // Given handlers that take about as long as they may
    wire =
        Wire.start(
            Implementation.PRISM,
            (call, headers) -> {
              call.request(1);
              return new ServerCall.Listener<>() {
                @Override
                public void onHalfClose() {
                  long until = System.nanoTime() + 110_000_000;
                  while (System.nanoTime() < until && !Thread.currentThread().isInterrupted()) {
                    LockSupport.parkNanos(100_000);
                  }
                  Wire.answer(call, new byte[10]);
                }
              };
            });
    Metadata headers = new Metadata();
    headers.put(CancelTest.TIMEOUT, "100m");
    List<Wire.Call> calls = new ArrayList<>();

    // When
    for (int i = 0; i < 500; i++) {
      Wire.Call call = wire.call(Wire.UNARY, CallOptions.DEFAULT, headers);
      call.client.request(2);
      call.client.sendMessage(new byte[10]);
      call.client.halfClose();
      calls.add(call);
    }

    // Then an answer that was ready and not written yet is not taken back
    for (Wire.Call call : calls) {
      assertThat(call.ended().getCode()).isIn(Status.Code.OK, Status.Code.DEADLINE_EXCEEDED);
    }
    wire.lives();
  }

  @Test
  void aHandlerThatLeavesItsThreadInterruptedCostsNoConnection() throws Exception {
    // Given a handler that keeps an interrupt, as one should that cannot throw it
    wire =
        Wire.start(
            Implementation.PRISM,
            (call, headers) -> {
              call.request(1);
              return new ServerCall.Listener<>() {
                @Override
                public void onHalfClose() {
                  Wire.answer(call, new byte[10]);
                  Thread.currentThread().interrupt();
                }
              };
            });

    // When
    Wire.Call call = wire.unary(new byte[10]);

    // Then
    assertThat(call.ended()).isEqualTo(Status.OK);
    wire.lives();
  }

  @Test
  void aCompressedMessageThatGrowsOverTheLimitIsRefusedAndTheConnectionLives() throws Exception {
    // Given
    wire = Wire.start(Implementation.PRISM, (call, headers) -> new Wire.EchoListener(call));

    // When
    Wire.Call call =
        wire.unary(
            CallOptions.DEFAULT.withCompression("gzip"),
            new Metadata(),
            new byte[Implementation.MAX_MESSAGE + 1]);

    // Then
    assertThat(call.ended().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    wire.lives();
  }

  @Test
  void sendingWaitsWhileTheClientTakesNothing() throws Exception {
    // Given a handler that never asks whether it may send
    AtomicInteger sent = new AtomicInteger();
    BlockingQueue<Thread> threads = new LinkedBlockingQueue<>();
    wire =
        Wire.start(
            Implementation.PRISM,
            (call, headers) -> {
              threads.add(Thread.currentThread());
              call.sendHeaders(new Metadata());
              for (int i = 0; i < 10_000; i++) {
                call.sendMessage(new byte[16 * 1024]);
                sent.incrementAndGet();
              }
              call.close(Status.OK, new Metadata());
              return new ServerCall.Listener<>() {};
            });

    // When
    Wire.Call call = wire.call(Wire.STREAM, CallOptions.DEFAULT, new Metadata());
    Thread thread = Wire.taken(threads, "the handler's thread");
    while (thread.getState() != Thread.State.WAITING && thread.isAlive()) {
      Thread.onSpinWait();
    }
    wire.lives();

    // Then 160 MB are not in memory, and come when they are asked for
    assertThat(sent.get()).isLessThan(256);
    call.client.request(10_001);
    assertThat(call.ended()).isEqualTo(Status.OK);
    assertThat(call.messages).hasSize(10_000);
  }

  /** A handler whose onHalfClose waits until it is interrupted, and then until it is released. */
  private static final class Blocking {
    final CountDownLatch entered = new CountDownLatch(1);
    final CountDownLatch interrupted = new CountDownLatch(1);
    final CountDownLatch release = new CountDownLatch(1);
    final BlockingQueue<Context> cancelled = new LinkedBlockingQueue<>();

    ServerCall.Listener<byte[]> start(ServerCall<byte[], byte[]> call, Metadata headers) {
      Context.current().addListener(cancelled::add, Runnable::run);
      call.request(1);
      return new ServerCall.Listener<>() {
        @Override
        public void onHalfClose() {
          entered.countDown();
          try {
            new CountDownLatch(1).await();
          } catch (InterruptedException e) {
            interrupted.countDown();
          }
          try {
            release.await();
          } catch (InterruptedException e) {
            throw new IllegalStateException("interrupted twice", e);
          }
          Wire.answer(call, new byte[] {1});
        }
      };
    }
  }
}
