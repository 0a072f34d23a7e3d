package dev.prism.plugin.nats;

import dev.prism.conformance.HostedQueueSuite;
import dev.prism.sdk.Plugin;
import dev.prism.testservers.NatsServer;
import dev.prism.testservers.SelfSigned;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** Queues on a server that speaks TLS alone and knows who a credentials file says one is. */
@Tag("conformance")
class NatsSecuredQueueTest extends HostedQueueSuite {
  @TempDir private static Path directory;
  private NatsServer server;

  @Override
  public String backend() {
    return "nats";
  }

  @Override
  protected Plugin newPlugin() {
    return new NatsPlugin(InstantSource.system());
  }

  @Override
  protected Map<String, String> variables() throws Exception {
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
    return Map.of(
        "NATS_URL",
        server.url().replace("nats:", "tls:"),
        "NATS_TLS_CA",
        directory.resolve("server.crt").toString(),
        "NATS_CREDS_FILE",
        credentials.toString());
  }

  @AfterAll
  void stopServer() {
    server.close();
  }
}
