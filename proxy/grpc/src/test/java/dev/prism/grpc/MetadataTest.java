package dev.prism.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.rpc.ErrorInfo;
import io.grpc.CallOptions;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
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

/** Metadata and statuses, both ways, as they were sent. */
@Tag("conformance")
@Timeout(60)
@ParameterizedClass
@EnumSource
class MetadataTest {
  private static final Metadata.Key<String> TEXT = text("x-text");
  private static final Metadata.Key<byte[]> BINARY =
      Metadata.Key.of("x-blob-bin", Metadata.BINARY_BYTE_MARSHALLER);

  @Parameter Implementation host;

  private final BlockingQueue<Metadata> received = new LinkedBlockingQueue<>();
  private @Nullable Wire wire;

  @AfterEach
  void stop() {
    if (wire != null) {
      wire.close();
    }
  }

  @Test
  void aRepeatedKeyKeepsItsValuesAndTheirOrder() throws Exception {
    // Given
    Metadata sent = new Metadata();
    List<String> values = List.of("one", "two", "one", "", "a, b", "\"{x}\"; ~!#$&'*+`|");
    values.forEach(value -> sent.put(TEXT, value));
    wire = Wire.start(host, echoing());

    // When
    Wire.Call call = wire.unary(CallOptions.DEFAULT, sent, new byte[0]);

    // Then
    assertThat(call.ended()).isEqualTo(Status.OK);
    assertThat(Wire.taken(received, "request headers").getAll(TEXT))
        .containsExactlyElementsOf(values);
    assertThat(call.headers().getAll(TEXT)).containsExactlyElementsOf(values);
    assertThat(call.trailers().getAll(TEXT)).containsExactlyElementsOf(values);
  }

  @Test
  void aBinaryKeyCarriesAnyBytesAndSeveralValues() throws Exception {
    // Given every byte, every remainder of base64, and none
    byte[] every = new byte[256];
    for (int i = 0; i < every.length; i++) {
      every[i] = (byte) i;
    }
    List<byte[]> values = List.of(every, new byte[] {0}, new byte[] {-1, -2}, new byte[0]);
    Metadata sent = new Metadata();
    values.forEach(value -> sent.put(BINARY, value));
    wire = Wire.start(host, echoing());

    // When
    Wire.Call call = wire.unary(CallOptions.DEFAULT, sent, new byte[0]);

    // Then
    assertThat(call.ended()).isEqualTo(Status.OK);
    assertThat(Wire.taken(received, "request headers").getAll(BINARY))
        .containsExactlyElementsOf(values);
    assertThat(call.headers().getAll(BINARY)).containsExactlyElementsOf(values);
    assertThat(call.trailers().getAll(BINARY)).containsExactlyElementsOf(values);
  }

