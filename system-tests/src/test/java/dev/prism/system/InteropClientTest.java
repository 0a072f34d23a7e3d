package dev.prism.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.grpc.Certificates;
import dev.prism.grpc.Implementation;
import dev.prism.grpc.InteropService;
import dev.prism.grpc.TlsFiles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** grpc-go's interop client, as it is released, against what Prism hosts. */
@Tag("system")
@ParameterizedClass(name = "{0}, TLS {1}")
@CsvSource({"GRPC_NETTY, false", "GRPC_NETTY, true", "PRISM, false", "PRISM, true"})
class InteropClientTest {
  private static Path client;
  private static Path authority;
  private static TlsFiles files;

  @Parameter(0)
  Implementation host;

  @Parameter(1)
  boolean tls;

  @BeforeAll
  static void make() throws Exception {
    client = Tools.go("google.golang.org/grpc/interop/client@v1.82.0");
    Certificates certificates = new Certificates(Tools.FOLDER.resolve("interop-certificates"));
    Certificates.Issued server = certificates.issue("server");
    authority = certificates.authority();
    files = new TlsFiles(server.chain(), server.key(), null);
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
        "timeout_on_sleeping_server",
        "cancel_after_begin",
        "cancel_after_first_response",
        "status_code_and_message",
        "special_status_message",
        "custom_metadata",
        "unimplemented_method",
        "unimplemented_service",
        "pick_first_unary",
        "rpc_soak",
        "channel_soak"
      })
  void theCaseEndsWell(String name) throws Exception {
    // Given
    try (Implementation.Running server =
        host.start(tls ? files : null, List.of(InteropService.definition()))) {
      List<String> command =
          new ArrayList<>(
              List.of(
                  client.toString(),
                  "-server_host=127.0.0.1",
                  "-server_port=" + server.port(),
                  "-test_case=" + name,
                  "-soak_iterations=100",
                  "-soak_num_threads=4"));
      if (tls) {
        command.addAll(List.of("-use_tls", "-use_test_ca", "-ca_file=" + authority));
      }

      // When
      Tools.Ended ended = Tools.end(Tools.FOLDER, Map.of(), command.toArray(String[]::new));

      // Then
      assertThat(ended.status()).as(ended.err()).isZero();
    }
  }
}
