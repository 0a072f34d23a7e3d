package dev.prism.system;

import static dev.prism.system.Errors.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;
import dev.prism.config.v1.BackendConfig;
import dev.prism.config.v1.BackendType;
import dev.prism.config.v1.ClientConfig;
import dev.prism.keyvalue.v1.GetRequest;
import dev.prism.keyvalue.v1.KeyValueServiceGrpc;
import dev.prism.keyvalue.v1.KeyValueServiceGrpc.KeyValueServiceBlockingStub;
import dev.prism.keyvalue.v1.PutRequest;
import dev.prism.session.v1.CloseSessionRequest;
import dev.prism.session.v1.CreateSessionRequest;
import dev.prism.session.v1.SessionServiceGrpc;
import dev.prism.status.Reason;
import dev.prism.type.v1.AccessPattern;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.stub.ClientCalls;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Whatever a client sends, it is told what is wrong, and what was there before is still there
 * after.
 */
@Tag("system")
class BadInputTest {
  private static Prism prism;
  private static KeyValueServiceBlockingStub client;

  @BeforeAll
  static void start() throws Exception {
    prism = Prism.up(Prism.newDirectory("bad-input"));
    client = prism.keyValue("default");
  }

  @AfterAll
  static void stop() {
    prism.close();
  }

  @BeforeEach
  void given() {
    client.put(put("kept", "value").build());
  }

  @AfterEach
  void stillReadable() {
    assertThat(client.get(get("kept")).getItem().getValue().toStringUtf8()).isEqualTo("value");
  }

  @Test
  void aCallWithoutASessionIsRefused() {
    assertFails(Reason.SESSION_MISSING, () -> prism.keyValueIn(null).get(get("kept")));
  }

  @Test
  void aForeignSessionIsRefused() {
    String mine = prism.openSession("default");
    char last = mine.charAt(mine.length() - 1);
    String foreign = mine.substring(0, mine.length() - 1) + (last == 'A' ? 'B' : 'A');
    assertFails(Reason.SESSION_INVALID, () -> prism.keyValueIn(foreign).get(get("kept")));
    assertFails(Reason.SESSION_INVALID, () -> prism.keyValueIn("x").get(get("kept")));
    assertFails(Reason.SESSION_INVALID, () -> prism.keyValueIn("x".repeat(4000)).get(get("kept")));
  }

  @Test
  void aClosedSessionIsRefused() {
    String token = prism.openSession("default");
    SessionServiceGrpc.newBlockingStub(prism.channel())
        .withInterceptors(Prism.session(token))
        .closeSession(CloseSessionRequest.getDefaultInstance());
    assertFails(Reason.SESSION_EXPIRED, () -> prism.keyValueIn(token).get(get("kept")));
  }

  @Test
  void anUnknownConfigIsRefused() {
    assertFails(Reason.CONFIG_NOT_FOUND, () -> prism.openSession("defualt"));
  }

  @Test
  void anUnknownNamespaceIsRefused() {
    assertFails(
        Reason.NAMESPACE_NOT_FOUND,
        () ->
            sessions()
                .createSession(
                    CreateSessionRequest.newBuilder()
                        .setConfigName("default")
                        .setNamespace("nowhere")
                        .build()));
  }

  @Test
  void aPatternThatTheBackendCannotServeIsRefused() {
    ClientConfig queue =
        ClientConfig.newBuilder()
            .setName("queue")
            .setPattern(AccessPattern.ACCESS_PATTERN_TRANSACT)
            .setNamespace("default")
            .setBackend(
                BackendConfig.newBuilder()
                    .setType(BackendType.BACKEND_TYPE_MEMORY)
                    .setName("memory"))
            .build();
    assertFails(
        Reason.CONFIG_INVALID,
        () ->
            sessions()
                .createSession(CreateSessionRequest.newBuilder().setInlineConfig(queue).build()));
  }

  @Test
  void aKeyThatIsTooLongIsRefused() {
    assertFails(Reason.KEY_INVALID, () -> client.put(put("k".repeat(1025), "v").build()));
    assertFails(Reason.KEY_INVALID, () -> client.get(get("")));
  }

  @Test
  void aCollectionWithOddCharactersIsRefused() {
    assertFails(
        Reason.COLLECTION_INVALID,
        () -> client.get(GetRequest.newBuilder().setCollection("a/../b").setKey("k").build()));
  }

  @Test
  void aTimeToLiveOutOfBoundsIsRefused() {
    for (Duration ttl :
        new Duration[] {
          Duration.getDefaultInstance(),
          Duration.newBuilder().setSeconds(-1).build(),
          Duration.newBuilder().setSeconds(11L * 366 * 24 * 3600).build(),
          Duration.newBuilder().setSeconds(1).setNanos(-5).build()
        }) {
      assertFails(Reason.TTL_INVALID, () -> client.put(put("kept", "other").setTtl(ttl).build()));
    }
  }

  @Test
  void bytesThatAreNoMessageAreRefused() {
    MethodDescriptor<byte[], byte[]> method =
        MethodDescriptor.<byte[], byte[]>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName(KeyValueServiceGrpc.getPutMethod().getFullMethodName())
            .setRequestMarshaller(new Raw())
            .setResponseMarshaller(new Raw())
            .build();
    for (byte[] garbage :
        new byte[][] {{(byte) 0xff, (byte) 0xff}, {0x0a, 0x7f}, {0x0a, 2, (byte) 0xc3, 0x28}}) {
      assertFails(
          Reason.REQUEST_MALFORMED,
          () ->
              ClientCalls.blockingUnaryCall(
                  io.grpc.ClientInterceptors.intercept(
                      prism.channel(), Prism.session(prism.openSession("default"))),
                  method,
                  CallOptions.DEFAULT,
                  garbage));
    }
  }

  @Test
  void aValueThatIsTooLargeIsRefusedAndTheOldOneIsRead() {
    ByteString kept = ByteString.copyFrom(new byte[16 << 20]);
    client.put(put("large", "").setValue(kept).build());
    ByteString overTheBackends = ByteString.copyFrom(new byte[(16 << 20) + 1]);
    ByteString overTheServers = ByteString.copyFrom(new byte[17 << 20]);

    assertFails(
        Reason.VALUE_TOO_LARGE,
        () -> client.put(put("large", "").setValue(overTheBackends).build()));
    assertFails(
        Reason.MESSAGE_TOO_LARGE,
        () -> client.put(put("large", "").setValue(overTheServers).build()));
    assertThat(client.get(get("large")).getItem().getValue()).isEqualTo(kept);
  }

  private static SessionServiceGrpc.SessionServiceBlockingStub sessions() {
    return SessionServiceGrpc.newBlockingStub(prism.channel());
  }

  private static PutRequest.Builder put(String key, String value) {
    return PutRequest.newBuilder()
        .setCollection("bad")
        .setKey(key)
        .setValue(ByteString.copyFromUtf8(value));
  }

  private static GetRequest get(String key) {
    return GetRequest.newBuilder().setCollection("bad").setKey(key).build();
  }

  private static final class Raw implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] message) {
      return new ByteArrayInputStream(message);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (java.io.IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }
  }
}
