package dev.prism.grpc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.CallOptions;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.protobuf.services.HealthStatusManager;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How calls begin, carry messages and end. */
@Tag("conformance")
@Timeout(60)
@ParameterizedClass
@EnumSource
class CallsTest {
  @Parameter Implementation host;

  private @Nullable Wire wire;

  @AfterEach
  void stop() {
    if (wire != null) {
      wire.close();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"test.Wire/Nothing", "test.Nobody/Call"})
  void anUnknownMethodOrServiceIsUnimplemented(String name) throws Exception {
    // Given
    wire = Wire.start(host, (call, headers) -> new Wire.EchoListener(call));

    // When
    Wire.Call call =
        wire.call(Wire.method(name, MethodType.UNARY), CallOptions.DEFAULT, new Metadata());
    call.client.request(2);
    call.client.sendMessage(new byte[100_000]);
    call.client.halfClose();

    // Then
    assertThat(call.ended().getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
    wire.lives();
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        0,
        1,
        9,
        16_373,
        16_379,
        16_384,
        16_389,
        65_530,
        65_536,
        1 << 20,
        Implementation.MAX_MESSAGE
      })
  void aMessageOfAnySizeTravelsBothWays(int size) throws Exception {
    // Given
    byte[] message = new byte[size];
    new Random(size).nextBytes(message);
    wire = Wire.start(host, (call, headers) -> new Wire.EchoListener(call));

    // When
    Wire.Call call = wire.unary(message);

    // Then
    assertThat(call.ended()).isEqualTo(Status.OK);
    assertThat(call.messages).containsExactly(message);
  }

