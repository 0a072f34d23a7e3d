package dev.prism.grpc;

import static dev.prism.grpc.InteropService.message;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.UnknownFieldSet.Field;
import io.grpc.CallOptions;
import io.grpc.ClientStreamTracer;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The cases of gRPC's interop-test-descriptions.md that Go's interop client has not (system-tests
 * run the others with it): compression, and calls that may be answered from a cache or are very
 * large.
 */
@Timeout(30)
@ParameterizedClass
@EnumSource
class InteropTest {
  private static final int REQUEST_SIZE = 271_828;
  private static final int RESPONSE_SIZE = 314_159;

  @Parameter Implementation host;

  private final List<Long> received = new ArrayList<>();
  private Implementation.Running server;
  private ManagedChannel channel;

  @BeforeEach
  void start() throws IOException {
    server = host.start(null, List.of(InteropService.definition()));
    channel = NettyChannelBuilder.forAddress("127.0.0.1", server.port()).usePlaintext().build();
  }

  @AfterEach
  void stop() {
    channel.shutdownNow();
    server.close();
  }

  @Test
  void clientCompressedUnary() {
    UnknownFieldSet request =
        request(InteropService.SIMPLE_EXPECT_COMPRESSED, InteropService.SIMPLE_RESPONSE_SIZE);

    StatusRuntimeException probe =
        catchThrowableOfType(
            StatusRuntimeException.class, () -> unary(CallOptions.DEFAULT, request));
    UnknownFieldSet response = unary(CallOptions.DEFAULT.withCompression("gzip"), request);

    assertThat(probe.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(bodySize(response)).isEqualTo(RESPONSE_SIZE);
  }

  @Test
  void clientCompressedStreaming() throws Exception {
    CompletableFuture<UnknownFieldSet> answer = new CompletableFuture<>();
    ClientCallStreamObserver<UnknownFieldSet> requests =
        (ClientCallStreamObserver<UnknownFieldSet>)
            ClientCalls.asyncClientStreamingCall(
                channel.newCall(InteropService.INPUT, CallOptions.DEFAULT.withCompression("gzip")),
                last(answer));

    requests.setMessageCompression(true);
    requests.onNext(input(27_182, true));
    requests.setMessageCompression(false);
    requests.onNext(input(45_904, false));
    requests.onCompleted();

    assertThat(
            answer
                .get(10, TimeUnit.SECONDS)
                .getField(InteropService.AGGREGATED_SIZE)
                .getVarintList())
        .containsExactly(73_086L);
  }

  @Test
  void serverCompressedUnary() {
    UnknownFieldSet compressed =
        unary(
            measured(),
            request(
                InteropService.SIMPLE_RESPONSE_COMPRESSED, InteropService.SIMPLE_RESPONSE_SIZE));
    UnknownFieldSet plain = unary(measured(), request(0, InteropService.SIMPLE_RESPONSE_SIZE));

    assertThat(bodySize(compressed)).isEqualTo(RESPONSE_SIZE);
    assertThat(bodySize(plain)).isEqualTo(RESPONSE_SIZE);
    assertThat(received.get(0)).as("bytes on the wire").isLessThan(RESPONSE_SIZE / 10);
    assertThat(received.get(1)).as("bytes on the wire").isGreaterThanOrEqualTo(RESPONSE_SIZE);
  }

  @Test
  void serverCompressedStreaming() {
    UnknownFieldSet request =
        UnknownFieldSet.newBuilder()
            .addField(
                InteropService.OUTPUT_PARAMETERS,
                Field.newBuilder()
                    .addLengthDelimited(parameter(31_415, true))
                    .addLengthDelimited(parameter(92_653, false))
                    .build())
            .build();

    List<Integer> sizes = new ArrayList<>();
    ClientCalls.blockingServerStreamingCall(channel, InteropService.OUTPUT, measured(), request)
        .forEachRemaining(response -> sizes.add(bodySize(response)));

    assertThat(sizes).containsExactly(31_415, 92_653);
    assertThat(received.get(0)).as("bytes on the wire").isLessThan(3_141);
    assertThat(received.get(1)).as("bytes on the wire").isGreaterThanOrEqualTo(92_653);
  }

  @Test
  void cacheableUnary() {
    UnknownFieldSet request = request(0, InteropService.SIMPLE_RESPONSE_SIZE);

    UnknownFieldSet response =
        ClientCalls.blockingUnaryCall(
            channel, InteropService.CACHEABLE, CallOptions.DEFAULT, request);

    assertThat(bodySize(response)).isEqualTo(RESPONSE_SIZE);
  }

  @Test
  void veryLargeRequest() {
    UnknownFieldSet request =
        UnknownFieldSet.newBuilder()
            .addField(InteropService.REQUEST_PAYLOAD, nested(Implementation.MAX_MESSAGE - 100))
            .addField(InteropService.SIMPLE_RESPONSE_SIZE, varint(Implementation.MAX_MESSAGE - 100))
            .build();

    UnknownFieldSet response = unary(CallOptions.DEFAULT, request);

    assertThat(bodySize(response)).isEqualTo(Implementation.MAX_MESSAGE - 100);
  }

  private UnknownFieldSet unary(CallOptions options, UnknownFieldSet request) {
    return ClientCalls.blockingUnaryCall(channel, InteropService.UNARY, options, request);
  }

  /** Notes what each response took on the wire, in bytes. */
  private CallOptions measured() {
    return CallOptions.DEFAULT.withStreamTracerFactory(
        new ClientStreamTracer.Factory() {
          @Override
          public ClientStreamTracer newClientStreamTracer(
              ClientStreamTracer.StreamInfo info, Metadata headers) {
            return new ClientStreamTracer() {
              @Override
              public void inboundMessageRead(int number, long wire, long uncompressed) {
                received.add(wire);
              }
            };
          }
        });
  }

  /** Asks for {@link #RESPONSE_SIZE} bytes in the given field, and sets a flag (0 for none). */
  private static UnknownFieldSet request(int flag, int sizeField) {
    UnknownFieldSet.Builder request =
        UnknownFieldSet.newBuilder()
            .addField(sizeField, varint(RESPONSE_SIZE))
            .addField(InteropService.REQUEST_PAYLOAD, nested(REQUEST_SIZE));
    return flag == 0 ? request.build() : request.addField(flag, yes()).build();
  }

  private static UnknownFieldSet input(int size, boolean expectCompressed) {
    UnknownFieldSet.Builder request =
        UnknownFieldSet.newBuilder().addField(InteropService.INPUT_PAYLOAD, nested(size));
    return expectCompressed
        ? request.addField(InteropService.INPUT_EXPECT_COMPRESSED, yes()).build()
        : request.build();
  }

  private static ByteString parameter(int size, boolean compressed) {
    UnknownFieldSet.Builder parameter =
        UnknownFieldSet.newBuilder().addField(InteropService.PARAMETER_SIZE, varint(size));
    return (compressed ? parameter.addField(InteropService.PARAMETER_COMPRESSED, yes()) : parameter)
        .build()
        .toByteString();
  }

  /** A payload's field, taken out of a response that has one. */
  private static Field nested(int size) {
    return InteropService.payload(size).getField(InteropService.RESPONSE_PAYLOAD);
  }

  private static Field varint(int value) {
    return Field.newBuilder().addVarint(value).build();
  }

  /** A google.protobuf.BoolValue of true. */
  private static Field yes() {
    return Field.newBuilder()
        .addLengthDelimited(
            UnknownFieldSet.newBuilder().addField(1, varint(1)).build().toByteString())
        .build();
  }

  private static int bodySize(UnknownFieldSet response) {
    return message(response, InteropService.RESPONSE_PAYLOAD)
        .getField(InteropService.PAYLOAD_BODY)
        .getLengthDelimitedList()
        .getLast()
        .size();
  }

  private static <T> StreamObserver<T> last(CompletableFuture<T> answer) {
    return new StreamObserver<>() {
      @Override
      public void onNext(T response) {
        answer.complete(response);
      }

      @Override
      public void onError(Throwable failure) {
        answer.completeExceptionally(failure);
      }

      @Override
      public void onCompleted() {}
    };
  }
}