  @Test
  void manyDifferentKeysAndValuesOnOneConnectionStayApart() throws Exception {
    // Given more than a dynamic table of 4 KiB holds, several times over
    Random random = new Random(7);
    wire = Wire.start(host, echoing());

    for (int i = 0; i < 300; i++) {
      Metadata sent = new Metadata();
      Metadata.Key<String> key = text("x-key-" + random.nextInt(50));
      sent.put(key, String.valueOf(random.nextInt(20)).repeat(1 + random.nextInt(60)));
      sent.put(TEXT, String.valueOf(i));

      // When
      Wire.Call call = wire.unary(CallOptions.DEFAULT, sent, new byte[0]);

      // Then
      Metadata seen = Wire.taken(received, "request headers");
      Metadata headers = call.headers();
      Metadata trailers = call.trailers();
      for (Metadata there : List.of(seen, headers, trailers)) {
        assertThat(there.get(key)).isEqualTo(sent.get(key));
        assertThat(there.get(TEXT)).isEqualTo(String.valueOf(i));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "plain",
        "100% \"no\" {é}\n",
        "\t\r\n\u0000\u0001\u007f",
        "%20 is not a space, nor %zz anything",
        "日本語 русский العربية",
        "😀 and 𝄞, outside the first plane",
        " blanks at both ends ",
        ""
      })
  void aStatusMessageArrivesAsItWas(String message) throws Exception {
    // Given
    wire =
        Wire.start(
            host, closing(Status.FAILED_PRECONDITION.withDescription(message), new Metadata()));

    // When
    Wire.Call call = wire.unary(new byte[0]);

    // Then a message that is empty may be left out
    assertThat(call.ended().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    assertThat(call.ended().getDescription() == null ? "" : call.ended().getDescription())
        .isEqualTo(message);
    wire.lives();
  }

  @ParameterizedTest
  @ValueSource(ints = {6_000, 11_500, 12_000, 24_000, 45_000})
  void trailersOfUpToFourFramesArriveWhole(int length) throws Exception {
    // Given up to 60 KB of them, as base64 has it, before and after which the connection is used
    String message = "é".repeat(1000);
    byte[] blob = new byte[length];
    new Random(1).nextBytes(blob);
    Metadata trailers = new Metadata();
    trailers.put(BINARY, blob);
    wire = Wire.start(host, closing(Status.ABORTED.withDescription(message), trailers));

    // When
    Wire.Call call = wire.unary(new byte[0]);

    // Then
    assertThat(call.ended().getCode()).isEqualTo(Status.Code.ABORTED);
    assertThat(call.ended().getDescription()).isEqualTo(message);
    assertThat(call.trailers().get(BINARY)).isEqualTo(blob);
    wire.lives();
  }

  @Test
  void theFirstHeadersOfAConnectionMayFillFramesToTheByte() throws Exception {
    // Given all lengths about a frame's, each on a connection of its own
    for (int length = 16_335; length < 16_350; length++) {
      String value = "x".repeat(length);
      Metadata headers = new Metadata();
      headers.put(TEXT, value);
      try (Wire one = Wire.start(host, answering(headers))) {
        // When
        Wire.Call call = one.unary(new byte[0]);

        // Then
        assertThat(call.ended()).isEqualTo(Status.OK);
        assertThat(call.headers().get(TEXT)).isEqualTo(value);
      }
    }
  }

  @Test
  void statusDetailsArriveWhole() throws Exception {
    // Given
    com.google.rpc.Status told =
        com.google.rpc.Status.newBuilder()
            .setCode(Status.Code.NOT_FOUND.value())
            .setMessage("no such key: ключ")
            .addDetails(Any.pack(ErrorInfo.newBuilder().setReason("KEY_NOT_FOUND").build()))
            .build();
    StatusRuntimeException thrown = StatusProto.toStatusRuntimeException(told);
    wire = Wire.start(host, closing(thrown.getStatus(), thrown.getTrailers()));

    // When
    Wire.Call call = wire.unary(new byte[0]);

    // Then
    assertThat(StatusProto.fromStatusAndTrailers(call.ended(), call.trailers())).isEqualTo(told);
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "OK")
  void everyCodeArrives(Status.Code code) throws Exception {
    // Given
    wire = Wire.start(host, closing(code.toStatus(), new Metadata()));

    // When
    Wire.Call call = wire.unary(new byte[0]);

    // Then
    assertThat(call.ended().getCode()).isEqualTo(code);
  }

  @Test
  void headersOfSixKibArePassedAndOverSixtyFourAreRefusedAndTheConnectionLives() throws Exception {
    // Given
    wire = Wire.start(host, echoing());
    Metadata fitting = new Metadata();
    fitting.put(TEXT, "x".repeat(6 << 10));
    Metadata large = new Metadata();
    for (int i = 0; i < 10; i++) {
      large.put(text("x-part-" + i), "x".repeat(8 << 10));
    }

    // When
    Wire.Call passed = wire.unary(CallOptions.DEFAULT, fitting, new byte[0]);
    Wire.Call refused = wire.unary(CallOptions.DEFAULT, large, new byte[0]);

    // Then
    assertThat(passed.ended()).isEqualTo(Status.OK);
    assertThat(passed.headers().get(TEXT)).hasSize(6 << 10);
    assertThat(refused.ended().getCode()).isNotEqualTo(Status.Code.OK);
    assertThat(received).as("calls that reached the handler").hasSize(1);
    wire.lives();
  }

  /** Answers with the request's metadata in headers and trailers. */
  private ServerCallHandler<byte[], byte[]> echoing() {
    return (call, headers) -> {
      received.add(headers);
      Metadata own = own(headers);
      call.sendHeaders(own);
      call.sendMessage(new byte[0]);
      call.close(Status.OK, own(headers));
      return new ServerCall.Listener<>() {};
    };
  }

  /** The keys that a test put there, without those of the transport. */
  private static Metadata own(Metadata headers) {
    Metadata own = new Metadata();
    own.merge(headers);
    for (String key : headers.keys()) {
      if (!key.startsWith("x-")) {
        own.discardAll(text(key));
      }
    }
    return own;
  }

  private static ServerCallHandler<byte[], byte[]> closing(
      Status status, @Nullable Metadata trailers) {
    return (call, headers) -> {
      call.request(1);
      return new ServerCall.Listener<>() {
        @Override
        public void onHalfClose() {
          call.close(status, trailers);
        }
      };
    };
  }

  private static ServerServiceDefinition answering(Metadata headers) {
    return ServerServiceDefinition.builder("test.Wire")
        .addMethod(
            Wire.UNARY,
            (call, received) -> {
              call.sendHeaders(headers);
              call.sendMessage(new byte[0]);
              call.close(Status.OK, new Metadata());
              return new ServerCall.Listener<>() {};
            })
        .build();
  }

  private static Metadata.Key<String> text(String name) {
    return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
  }
}