  @Test
  void aMessageOverTheLimitIsRefusedAndTheConnectionLives() throws Exception {
    // Given
    wire = Wire.start(host, (call, headers) -> new Wire.EchoListener(call));

    // When
    Wire.Call call = wire.unary(new byte[Implementation.MAX_MESSAGE + 1]);

    // Then
    assertThat(call.ended().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    wire.lives();
  }

  @Test
  void messagesOfAStreamKeepTheirOrder() throws Exception {
    // Given
    wire = Wire.start(host, (call, headers) -> new Wire.EchoListener(call));
    Wire.Call call = wire.call(Wire.STREAM, CallOptions.DEFAULT, new Metadata());
    call.client.request(10_000);

    // When
    for (int i = 0; i < 10_000; i++) {
      call.client.sendMessage(String.valueOf(i).getBytes(UTF_8));
    }
    call.client.halfClose();

    // Then
    assertThat(call.ended()).isEqualTo(Status.OK);
    List<String> received = new ArrayList<>();
    call.messages.forEach(message -> received.add(new String(message, UTF_8)));
    assertThat(received).hasSize(10_000);
    for (int i = 0; i < 10_000; i++) {
      assertThat(received.get(i)).isEqualTo(String.valueOf(i));
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatACallbackThrowsIsAnsweredWithoutItsTextAndTheConnectionLives(Callback callback)
      throws Exception {
    // Given
    wire = Wire.start(host, new Throwing(callback));

    // When
    Wire.Call call = wire.unary(new byte[10]);

    // Then
    assertThat(call.ended().getCode()).isEqualTo(Status.Code.UNKNOWN);
    assertThat(String.valueOf(call.ended().getDescription())).doesNotContain("secret");
    wire.lives();
  }

  @Test
  void whatOnCompleteThrowsCostsNothing() throws Exception {
    // Given
    wire =
        Wire.start(
            host,
            (call, headers) -> {
              call.request(1);
              return new ServerCall.Listener<>() {
                @Override
                public void onHalfClose() {
                  Wire.answer(call, new byte[] {7});
                }

                @Override
                public void onComplete() {
                  throw new IllegalStateException("a secret");
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
  void aCallMayBeCompletedByAnotherThread() throws Exception {
    // Given a handler that hands its calls on and returns
    BlockingQueue<ServerCall<byte[], byte[]>> waiting = new LinkedBlockingQueue<>();
    wire =
        Wire.start(
            host,
            (call, headers) -> {
              call.request(2);
              return new ServerCall.Listener<>() {
                @Override
                public void onHalfClose() {
                  waiting.add(call);
                }
              };
            });
    Wire.Call call = wire.call(Wire.UNARY, CallOptions.DEFAULT, new Metadata());
    call.client.request(2);
    call.client.sendMessage(new byte[10]);
    call.client.halfClose();
    ServerCall<byte[], byte[]> handedOn = Wire.taken(waiting, "the handler's call");

    // When
    Wire.answer(handedOn, new byte[] {7});

    // Then
    assertThat(call.ended()).isEqualTo(Status.OK);
    assertThat(call.messages).containsExactly(new byte[] {7});
    wire.lives();
  }

  @Test
  void aCallThatIsClosedWhileItsRequestIsStillComingHasItsStatusAndTheConnectionLives()
      throws Exception {
    // Given
    wire =
        Wire.start(
            host,
            (call, headers) -> {
              call.close(Status.UNAUTHENTICATED.withDescription("who?"), new Metadata());
              return new ServerCall.Listener<>() {};
            });

    // When
    Wire.Call call = wire.unary(new byte[Implementation.MAX_MESSAGE]);

    // Then
    assertThat(call.ended().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
    assertThat(call.ended().getDescription()).isEqualTo("who?");
    wire.lives();
  }

  @Test
  void interceptorsAreCalledFromTheOutermostInward() throws Exception {
    // Given
    BlockingQueue<String> order = new LinkedBlockingQueue<>();
    ServerServiceDefinition service =
        ServerServiceDefinition.builder("test.Wire")
            .addMethod(Wire.STREAM, (call, headers) -> new Wire.EchoListener(call))
            .build();
    wire =
        Wire.start(
            host,
            ServerInterceptors.intercept(
                service, new Noting("inner", order), new Noting("outer", order)));

    // When
    Wire.Call call = wire.unary(new byte[1]);

    // Then
    assertThat(call.ended()).isEqualTo(Status.OK);
    assertThat(order).containsExactly("outer", "inner");
  }

  @Test
  void manyMoreCallsThanStreamsAreAllAnswered() throws Exception {
    // Given
    wire = Wire.start(host, (call, headers) -> new Wire.EchoListener(call));
    List<Wire.Call> calls = new ArrayList<>();

    // When 3,000 are open at once
    for (int i = 0; i < 3000; i++) {
      calls.add(wire.call(Wire.STREAM, CallOptions.DEFAULT, new Metadata()));
      calls.get(i).client.request(2);
      calls.get(i).client.sendMessage(new byte[] {(byte) i});
    }
    calls.forEach(call -> call.client.halfClose());

    // Then
    for (int i = 0; i < 3000; i++) {
      assertThat(calls.get(i).ended()).isEqualTo(Status.OK);
      assertThat(calls.get(i).messages).containsExactly(new byte[] {(byte) i});
    }
    wire.lives();
  }

  @Test
  void healthIsToldAndWatched() throws IOException {
    // Given
    HealthStatusManager health = new HealthStatusManager();
    wire = Wire.start(host, health.getHealthService().bindService());
    HealthCheckRequest request = HealthCheckRequest.getDefaultInstance();
    HealthGrpc.HealthBlockingStub client = HealthGrpc.newBlockingStub(wire.channel());
    Iterator<HealthCheckResponse> watched = client.watch(request);
    ServingStatus first = watched.next().getStatus();

    // When
    health.enterTerminalState();

    // Then
    assertThat(first).isEqualTo(ServingStatus.SERVING);
    assertThat(watched.next().getStatus()).isEqualTo(ServingStatus.NOT_SERVING);
    assertThat(client.check(request).getStatus()).isEqualTo(ServingStatus.NOT_SERVING);
  }

  private enum Callback {
    START,
    READY,
    MESSAGE,
    HALF_CLOSE
  }

  private record Throwing(Callback callback) implements ServerCallHandler<byte[], byte[]> {
    @Override
    public ServerCall.Listener<byte[]> startCall(
        ServerCall<byte[], byte[]> call, Metadata headers) {
      fail(Callback.START);
      call.request(1);
      return new ServerCall.Listener<>() {
        @Override
        public void onReady() {
          fail(Callback.READY);
        }

        @Override
        public void onMessage(byte[] message) {
          fail(Callback.MESSAGE);
        }

        @Override
        public void onHalfClose() {
          fail(Callback.HALF_CLOSE); // and nothing is answered: the call has failed before
        }
      };
    }

    private void fail(Callback now) {
      if (now == callback) {
        throw new IllegalStateException("a secret");
      }
    }
  }

  private record Noting(String name, BlockingQueue<String> order) implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      order.add(name);
      return next.startCall(call, headers);
    }
  }
}
