package dev.prism.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.grpc.RawPeer.Frame;
import io.grpc.Grpc;
import io.grpc.ServerCall;
import io.grpc.ServerServiceDefinition;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is asked of one request, and what a service learns of its caller. */
@Tag("conformance")
@Timeout(60)
class RequestRulesTest {
  private static final int STREAMS = 2;

  private final Answers answers = new Answers();
  private final BlockingQueue<ServerCall<byte[], byte[]>> calls = new LinkedBlockingQueue<>();
  private @Nullable GrpcHost host;
  private @Nullable RawPeer peer;

  @BeforeEach
  void start() throws IOException {
    ServerServiceDefinition seen =
        ServerServiceDefinition.builder("test.Wire")
            .addMethod(
                Wire.UNARY,
                (call, headers) -> {
                  calls.add(call);
                  return new Wire.EchoListener(call);
                })
            .build();
    host = RawPeer.host(SomeLimits.streams(STREAMS), List.of(), answers.service(), seen);
    peer = RawPeer.connect(host, RawPeer.LARGEST_WINDOW);
  }

  @AfterEach
  void stop() throws IOException {
    answers.let.countDown();
    peer.close();
    host.close();
  }

  @Test
  void aStreamTooManyIsRefusedAndTheOthersAreServed() throws Exception {
    // Given
    peer.send(RawPeer.call(1, Answers.WAIT), RawPeer.call(3, Answers.WAIT));
    assertThat(answers.begun.tryAcquire(2, 10, TimeUnit.SECONDS)).isTrue();

    // When
    peer.send(RawPeer.call(5, Answers.SMALL));

    // Then
    Frame refused = peer.end(5);
    assertThat(refused.type()).isEqualTo(RawPeer.RST_STREAM);
    assertThat(refused.code()).isEqualTo(RawPeer.REFUSED_STREAM);
    answers.let.countDown();
    Frame one = peer.next(RawPeer.HEADERS);
    while (!one.ends()) {
      one = peer.next(RawPeer.HEADERS);
    }
    assertThat(statusOf(one)).isEqualTo("0");
    assertThat(statusOf(peer.end(one.stream() == 1 ? 3 : 1))).isEqualTo("0");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "S", "1", "-1S", "123456789S", "1x", "1 S", "1s", "0x1S"})
  void aTimeoutThatIsNotOneFailsTheCallAlone(String timeout) throws Exception {
    // When
    peer.send(RawPeer.call(1, Answers.SMALL, "grpc-timeout", timeout));

    // Then gRPC's INTERNAL
    assertThat(statusOf(peer.end(1))).isEqualTo("13");
    assertServed();
  }

  @Test
  void anUnknownEncodingIsUnimplementedAndTheKnownOnesAreNamed() throws Exception {
    // When
    peer.send(RawPeer.call(1, Answers.SMALL, "grpc-encoding", "snappy"));

    // Then
    Frame end = peer.end(1);
    assertThat(statusOf(end)).isEqualTo("12");
    assertThat(end.text()).contains("grpc-accept-encoding").contains("identity").contains("gzip");
    assertServed();
  }

  @Test
  void aServiceLearnsTheAuthorityAndTheAddressOfItsCaller() throws Exception {
    // When
    peer.send(RawPeer.call(1, "/test.Wire/Call"));

    // Then
    ServerCall<byte[], byte[]> call = Wire.taken(calls, "a call");
    assertThat(call.getAuthority()).isEqualTo("prism.test:1");
    InetSocketAddress remote =
        (InetSocketAddress) call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
    assertThat(remote.getPort()).isEqualTo(peer.localPort());
    assertThat(remote.getAddress()).isEqualTo(Implementation.LOOPBACK);
    InetSocketAddress local =
        (InetSocketAddress) call.getAttributes().get(Grpc.TRANSPORT_ATTR_LOCAL_ADDR);
    assertThat(local.getPort()).isEqualTo(host.port("test"));
  }

  private void assertServed() throws IOException {
    peer.send(RawPeer.call(3, Answers.SMALL));
    assertThat(statusOf(peer.end(3))).isEqualTo("0");
  }

  /** The value of grpc-status, as the engine writes it: a literal, its length before it. */
  private static String statusOf(Frame end) {
    String name = "grpc-status";
    int at = end.text().indexOf(name) + name.length();
    return end.text().substring(at + 1, at + 1 + end.body()[at]);
  }
}
