package dev.prism.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("conformance")
@Timeout(60)
class TlsTest {
  private static final MethodDescriptor<byte[], byte[]> WHO =
      MethodDescriptor.newBuilder(Bytes.MARSHALLER, Bytes.MARSHALLER)
          .setFullMethodName("test.Tls/Who")
          .setType(MethodDescriptor.MethodType.UNARY)
          .build();

  @TempDir private static Path folder;
  private static Certificates certificates;
  private static Certificates.Issued server;
  private static Certificates.Issued client;
  private static Certificates.Issued stranger;

  private final List<ManagedChannel> channels = new ArrayList<>();
  private @Nullable GrpcHost host;

  @BeforeAll
  static void issue() throws IOException, GeneralSecurityException {
    certificates = new Certificates(folder.resolve("ours"));
    server = certificates.issue("server");
    client = certificates.issue("client");
    stranger = new Certificates(folder.resolve("theirs")).issue("stranger");
  }

  @AfterEach
  void stop() {
    channels.forEach(ManagedChannel::shutdownNow);
    if (host != null) {
      host.close();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
  void http2IsAgreedOnByAlpn(String version) throws Exception {
    // Given
    start(new TlsFiles(server.chain(), server.key(), null));

    // When
    try (SSLSocket socket = connect("h2", version)) {
      // Then
      assertThat(socket.getApplicationProtocol()).isEqualTo("h2");
      assertThat(socket.getSession().getProtocol()).isEqualTo(version);
    }
  }

  @Test
  void aVersionBeforeTls12IsRefused() throws Exception {
    // Given
    start(new TlsFiles(server.chain(), server.key(), null));

    // When
    assertThatThrownBy(() -> connect("h2", "TLSv1.1").close())
        // Then
        .isInstanceOf(SSLException.class);
  }

  @Test
  void aCallSeesItsClientsCertificate() throws Exception {
    // Given
    start(new TlsFiles(server.chain(), server.key(), certificates.authority()));

    // When
    String name = who(channel(client));

    // Then
    assertThat(name).isEqualTo("CN=client");
  }

  @Test
  void aClientThatIsAskedForNoCertificateHasNone() throws Exception {
    // Given
    start(new TlsFiles(server.chain(), server.key(), null));

    // When
    String name = who(channel(null));

    // Then
    assertThat(name).isEqualTo("nobody");
  }

  @Test
  void aClientWithoutACertificateIsRefusedWhereOneIsAskedFor() throws Exception {
    // Given
    start(new TlsFiles(server.chain(), server.key(), certificates.authority()));

    // When
    StatusRuntimeException refusal = refusal(channel(null));

    // Then others are served
    assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(who(channel(client))).isEqualTo("CN=client");
  }

  @Test
  void aClientOfAnotherAuthorityIsRefused() throws Exception {
    // Given
    start(new TlsFiles(server.chain(), server.key(), certificates.authority()));

    // When
    StatusRuntimeException refusal = refusal(channel(stranger));

    // Then
    assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
  }

  @Test
  void aClientInTheClearIsRefusedAndOthersAreServed() throws Exception {
    // Given
    start(new TlsFiles(server.chain(), server.key(), null));
    ManagedChannel clear =
        keep(NettyChannelBuilder.forAddress("127.0.0.1", host.port("test")).usePlaintext().build());

    // When
    StatusRuntimeException refusal = refusal(clear);

    // Then, by what the client reads first, it finds no connection or bytes that are not HTTP/2
    assertThat(refusal.getStatus().getCode()).isIn(Status.Code.UNAVAILABLE, Status.Code.INTERNAL);
    assertThat(serial()).isNotNull();
  }

  @Test
  void aReloadGivesNewConnectionsTheNewCertificateWhileAnOpenOneGoesOn() throws Exception {
    // Given an open connection
    Certificates.Issued rotated = certificates.issue("rotated");
    start(new TlsFiles(rotated.chain(), rotated.key(), certificates.authority()));
    ManagedChannel open = channel(client);
    who(open);
    BigInteger before = serial();

    // When
    certificates.issue("rotated");
    host.reloadTls("test");

    // Then
    assertThat(serial()).isNotEqualTo(before).isEqualTo(serial(rotated.chain()));
    assertThat(who(open)).isEqualTo("CN=client");
    assertThat(refusal(channel(stranger)).getStatus().getCode())
        .as("a client of another authority, after the reload")
        .isEqualTo(Status.Code.UNAVAILABLE);
  }

  @Test
  void aReloadOfUnfitFilesSaysSoAndTheOldOnesGoOn() throws Exception {
    // Given
    Certificates.Issued broken = certificates.issue("broken");
    start(new TlsFiles(broken.chain(), broken.key(), null));
    BigInteger before = serial();
    Files.writeString(broken.chain(), "nothing");

    // When
    assertThatThrownBy(() -> host.reloadTls("test"))
        // Then
        .isInstanceOf(IOException.class)
        .hasMessage("TLS: " + broken.chain() + " holds no certificate in PEM");
    assertThat(serial()).isEqualTo(before);
  }

  private void start(TlsFiles files) throws IOException {
    ServerServiceDefinition service =
        ServerServiceDefinition.builder("test.Tls").addMethod(WHO, TlsTest::answerWho).build();
    host =
        GrpcHost.start(
            new GrpcHost.Settings(
                Engine.PRISM, Implementation.MAX_MESSAGE, Implementation.FAILURES),
            List.of(
                new GrpcHost.Socket(
                    "test", Implementation.LOOPBACK, 0, List.of(service), List.of(), files)));
  }

  /** Answers with the name in the client's certificate. */
  private static ServerCall.Listener<byte[]> answerWho(
      ServerCall<byte[], byte[]> call, Metadata headers) {
    List<X509Certificate> chain = call.getAttributes().get(GrpcHost.PEER_CERTIFICATES);
    String name = chain == null ? "nobody" : chain.getFirst().getSubjectX500Principal().getName();
    byte[] answer = name.getBytes(StandardCharsets.UTF_8);
    call.request(1);
    return new ServerCall.Listener<>() {
      @Override
      public void onHalfClose() {
        call.sendHeaders(new Metadata());
        call.sendMessage(answer);
        call.close(Status.OK, new Metadata());
      }
    };
  }

  private static String who(ManagedChannel channel) {
    byte[] answer = ClientCalls.blockingUnaryCall(channel, WHO, CallOptions.DEFAULT, new byte[0]);
    return new String(answer, StandardCharsets.UTF_8);
  }

  private static StatusRuntimeException refusal(ManagedChannel channel) {
    return catchThrowableOfType(StatusRuntimeException.class, () -> who(channel));
  }

  private ManagedChannel channel(Certificates.@Nullable Issued identity) throws IOException {
    TlsChannelCredentials.Builder credentials =
        TlsChannelCredentials.newBuilder().trustManager(certificates.authority().toFile());
    if (identity != null) {
      credentials.keyManager(identity.chain().toFile(), identity.key().toFile());
    }
    return keep(
        NettyChannelBuilder.forAddress("127.0.0.1", host.port("test"), credentials.build())
            .build());
  }

  private ManagedChannel keep(ManagedChannel channel) {
    channels.add(channel);
    return channel;
  }

  /** The serial number of the certificate that a new connection is shown. */
  private BigInteger serial() throws Exception {
    try (SSLSocket socket = connect("h2", "TLSv1.3")) {
      return ((X509Certificate) socket.getSession().getPeerCertificates()[0]).getSerialNumber();
    }
  }

  private static BigInteger serial(Path chain) throws Exception {
    try (InputStream in = new FileInputStream(chain.toFile())) {
      return ((X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in))
          .getSerialNumber();
    }
  }

  private SSLSocket connect(String protocol, String version) throws Exception {
    SSLSocket socket =
        (SSLSocket)
            certificates.trust().getSocketFactory().createSocket("127.0.0.1", host.port("test"));
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setApplicationProtocols(new String[] {protocol});
    parameters.setProtocols(new String[] {version});
    socket.setSSLParameters(parameters);
    socket.startHandshake();
    return socket;
  }
}
