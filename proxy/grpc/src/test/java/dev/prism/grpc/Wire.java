package dev.prism.grpc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A host with one service, {@code test.Wire}, whose method {@code Call} a test writes and whose
 * method {@code Echo} shows that the connection lives; and a client with one connection to it.
 */
final class Wire implements AutoCloseable {
  static final MethodDescriptor<byte[], byte[]> ECHO = method("test.Wire/Echo", MethodType.UNARY);
  static final MethodDescriptor<byte[], byte[]> UNARY = method("test.Wire/Call", MethodType.UNARY);
  static final MethodDescriptor<byte[], byte[]> STREAM =
      method("test.Wire/Call", MethodType.BIDI_STREAMING);

  private static final long LIMIT_SECONDS = 10;

  private final Implementation.Running server;
  private final ManagedChannel channel;
  private @Nullable SocketAddress connection;

  private Wire(Implementation.Running server, ManagedChannel channel) {
    this.server = server;
    this.channel = channel;
  }

  static Wire start(Implementation host, ServerCallHandler<byte[], byte[]> call)
      throws IOException, InterruptedException {
    Wire wire =
        start(
            host,
            ServerServiceDefinition.builder("test.Wire")
                .addMethod(STREAM, call)
                .addMethod(ECHO, (echo, headers) -> new EchoListener(echo))
                .build());
    wire.connection = wire.clientsEnd();
    return wire;
  }

  static Wire start(Implementation host, ServerServiceDefinition... services) throws IOException {
    Implementation.Running server = host.start(null, List.of(services));
    return new Wire(server, client(server.port()));
  }

  /** A client with one connection to a port of loopback, which takes metadata of 1 MiB. */
  static ManagedChannel client(int port) {
    return NettyChannelBuilder.forAddress("127.0.0.1", port)
        .usePlaintext()
        .maxInboundMetadataSize(1 << 20)
        .build();
  }

  ManagedChannel channel() {
    return channel;
  }

  int port() {
    return server.port();
  }

  /** Starts a call that asks for no response yet. */
  Call call(MethodDescriptor<byte[], byte[]> method, CallOptions options, Metadata headers) {
    return Call.start(channel, method, options, headers);
  }

  /** A call with one request, to its end. */
  Call unary(byte[] request) throws InterruptedException {
    return unary(CallOptions.DEFAULT, new Metadata(), request);
  }

  Call unary(CallOptions options, Metadata headers, byte[] request) throws InterruptedException {
    Call call = call(UNARY, options, headers);
    call.client.request(2);
    call.client.sendMessage(request);
    call.client.halfClose();
    call.ended();
    return call;
  }

  /** Asserts that calls are served, on the connection that there was at the beginning. */
  void lives() throws InterruptedException {
    assertThat(clientsEnd()).isEqualTo(connection);
  }

  /** Makes a call, and says where its connection begins. */
  private @Nullable SocketAddress clientsEnd() throws InterruptedException {
    Call echo = call(ECHO, CallOptions.DEFAULT, new Metadata());
    echo.client.request(2);
    echo.client.sendMessage("still there".getBytes(UTF_8));
    echo.client.halfClose();
    assertThat(echo.ended()).isEqualTo(Status.OK);
    assertThat(echo.messages).containsExactly("still there".getBytes(UTF_8));
    return echo.client.getAttributes().get(Grpc.TRANSPORT_ATTR_LOCAL_ADDR);
  }

  @Override
  public void close() {
    channel.shutdownNow();
    server.close();
  }

  static MethodDescriptor<byte[], byte[]> method(String name, MethodType type) {
    return MethodDescriptor.newBuilder(Bytes.MARSHALLER, Bytes.MARSHALLER)
        .setFullMethodName(name)
        .setType(type)
        .build();
  }

  /** A call as its client sees it. */
  static final class Call extends ClientCall.Listener<byte[]> {
    final ClientCall<byte[], byte[]> client;
    final BlockingQueue<byte[]> messages = new LinkedBlockingQueue<>();

    /** One permit for each time that the client became ready for more. */
    final Semaphore readied = new Semaphore(0);

    private final BlockingQueue<Metadata> headers = new LinkedBlockingQueue<>();
    private final BlockingQueue<Metadata> trailers = new LinkedBlockingQueue<>();
    private final BlockingQueue<Status> ends = new LinkedBlockingQueue<>();

    private Call(ClientCall<byte[], byte[]> client) {
      this.client = client;
    }

    static Call start(
        ManagedChannel channel,
        MethodDescriptor<byte[], byte[]> method,
        CallOptions options,
        Metadata headers) {
      Call call = new Call(channel.newCall(method, options));
      call.client.start(call, headers);
      return call;
    }

    @Override
    public void onReady() {
      readied.release();
    }

    @Override
    public void onHeaders(Metadata received) {
      headers.add(received);
    }

    @Override
    public void onMessage(byte[] message) {
      messages.add(message);
    }

    @Override
    public void onClose(Status status, Metadata received) {
      trailers.add(received);
      ends.add(status);
    }

    /** The status, once it is there; a call that does not end fails the test. */
    Status ended() throws InterruptedException {
      Status status = taken(ends, "the call's end");
      ends.add(status);
      return status;
    }

    byte[] message() throws InterruptedException {
      return taken(messages, "a message");
    }

    Metadata headers() throws InterruptedException {
      return taken(headers, "headers");
    }

    Metadata trailers() throws InterruptedException {
      return taken(trailers, "trailers");
    }
  }

  /** Takes what another thread adds within ten seconds. */
  static <T> T taken(BlockingQueue<T> queue, String what) throws InterruptedException {
    T taken = queue.poll(LIMIT_SECONDS, TimeUnit.SECONDS);
    assertThat(taken).as(what + " within " + LIMIT_SECONDS + " s").isNotNull();
    return taken;
  }

  static void answer(ServerCall<byte[], byte[]> call, byte[] message) {
    call.sendHeaders(new Metadata());
    call.sendMessage(message);
    call.close(Status.OK, new Metadata());
  }

  /** Answers with all that was sent, at the end. */
  static final class EchoListener extends ServerCall.Listener<byte[]> {
    private final ServerCall<byte[], byte[]> call;
    private final List<byte[]> received = new ArrayList<>();

    EchoListener(ServerCall<byte[], byte[]> call) {
      this.call = call;
      call.request(1);
    }

    @Override
    public void onMessage(byte[] message) {
      received.add(message);
      call.request(1);
    }

    @Override
    public void onHalfClose() {
      call.sendHeaders(new Metadata());
      received.forEach(call::sendMessage);
      call.close(Status.OK, new Metadata());
    }
  }
}
