package dev.prism.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.UnknownFieldSet.Field;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.protobuf.lite.ProtoLiteUtils;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.locks.LockSupport;

/**
 * {@code grpc.testing.TestService}, which every gRPC implementation's interop client calls, as
 * gRPC's interop-test-descriptions.md has it. Messages are read by field number: there is no
 * generated code for them on Maven Central.
 */
public final class InteropService {
  static final String NAME = "grpc.testing.TestService";

  static final MethodDescriptor<UnknownFieldSet, UnknownFieldSet> EMPTY =
      method("EmptyCall", MethodType.UNARY);
  static final MethodDescriptor<UnknownFieldSet, UnknownFieldSet> UNARY =
      method("UnaryCall", MethodType.UNARY);
  static final MethodDescriptor<UnknownFieldSet, UnknownFieldSet> CACHEABLE =
      method("CacheableUnaryCall", MethodType.UNARY);
  static final MethodDescriptor<UnknownFieldSet, UnknownFieldSet> OUTPUT =
      method("StreamingOutputCall", MethodType.SERVER_STREAMING);
  static final MethodDescriptor<UnknownFieldSet, UnknownFieldSet> INPUT =
      method("StreamingInputCall", MethodType.CLIENT_STREAMING);
  static final MethodDescriptor<UnknownFieldSet, UnknownFieldSet> DUPLEX =
      method("FullDuplexCall", MethodType.BIDI_STREAMING);

  /** Fields of the messages in grpc/testing/messages.proto. */
  static final int PAYLOAD_BODY = 2;

  static final int RESPONSE_PAYLOAD = 1;
  static final int SIMPLE_RESPONSE_SIZE = 2;
  static final int SIMPLE_SERVER_ID = 4;
  static final int SIMPLE_RESPONSE_COMPRESSED = 6;
  static final int SIMPLE_EXPECT_COMPRESSED = 8;
  static final int REQUEST_PAYLOAD = 3;
  static final int REQUEST_STATUS = 7;
  static final int OUTPUT_PARAMETERS = 2;
  static final int PARAMETER_SIZE = 1;
  static final int PARAMETER_INTERVAL_US = 2;
  static final int PARAMETER_COMPRESSED = 3;
  static final int INPUT_PAYLOAD = 1;
  static final int INPUT_EXPECT_COMPRESSED = 2;
  static final int AGGREGATED_SIZE = 1;

