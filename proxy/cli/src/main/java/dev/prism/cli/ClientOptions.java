package dev.prism.cli;

import dev.prism.grpc.TlsFiles;
import io.grpc.ChannelCredentials;
import io.grpc.InsecureChannelCredentials;
import io.grpc.TlsChannelCredentials;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What every command that talks to a running Prism can be told. */
final class ClientOptions {
  /** How long a call may take where nothing is said. */
  static final Duration DEFAULT_DEADLINE = Duration.ofSeconds(10);

  @Option(
      names = "--endpoint",
      paramLabel = "HOST:PORT",
      defaultValue = "${env:PRISM_ENDPOINT:-127.0.0.1:8980}",
      description = "Where Prism listens (PRISM_ENDPOINT; default 127.0.0.1:8980).")
  private String endpoint = "";

  @Option(
      names = "--admin-endpoint",
      paramLabel = "HOST:PORT",
      defaultValue = "${env:PRISM_ADMIN_ENDPOINT:-127.0.0.1:8981}",
      description = "Where its admin port is (PRISM_ADMIN_ENDPOINT; default 127.0.0.1:8981).")
  private String adminEndpoint = "";

  @Option(
      names = "--config",
      paramLabel = "NAME",
      defaultValue = "",
      description =
          "The named config of the session (default: default; of queue commands queue, of pubsub commands pubsub, of read, query and count reader, of tx and mailbox transact).")
  private String config = "";

  @Option(
      names = "--namespace",
      paramLabel = "NAME",
      defaultValue = "",
      description = "Whose data; default: the config's namespace.")
  private String namespace = "";

  @Option(
      names = "--api-key",
      paramLabel = "KEY",
      defaultValue = "${env:PRISM_API_KEY:-}",
      description =
          "The API key. Better in PRISM_API_KEY or a file: others can see a process's arguments.")
  private String apiKey = "";

  @Option(
      names = "--api-key-file",
      paramLabel = "FILE",
      description = "A file that holds the API key.")
  private @Nullable Path apiKeyFile;

  @Option(
      names = "--tls",
      defaultValue = "${env:PRISM_TLS:-false}",
      description =
          "Speak TLS with the gRPC port, and trust the authorities that Java trusts (PRISM_TLS=true).")
  private boolean tls;

  @Option(
      names = "--ca",
      paramLabel = "FILE",
      defaultValue = "${env:PRISM_CA:-}",
      description = "Speak TLS, and trust the authorities of this PEM file (PRISM_CA).")
  private String authorities = "";

  @Option(
      names = "--cert",
      paramLabel = "FILE",
      defaultValue = "${env:PRISM_CERT:-}",
      description =
          "The client's own certificate chain, PEM, for a server that asks for one; needs --cert-key (PRISM_CERT).")
  private String certificate = "";

  @Option(
      names = "--cert-key",
      paramLabel = "FILE",
      defaultValue = "${env:PRISM_CERT_KEY:-}",
      description = "Its private key, PKCS#8 in PEM (PRISM_CERT_KEY).")
  private String certificateKey = "";

  @Option(names = "--json", description = "Answer as JSON (bytes are base64).")
  private boolean json;

  @Option(
      names = "--deadline",
      paramLabel = "TIME",
      converter = Units.TimeConverter.class,
      description = "How long each call may take, such as 500ms (default: 10s).")
  private @Nullable Duration deadline;

  String endpoint() {
    return endpoint;
  }

  String adminEndpoint() {
    return adminEndpoint;
  }

  /** What the gRPC port is spoken to with. */
  ChannelCredentials credentials() {
    if (certificate.isEmpty() != certificateKey.isEmpty()) {
      throw new UserError("--cert and --cert-key belong together: give both");
    }
    if (!tls && authorities.isEmpty() && certificate.isEmpty()) {
      return InsecureChannelCredentials.create();
    }
    TlsChannelCredentials.Builder credentials = TlsChannelCredentials.newBuilder();
    try {
      // Read here first: of a file that is not what it should be, gRPC says little.
      if (!authorities.isEmpty()) {
        TlsFiles.authorities(Path.of(authorities));
        credentials.trustManager(new File(authorities));
      }
      if (!certificate.isEmpty()) {
        TlsFiles.identity(Path.of(certificate), Path.of(certificateKey));
        credentials.keyManager(new File(certificate), new File(certificateKey));
      }
    } catch (IOException e) {
      throw new UserError(String.valueOf(e.getMessage()));
    }
    return credentials.build();
  }

  /** The config that is named, or {@code absent}. */
  String config(String absent) {
    return config.isEmpty() ? absent : config;
  }

  String namespace() {
    return namespace;
  }

  boolean json() {
    return json;
  }

  Duration deadline() {
    return deadline == null ? DEFAULT_DEADLINE : deadline;
  }

  /** The deadline of a call that streams: as long as it takes, unless one was given. */
  Duration streamDeadline() {
    return deadline == null ? Duration.ofDays(1) : deadline;
  }

  /** The API key, or empty where there is none. */
  String apiKey() {
    if (apiKeyFile == null) {
      return apiKey.strip();
    }
    try {
      return Files.readString(apiKeyFile).strip();
    } catch (IOException e) {
      throw new UserError("cannot read the API key from " + apiKeyFile + ": give a readable file");
    }
  }
}
