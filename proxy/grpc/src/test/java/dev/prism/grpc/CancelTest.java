package dev.prism.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.CallOptions;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.Status;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Deadlines, and clients that lose interest. */
@Tag("conformance")
@Timeout(60)
@ParameterizedClass
@EnumSource
class CancelTest {
  /** As the protocol has it, for a client that does not watch its deadline itself. */
  static final Metadata.Key<String> TIMEOUT =
      Metadata.Key.of("grpc-timeout", Metadata.ASCII_STRING_MARSHALLER);

  @Parameter Implementation host;

  private final Waiting waiting = new Waiting();
  private @Nullable Wire wire;

  @AfterEach
  void stop() {
    if (wire != null) {
      wire.close();
    }
  }

  @Test
  void aHandlerSeesItsClientsDeadline() throws Exception {
    // Given
    wire = Wire.start(host, waiting);

    // When
    wire.call(
        Wire.STREAM, CallOptions.DEFAULT.withDeadlineAfter(60, TimeUnit.SECONDS), new Metadata());

    // Then
    Deadline deadline = Wire.taken(waiting.started, "the handler's context").getDeadline();
    assertThat(deadline.timeRemaining(TimeUnit.SECONDS)).isBetween(40L, 60L);
  }

  @ParameterizedTest
  @CsvSource({"1H, 3600", "2M, 120", "30S, 30", "40000m, 40", "99999999u, 99", "99999999H, 0"})
  void aDeadlineMayHaveAnyUnit(String timeout, long seconds) throws Exception {
    // Given
    wire = Wire.start(host, waiting);
    Metadata headers = new Metadata();
    headers.put(TIMEOUT, timeout);

    // When
    wire.call(Wire.STREAM, CallOptions.DEFAULT, headers);

    // Then it is there; one beyond what a clock counts is as good as none
    Deadline deadline = Wire.taken(waiting.started, "the handler's context").getDeadline();
    if (seconds == 0) {
      assertThat(deadline == null || deadline.timeRemaining(TimeUnit.DAYS) > 365).isTrue();
    } else {
      assertThat(deadline.timeRemaining(TimeUnit.SECONDS)).isBetween(seconds - 20, seconds);
    }
  }

  @Test
  void aCallWithoutADeadlineHasNone() throws Exception {
    // Given
    wire = Wire.start(host, waiting);

    // When
    wire.call(Wire.STREAM, CallOptions.DEFAULT, new Metadata());

    // Then
    assertThat(Wire.taken(waiting.started, "the handler's context").getDeadline()).isNull();
  }

  @Test
  void aDeadlineThatPassesCancelsTheCallAndTheConnectionLives() throws Exception {
    // Given
    wire = Wire.start(host, waiting);

    // When
    Wire.Call call =
        wire.call(
            Wire.STREAM,
            CallOptions.DEFAULT.withDeadlineAfter(300, TimeUnit.MILLISECONDS),
            new Metadata());

    // Then
    assertThat(call.ended().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    waiting.assertCancelled();
    wire.lives();
  }

  @Test
  void aCallThatIsCancelledIsToldToItsHandlerAndTheConnectionLives() throws Exception {
    // Given
    wire = Wire.start(host, waiting);
    Wire.Call call = wire.call(Wire.STREAM, CallOptions.DEFAULT, new Metadata());
    call.client.sendMessage(new byte[10]);
    Context context = Wire.taken(waiting.started, "the handler's context");

    // When
    call.client.cancel("enough", null);

    // Then
    waiting.assertCancelled();
    assertThat(context.isCancelled()).isTrue();
    wire.lives();
  }

  @Test
  void twoHundredCancelsDoNotCostTheConnection() throws Exception {
    // Given
    wire = Wire.start(host, waiting);

    // When
    for (int i = 0; i < 200; i++) {
      Wire.Call call = wire.call(Wire.STREAM, CallOptions.DEFAULT, new Metadata());
      Wire.taken(waiting.started, "the handler's context");
      call.client.cancel("enough", null);
    }

    // Then
    for (int i = 0; i < 200; i++) {
      waiting.assertCancelled();
    }
    wire.lives();
  }

  @Test
  void aConnectionThatIsCutCancelsItsCalls() throws Exception {
    // Given a connection through a relay
    wire = Wire.start(host, waiting);
    try (Relay relay = new Relay(wire.port())) {
      ManagedChannel channel = Wire.client(relay.port());
      Wire.Call call = Wire.Call.start(channel, Wire.STREAM, CallOptions.DEFAULT, new Metadata());
      Wire.taken(waiting.started, "the handler's context");

      // When
      relay.cut();

      // Then
      waiting.assertCancelled();
      assertThat(call.ended().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      channel.shutdownNow();
    }
  }

  /** A handler that answers nothing and tells of its cancellation. */
  private static final class Waiting implements ServerCallHandler<byte[], byte[]> {
    final BlockingQueue<Context> started = new LinkedBlockingQueue<>();
    private final BlockingQueue<Boolean> cancelled = new LinkedBlockingQueue<>();
    private final BlockingQueue<Context> contexts = new LinkedBlockingQueue<>();

    @Override
    public ServerCall.Listener<byte[]> startCall(
        ServerCall<byte[], byte[]> call, Metadata headers) {
      Context context = Context.current();
      context.addListener(contexts::add, Runnable::run);
      started.add(context);
      call.request(1);
      return new ServerCall.Listener<>() {
        @Override
        public void onCancel() {
          cancelled.add(call.isCancelled());
        }
      };
    }

    /** One call has been told so, by its listener and its context. */
    void assertCancelled() throws InterruptedException {
      assertThat(Wire.taken(cancelled, "onCancel")).isTrue();
      assertThat(Wire.taken(contexts, "the context's cancellation").isCancelled()).isTrue();
    }
  }

  /** Carries one connection's bytes until it is cut, with a reset of both of its ends. */
  private static final class Relay implements AutoCloseable {
    private final ServerSocket listener = new ServerSocket(0, 1, Implementation.LOOPBACK);
    private final BlockingQueue<Socket> sockets = new LinkedBlockingQueue<>();

    Relay(int to) throws IOException {
      Thread.startVirtualThread(
          () -> {
            try {
              Socket near = listener.accept();
              Socket far = new Socket(Implementation.LOOPBACK, to);
              sockets.add(near);
              sockets.add(far);
              Thread.startVirtualThread(() -> copy(near, far));
              copy(far, near);
            } catch (IOException e) {
              sockets.clear(); // the test's first wait fails
            }
          });
    }

    int port() {
      return listener.getLocalPort();
    }

    void cut() throws IOException, InterruptedException {
      for (int i = 0; i < 2; i++) {
        Socket socket = Wire.taken(sockets, "the relay's socket");
        socket.setSoLinger(true, 0);
        socket.close();
      }
    }

    private static void copy(Socket from, Socket to) {
      try {
        from.getInputStream().transferTo(to.getOutputStream());
      } catch (IOException cut) {
        // as the test wants it
      }
    }

    @Override
    public void close() throws IOException {
      listener.close();
    }
  }
}