  private static final Metadata.Key<String> ECHO_INITIAL =
      Metadata.Key.of("x-grpc-test-echo-initial", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<byte[]> ECHO_TRAILING =
      Metadata.Key.of("x-grpc-test-echo-trailing-bin", Metadata.BINARY_BYTE_MARSHALLER);
  private static final Metadata.Key<String> ENCODING =
      Metadata.Key.of("grpc-encoding", Metadata.ASCII_STRING_MARSHALLER);
  private static final Context.Key<Boolean> COMPRESSED = Context.key("compressed");

  private InteropService() {}

  /** The service, with metadata echoed as the custom_metadata case asks. */
  public static ServerServiceDefinition definition() {
    ServerServiceDefinition service =
        ServerServiceDefinition.builder(NAME)
            .addMethod(
                EMPTY,
                ServerCalls.asyncUnaryCall(
                    (request, out) -> {
                      out.onNext(UnknownFieldSet.getDefaultInstance());
                      out.onCompleted();
                    }))
            .addMethod(UNARY, ServerCalls.asyncUnaryCall(InteropService::unary))
            .addMethod(
                CACHEABLE,
                ServerCalls.asyncUnaryCall(
                    (request, out) -> {
                      // The same to the same request, as from a cache on the way.
                      out.onNext(
                          UnknownFieldSet.newBuilder()
                              .addField(RESPONSE_PAYLOAD, request.getField(REQUEST_PAYLOAD))
                              .build());
                      out.onCompleted();
                    }))
            .addMethod(
                OUTPUT,
                ServerCalls.asyncServerStreamingCall(
                    (request, out) -> {
                      ((ServerCallStreamObserver<UnknownFieldSet>) out).setCompression("gzip");
                      stream(request, out);
                      out.onCompleted();
                    }))
            .addMethod(INPUT, ServerCalls.asyncClientStreamingCall(Input::new))
            .addMethod(DUPLEX, ServerCalls.asyncBidiStreamingCall(Duplex::new))
            .build();
    return ServerInterceptors.intercept(service, new Echo());
  }

  private static void unary(UnknownFieldSet request, StreamObserver<UnknownFieldSet> out) {
    if (refuses(request, SIMPLE_EXPECT_COMPRESSED, out) || ends(request, out)) {
      return;
    }
    ServerCallStreamObserver<UnknownFieldSet> call =
        (ServerCallStreamObserver<UnknownFieldSet>) out;
    call.setCompression("gzip");
    call.setMessageCompression(isTrue(request, SIMPLE_RESPONSE_COMPRESSED));
    ByteString server = ByteString.copyFromUtf8("the only one");
    out.onNext(
        payload(number(request, SIMPLE_RESPONSE_SIZE)).toBuilder()
            .addField(SIMPLE_SERVER_ID, Field.newBuilder().addLengthDelimited(server).build())
            .build());
    out.onCompleted();
  }

  private static void stream(UnknownFieldSet request, StreamObserver<UnknownFieldSet> out) {
    for (ByteString bytes : request.getField(OUTPUT_PARAMETERS).getLengthDelimitedList()) {
      UnknownFieldSet parameter = parse(bytes);
      LockSupport.parkNanos(number(parameter, PARAMETER_INTERVAL_US) * 1000L);
      ((ServerCallStreamObserver<UnknownFieldSet>) out)
          .setMessageCompression(isTrue(parameter, PARAMETER_COMPRESSED));
      out.onNext(payload(number(parameter, PARAMETER_SIZE)));
    }
  }

  /** The call is ended with the status that its request names, if it names one. */
  private static boolean ends(UnknownFieldSet request, StreamObserver<UnknownFieldSet> out) {
    if (!request.hasField(REQUEST_STATUS)) {
      return false;
    }
    UnknownFieldSet status = message(request, REQUEST_STATUS);
    String text =
        status.getField(2).getLengthDelimitedList().stream()
            .map(ByteString::toStringUtf8)
            .findFirst()
            .orElse("");
    out.onError(Status.fromCodeValue(number(status, 1)).withDescription(text).asRuntimeException());
    return true;
  }

  /** The call is ended where the request was to be compressed and is not. */
  private static boolean refuses(
      UnknownFieldSet request, int expectCompressed, StreamObserver<UnknownFieldSet> out) {
    if (!isTrue(request, expectCompressed) || COMPRESSED.get()) {
      return false;
    }
    out.onError(Status.INVALID_ARGUMENT.withDescription("not compressed").asRuntimeException());
    return true;
  }

  private static final class Input implements StreamObserver<UnknownFieldSet> {
    private final StreamObserver<UnknownFieldSet> out;
    private int total;
    private boolean ended;

    Input(StreamObserver<UnknownFieldSet> out) {
      this.out = out;
    }

    @Override
    public void onNext(UnknownFieldSet request) {
      total +=
          message(request, INPUT_PAYLOAD).getField(PAYLOAD_BODY).getLengthDelimitedList().stream()
              .mapToInt(ByteString::size)
              .sum();
      ended = ended || refuses(request, INPUT_EXPECT_COMPRESSED, out);
    }

    @Override
    public void onError(Throwable cancelled) {}

    @Override
    public void onCompleted() {
      if (!ended) {
        out.onNext(
            UnknownFieldSet.newBuilder()
                .addField(AGGREGATED_SIZE, Field.newBuilder().addVarint(total).build())
                .build());
        out.onCompleted();
      }
    }
  }

  private static final class Duplex implements StreamObserver<UnknownFieldSet> {
    private final StreamObserver<UnknownFieldSet> out;
    private boolean ended;

    Duplex(StreamObserver<UnknownFieldSet> out) {
      this.out = out;
    }

    @Override
    public void onNext(UnknownFieldSet request) {
      ended = ended || ends(request, out);
      if (!ended) {
        stream(request, out);
      }
    }

    @Override
    public void onError(Throwable cancelled) {}

    @Override
    public void onCompleted() {
      if (!ended) {
        out.onCompleted();
      }
    }
  }

  private static final class Echo implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      ServerCall<Q, R> echoing =
          new SimpleForwardingServerCall<>(call) {
            @Override
            public void sendHeaders(Metadata sent) {
              copy(ECHO_INITIAL, sent);
              super.sendHeaders(sent);
            }

            @Override
            public void close(Status status, Metadata trailers) {
              copy(ECHO_TRAILING, trailers);
              super.close(status, trailers);
            }

            private <T> void copy(Metadata.Key<T> key, Metadata to) {
              T value = headers.get(key);
              if (value != null) {
                to.put(key, value);
              }
            }
          };
      boolean compressed = "gzip".equals(headers.get(ENCODING));
      return Contexts.interceptCall(
          Context.current().withValue(COMPRESSED, compressed), echoing, headers, next);
    }
  }

  static MethodDescriptor<UnknownFieldSet, UnknownFieldSet> method(String name, MethodType type) {
    return MethodDescriptor.newBuilder(
            ProtoLiteUtils.marshaller(UnknownFieldSet.getDefaultInstance()),
            ProtoLiteUtils.marshaller(UnknownFieldSet.getDefaultInstance()))
        .setFullMethodName(NAME + "/" + name)
        .setType(type)
        .build();
  }

  static UnknownFieldSet payload(int size) {
    UnknownFieldSet payload =
        UnknownFieldSet.newBuilder()
            .addField(
                PAYLOAD_BODY,
                Field.newBuilder().addLengthDelimited(ByteString.copyFrom(new byte[size])).build())
            .build();
    return UnknownFieldSet.newBuilder()
        .addField(
            RESPONSE_PAYLOAD, Field.newBuilder().addLengthDelimited(payload.toByteString()).build())
        .build();
  }

  private static int number(UnknownFieldSet message, int field) {
    return message.getField(field).getVarintList().stream().mapToInt(Long::intValue).sum();
  }

  private static boolean isTrue(UnknownFieldSet message, int field) {
    return message.hasField(field) && number(message(message, field), 1) == 1;
  }

  static UnknownFieldSet message(UnknownFieldSet message, int field) {
    return message.hasField(field)
        ? parse(message.getField(field).getLengthDelimitedList().getLast())
        : UnknownFieldSet.getDefaultInstance();
  }

  private static UnknownFieldSet parse(ByteString bytes) {
    try {
      return UnknownFieldSet.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
