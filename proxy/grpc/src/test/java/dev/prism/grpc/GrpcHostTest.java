package dev.prism.grpc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCallHandler;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What both engines give. */
@Tag("conformance")
@Timeout(30)
@ParameterizedClass
@EnumSource
class GrpcHostTest {
  private static final int MAX = 1 << 20;
  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

  private final BlockingQueue<Throwable> thrown = new ArrayBlockingQueue<>(10);
  @Parameter private Engine engine;
  private GrpcHost host;
  private ManagedChannel channel;

  @BeforeEach
  void start() throws IOException {
    ServerServiceDefinition echo =
        ServerServiceDefinition.builder("test.Echo")
            .addMethod(method("Echo"), unary((request, out) -> answer(out, request)))
            .addMethod(
                method("Throw"),
                unary(
                    (request, out) -> {
                      throw new IllegalStateException("a secret");
                    }))
            .addMethod(
                method("Refuse"),
                unary(
                    (request, out) ->
                        out.onError(
                            Status.ABORTED.withDescription("100% \"no\" {é}\n").asException())))
            .addMethod(
                stream("Count"),
                ServerCalls.asyncServerStreamingCall(
                    (byte[] request, StreamObserver<byte[]> out) -> {
                      for (int i = 0; i < 1000; i++) {
                        out.onNext(new byte[] {(byte) i});
                      }
                      out.onCompleted();
                    }))
            .build();
    Failures failures =
        new Failures() {
          @Override
          public Answer thrown(String method, Metadata headers, Throwable failure) {
            thrown.add(failure);
            return new Answer(Status.INTERNAL.withDescription("Something broke."), new Metadata());
          }

          @Override
          public Answer refused(String method, Metadata headers, Status status) {
            return new Answer(status, new Metadata());
          }
        };
    HealthStatusManager health = new HealthStatusManager();
    ServerServiceDefinition healthService = health.getHealthService().bindService();
    host =
        GrpcHost.start(
            new GrpcHost.Settings(engine, MAX, failures),
            List.of(
                new GrpcHost.Socket(
                    "data",
                    LOOPBACK,
                    0,
                    List.of(
                        echo, healthService, StandardServices.reflection(List.of(healthService))),
                    List.of(),
                    null),
                new GrpcHost.Socket(
                    "admin",
                    LOOPBACK,
                    0,
                    List.of(),
                    List.of(
                        new HttpRoute(
                            "/hello", () -> new HttpRoute.Answer(200, "text/plain", "hi"))),
                    null)));
    channel = NettyChannelBuilder.forAddress("127.0.0.1", host.port("data")).usePlaintext().build();
  }

  @AfterEach
  void stop() {
    channel.shutdownNow();
    host.close();
  }

  @Test
  void aUnaryCallIsAnsweredWithTheBytesOfItsHandler() {
    byte[] answer = call("Echo", "hello".getBytes(UTF_8));

    assertThat(answer).isEqualTo("hello".getBytes(UTF_8));
  }

  @Test
  void aMessageOfTheLargestSizeTravelsBothWays() {
    byte[] large = new byte[MAX];
    Arrays.fill(large, (byte) 7);

    byte[] answer = call("Echo", large);

    assertThat(answer).isEqualTo(large);
  }

  @Test
  void aMessageOverTheLimitIsRefusedAndTheConnectionLives() {
    StatusRuntimeException refusal = failure(() -> call("Echo", new byte[MAX + 1]));

    assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(call("Echo", new byte[] {1})).containsExactly(1);
  }

  @Test
  void aCompressedRequestIsServedOrRefusedInsteadOfHanging() {
    if (engine == Engine.PRISM) {
      CallOptions gzip = CallOptions.DEFAULT.withCompression("gzip");
      assertThat(ClientCalls.blockingUnaryCall(channel, method("Echo"), gzip, new byte[100]))
          .containsExactly(new byte[100]);
      return;
    }
    StatusRuntimeException refusal =
        failure(
            () ->
                ClientCalls.blockingUnaryCall(
                    channel,
                    method("Echo"),
                    CallOptions.DEFAULT.withCompression("gzip"),
                    new byte[100]));

    assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
    assertThat(call("Echo", new byte[] {1})).containsExactly(1);
  }

