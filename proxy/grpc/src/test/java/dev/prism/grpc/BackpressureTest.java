package dev.prism.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.CallOptions;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.Status;
import java.nio.ByteBuffer;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Who takes nothing is sent no more than a bounded amount, and holds up nobody else. */
@Tag("conformance")
@Timeout(60)
@ParameterizedClass
@EnumSource
class BackpressureTest {
  private static final int SIZE = 16 * 1024;
  private static final int COUNT = 1000;

  /** More than both ends' windows and buffers, in messages. */
  private static final int BOUND = 4 * 1024 * 1024 / SIZE;

  @Parameter Implementation host;

  private @Nullable Wire wire;

  @AfterEach
  void stop() {
    if (wire != null) {
      wire.close();
    }
  }

  @Test
  void aServerIsNotReadyWhileItsClientTakesNothingAndSendsTheRestWhenItDoes() throws Exception {
    // Given a handler that sends while it is ready, and a client that takes one message
    Producer producer = new Producer();
    wire = Wire.start(host, producer);
    Wire.Call call = wire.call(Wire.STREAM, CallOptions.DEFAULT, new Metadata());
    call.client.request(1);
    Wire.taken(producer.stopped, "a handler that is not ready");
    assertThat(producer.sent).isLessThan(BOUND);
    wire.lives();

    // When
    call.client.request(COUNT);

    // Then all arrive, in order
    assertThat(call.ended()).isEqualTo(Status.OK);
    assertThat(call.messages).hasSize(COUNT);
    for (int i = 0; i < COUNT; i++) {
      assertThat(ByteBuffer.wrap(call.message()).getInt()).isEqualTo(i);
    }
  }

  @Test
  void aHandlerIsGivenNoMoreThanItAskedForAndItsClientIsNotReadyMeanwhile() throws Exception {
    // Given a handler that asks for one message at a time, when the test says so
    Consumer consumer = new Consumer();
    wire = Wire.start(host, consumer);
    Wire.Call call = wire.call(Wire.STREAM, CallOptions.DEFAULT, new Metadata());
    call.client.request(2);
    ServerCall<byte[], byte[]> server = Wire.taken(consumer.calls, "the handler's call");
    int sent = 0;
    do {
      while (sent < COUNT && call.client.isReady()) {
        call.client.sendMessage(message(sent++));
      }
    } while (call.readied.tryAcquire(1, TimeUnit.SECONDS));
    assertThat(sent).isLessThan(BOUND);
    wire.lives();

    // When
    server.request(1);

    // Then
    assertThat(ByteBuffer.wrap(Wire.taken(consumer.messages, "a message")).getInt()).isZero();
    assertThat(consumer.messages.poll(200, TimeUnit.MILLISECONDS)).isNull();
    server.request(COUNT);
    call.client.halfClose();
    for (int i = 1; i < sent; i++) {
      assertThat(ByteBuffer.wrap(Wire.taken(consumer.messages, "a message")).getInt()).isEqualTo(i);
    }
    assertThat(call.ended()).isEqualTo(Status.OK);
  }

  @Test
  void streamsThatNobodyTakesHoldUpNoOther() throws Exception {
    // Given fifty clients' streams stopped, on one connection
    Producer producer = new Producer();
    wire = Wire.start(host, producer);
    for (int i = 0; i < 50; i++) {
      wire.call(Wire.STREAM, CallOptions.DEFAULT, new Metadata());
      Wire.taken(producer.stopped, "a handler that is not ready");
    }

    // When another call is made, the connection answers it
    wire.lives();
  }

  @Test
  void requestsThatNobodyReadsHoldUpNoOther() throws Exception {
    // Given fifty uploads stopped, on one connection
    Consumer consumer = new Consumer();
    wire = Wire.start(host, consumer);
    for (int i = 0; i < 50; i++) {
      Wire.Call call = wire.call(Wire.STREAM, CallOptions.DEFAULT, new Metadata());
      Wire.taken(consumer.calls, "the handler's call");
      for (int sent = 0; sent < BOUND && call.client.isReady(); sent++) {
        call.client.sendMessage(message(sent));
      }
    }

    // When another call is made, the connection answers it
    wire.lives();
  }

  private static byte[] message(int number) {
    return ByteBuffer.allocate(SIZE).putInt(number).array();
  }

  /** Sends {@link #COUNT} messages, no faster than its client takes them. */
  private static final class Producer implements ServerCallHandler<byte[], byte[]> {
    final BlockingQueue<Boolean> stopped = new LinkedBlockingQueue<>();
    volatile int sent;

    @Override
    public ServerCall.Listener<byte[]> startCall(
        ServerCall<byte[], byte[]> call, Metadata headers) {
      call.sendHeaders(new Metadata());
      return new ServerCall.Listener<>() {
        private int next;

        @Override
        public void onReady() {
          while (next < COUNT && call.isReady()) {
            call.sendMessage(message(next++));
            sent = next;
          }
          if (next == COUNT) {
            call.close(Status.OK, new Metadata());
            next++;
          } else if (next < COUNT) {
            stopped.add(true);
          }
        }
      };
    }
  }

  /** Takes what the test asks for. */
  private static final class Consumer implements ServerCallHandler<byte[], byte[]> {
    final BlockingQueue<ServerCall<byte[], byte[]>> calls = new LinkedBlockingQueue<>();
    final BlockingQueue<byte[]> messages = new LinkedBlockingQueue<>();

    @Override
    public ServerCall.Listener<byte[]> startCall(
        ServerCall<byte[], byte[]> call, Metadata headers) {
      calls.add(call);
      return new ServerCall.Listener<>() {
        @Override
        public void onMessage(byte[] message) {
          messages.add(message);
        }

        @Override
        public void onHalfClose() {
          Wire.answer(call, new byte[0]);
        }
      };
    }
  }
}
