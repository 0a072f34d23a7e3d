package dev.prism.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.grpc.Engine;
import dev.prism.grpc.GrpcHost;
import dev.prism.grpc.Implementation;
import dev.prism.grpc.InteropService;
import dev.prism.grpc.TlsFiles;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * grpc-java's interop client, as it is released, against what Prism hosts: over Netty and over
 * OkHttp, the two transports that it has.
 */
@Tag("system")
@ParameterizedClass(name = "{0}, TLS {1}")
@CsvSource({"netty, false", "netty, true", "okhttp, false", "okhttp, true"})
class GrpcJavaInteropTest {
  private static final Path FOLDER = Tools.FOLDER.resolve("grpc-java-interop");
  private static final Path JARS = FOLDER.resolve("jars");

  /** The server that the client's own test authority has certified, and by which name. */
  private static final String SERVER = "server1";

  private static final String SERVER_NAME = "foo.test.google.fr";

  /** What the largest request of the cases takes, and what grpc-java's own test server allows. */
  private static final int MAX_MESSAGE = 16 << 20;

  private static TlsFiles files;

  @Parameter(0)
  String transport;

  @Parameter(1)
  boolean tls;

  @BeforeAll
  static void make() throws Exception {
    Tools.needs("mvn");
    Files.createDirectories(FOLDER);
    Tools.run(
        Prism.HOME.resolve("system-tests/clients/grpc-java-interop"),
        Map.of(),
        "mvn",
        "-q",
        "package",
        "-Dfolder=" + FOLDER);
    files = new TlsFiles(resource(SERVER + ".pem"), resource(SERVER + ".key"), null);
  }

  /** A file of the authority that the client trusts with {@code use_test_ca}. */
  private static Path resource(String name) throws Exception {
    List<URL> jars = new ArrayList<>();
    try (Stream<Path> all = Files.list(JARS)) {
      for (Path jar : all.toList()) {
        jars.add(jar.toUri().toURL());
      }
    }
    Path file = FOLDER.resolve(name);
    try (URLClassLoader loader = new URLClassLoader(jars.toArray(URL[]::new), null);
        InputStream from = Objects.requireNonNull(loader.getResourceAsStream("certs/" + name))) {
      Files.copy(from, file, StandardCopyOption.REPLACE_EXISTING);
    }
    return file;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "empty_unary",
        "large_unary",
        "client_streaming",
        "server_streaming",
        "ping_pong",
        "empty_stream",
        "client_compressed_unary",
        "client_compressed_streaming",
        "server_compressed_unary",
        "server_compressed_streaming",
        "custom_metadata",
        "status_code_and_message",
        "special_status_message",
        "unimplemented_method",
        "unimplemented_service",
        "cancel_after_begin",
        "cancel_after_first_response",
        "timeout_on_sleeping_server",
        "cacheable_unary",
        "very_large_request",
        "pick_first_unary",
        "rpc_soak",
        "channel_soak"
      })
  void theCaseEndsWell(String name) throws Exception {
    // Given
    try (GrpcHost server =
        GrpcHost.start(
            new GrpcHost.Settings(Engine.PRISM, MAX_MESSAGE, Implementation.FAILURES),
            List.of(
                new GrpcHost.Socket(
                    "interop",
                    InetAddress.getLoopbackAddress(),
                    0,
                    List.of(InteropService.definition()),
                    List.of(),
                    tls ? files : null)))) {
      String[] command = {
        Path.of(System.getProperty("java.home"), "bin/java").toString(),
        "-XX:TieredStopAtLevel=1", // it is over before more would pay
        "-cp",
        JARS + "/*",
        "io.grpc.testing.integration.TestServiceClient",
        "--server_host=127.0.0.1",
        "--server_host_override=" + SERVER_NAME,
        "--server_port=" + server.port("interop"),
        "--use_tls=" + tls,
        "--use_test_ca=" + tls,
        "--use_okhttp=" + transport.equals("okhttp"),
        "--test_case=" + name,
        "--soak_iterations=100",
        "--soak_num_threads=4"
      };

      // When
      Tools.Ended ended = Tools.end(FOLDER, Map.of(), command);

      // Then
      assertThat(ended.status()).as(ended.err()).isZero();
    }
  }
}