  @Test
  void anExceptionBecomesAStatusWithoutItsText() {
    StatusRuntimeException failure = failure(() -> call("Throw", new byte[0]));

    assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.INTERNAL);
    assertThat(failure.getStatus().getDescription()).isEqualTo("Something broke.");
    assertThat(thrown).hasSize(1);
  }

  @Test
  void aStatusMessageWithAnyCharacterArrivesWholeAndTheConnectionLives() {
    for (int i = 0; i < 10; i++) {
      StatusRuntimeException failure = failure(() -> call("Refuse", new byte[0]));

      assertThat(failure.getStatus().getDescription()).isEqualTo("100% \"no\" {é}\n");
    }
  }

  @Test
  void anUnknownMethodIsUnimplemented() {
    StatusRuntimeException failure = failure(() -> call("Nothing", new byte[0]));

    assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
  }

  @Test
  void aStreamArrivesWholeAndInOrder() {
    Iterator<byte[]> answers =
        ClientCalls.blockingServerStreamingCall(
            channel, stream("Count"), CallOptions.DEFAULT, new byte[0]);

    List<Byte> seen = new ArrayList<>();
    answers.forEachRemaining(message -> seen.add(message[0]));
    assertThat(seen).hasSize(1000);
    assertThat(seen.get(999)).isEqualTo((byte) 999);
  }

  @Test
  void reflectionNamesTheServices() throws InterruptedException {
    BlockingQueue<Object> answers = new ArrayBlockingQueue<>(4);
    StreamObserver<ServerReflectionRequest> requests =
        ServerReflectionGrpc.newStub(channel)
            .serverReflectionInfo(
                new StreamObserver<>() {
                  @Override
                  public void onNext(ServerReflectionResponse response) {
                    answers.add(response);
                  }

                  @Override
                  public void onError(Throwable failure) {
                    answers.add(failure);
                  }

                  @Override
                  public void onCompleted() {}
                });

    requests.onNext(ServerReflectionRequest.newBuilder().setListServices("").build());

    assertThat(String.valueOf(answers.poll(10, TimeUnit.SECONDS)))
        .contains("grpc.health.v1.Health");
    requests.onCompleted();
  }

  @Test
  void httpRoutesAreServedBesideGrpc() throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:" + host.port("admin") + "/hello");

    HttpResponse<String> answer;
    try (HttpClient client = HttpClient.newHttpClient()) {
      answer =
          client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
    }

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo("hi");
  }

  @Test
  void aPortInUseIsOneClearLine() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      GrpcHost.Socket socket =
          new GrpcHost.Socket("data", LOOPBACK, taken.getLocalPort(), List.of(), List.of(), null);
      GrpcHost.Settings settings = new GrpcHost.Settings(engine, MAX, new NoFailures());

      assertThatThrownBy(() -> GrpcHost.start(settings, List.of(socket)))
          .isInstanceOf(IOException.class)
          .hasMessage("port " + taken.getLocalPort() + " is in use");
    }
  }

  private byte[] call(String method, byte[] request) {
    return ClientCalls.blockingUnaryCall(channel, method(method), CallOptions.DEFAULT, request);
  }

  private static StatusRuntimeException failure(Runnable call) {
    return catchThrowableOfType(StatusRuntimeException.class, call::run);
  }

  private static void answer(StreamObserver<byte[]> out, byte[] message) {
    out.onNext(message);
    out.onCompleted();
  }

  private static ServerCallHandler<byte[], byte[]> unary(
      ServerCalls.UnaryMethod<byte[], byte[]> method) {
    return ServerCalls.asyncUnaryCall(method);
  }

  private static MethodDescriptor<byte[], byte[]> method(String name) {
    return descriptor(name, MethodDescriptor.MethodType.UNARY);
  }

  private static MethodDescriptor<byte[], byte[]> stream(String name) {
    return descriptor(name, MethodDescriptor.MethodType.SERVER_STREAMING);
  }

  private static MethodDescriptor<byte[], byte[]> descriptor(
      String name, MethodDescriptor.MethodType type) {
    return MethodDescriptor.newBuilder(Bytes.MARSHALLER, Bytes.MARSHALLER)
        .setFullMethodName("test.Echo/" + name)
        .setType(type)
        .build();
  }

  private static final class NoFailures implements Failures {
    @Override
    public Answer thrown(String method, Metadata headers, Throwable failure) {
      throw new AssertionError(failure);
    }

    @Override
    public Answer refused(String method, Metadata headers, Status status) {
      throw new AssertionError(status);
    }
  }
}
