package dev.prism.plugin.nats;

import dev.prism.testservers.NatsServer;
import dev.prism.testservers.SelfSigned;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** A server that speaks TLS alone and knows who a credentials file says one is. */
final class SecuredServer implements AutoCloseable {
  private final NatsServer server;
  private final Map<String, String> variables;

  /**
   * @param directory where its certificate and the credentials are written
   */
  SecuredServer(Path directory) throws Exception {
    SelfSigned.write(directory, "server");
    Operator operator = new Operator();
    Path credentials = Files.writeString(directory.resolve("user.creds"), operator.credentials());
    server =
        NatsServer.startOwn(
            """
            tls { cert_file: "%s", key_file: "%s" }
            %s
            """
                .formatted(
                    directory.resolve("server.crt"),
                    directory.resolve("server.key"),
                    operator.configuration()));
    variables =
        Map.of(
            "NATS_URL",
            server.url().replace("nats:", "tls:"),
            "NATS_TLS_CA",
            directory.resolve("server.crt").toString(),
            "NATS_CREDS_FILE",
            credentials.toString());
  }

  /** How a plugin reaches it. */
  Map<String, String> variables() {
    return variables;
  }

  @Override
  public void close() {
    server.close();
  }
}
