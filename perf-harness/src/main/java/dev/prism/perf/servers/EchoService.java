package dev.prism.perf.servers;

import dev.prism.grpc.Bytes;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.nio.charset.StandardCharsets;

/** What every server of a comparison hosts: the same definition, with bodies as bytes. */
public final class EchoService {
  public static final String ECHO = "/prism.bench.Echo/Echo";
  public static final String STREAM = "/prism.bench.Echo/Stream";

  /** Of a message, without gRPC's prefix. */
  public static final int BODY_BYTES = 256;

  /** The decimal digits at a request's start, which tell a stream how many messages to send. */
  private static final int DIGITS = 10;

  private EchoService() {}

  static ServerServiceDefinition definition() {
    return ServerServiceDefinition.builder("prism.bench.Echo")
        .addMethod(
            method(ECHO, MethodType.UNARY),
            ServerCalls.asyncUnaryCall(
                (byte[] request, StreamObserver<byte[]> out) -> {
                  out.onNext(request);
                  out.onCompleted();
                }))
        .addMethod(
            method(STREAM, MethodType.SERVER_STREAMING),
            ServerCalls.asyncServerStreamingCall(EchoService::stream))
        .build();
  }

  private static MethodDescriptor<byte[], byte[]> method(String path, MethodType type) {
    return MethodDescriptor.<byte[], byte[]>newBuilder()
        .setType(type)
        .setFullMethodName(path.substring(1))
        .setRequestMarshaller(Bytes.MARSHALLER)
        .setResponseMarshaller(Bytes.MARSHALLER)
        .build();
  }

  private static void stream(byte[] request, StreamObserver<byte[]> out) {
    int messages = Integer.parseInt(new String(request, 0, DIGITS, StandardCharsets.US_ASCII));
    ServerCallStreamObserver<byte[]> call = (ServerCallStreamObserver<byte[]>) out;
    Producer producer = new Producer(call, messages);
    call.setOnReadyHandler(producer);
    producer.run();
  }

  /** Sends while the call takes messages, as gRPC asks of a server. */
  private static final class Producer implements Runnable {
    private final ServerCallStreamObserver<byte[]> call;
    private final byte[] message = new byte[BODY_BYTES];
    private int left;
    private boolean completed;

    Producer(ServerCallStreamObserver<byte[]> call, int messages) {
      this.call = call;
      left = messages;
    }

    @Override
    public void run() {
      while (left > 0 && call.isReady()) {
        left--;
        call.onNext(message);
      }
      if (left == 0 && !completed) {
        completed = true;
        call.onCompleted();
      }
    }
  }
}
