package dev.prism.plugin.nats;

import dev.prism.conformance.HostedPlugin;
import dev.prism.conformance.QueueApi;
import dev.prism.conformance.QueueSuite;
import dev.prism.sdk.Capability;
import dev.prism.sdk.PluginConfig;
import dev.prism.testservers.NatsServer;
import dev.prism.testservers.SelfSigned;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** The queue's suite on a server that wants TLS and a user's credentials. */
@Tag("conformance")
class NatsSecuredQueueTest extends QueueSuite {
  private static NatsServer server;
  private static HostedPlugin plugin;

  @BeforeAll
  static void start(@TempDir Path directory) throws Exception {
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
    plugin =
        new HostedPlugin(
            new NatsPlugin(InstantSource.system()),
            PluginConfig.of(
                Map.of(
                    "NATS_URL",
                    server.url().replace("nats:", "tls:"),
                    "NATS_TLS_CA",
                    directory.resolve("server.crt").toString(),
                    "NATS_CREDS_FILE",
                    credentials.toString())),
            InstantSource.system());
  }

  @AfterAll
  static void stop() {
    plugin.close();
    server.close();
  }

  @Override
  public String backend() {
    return "nats";
  }

  @Override
  public Set<Capability> capabilities() {
    return plugin.queueCapabilities();
  }

  @Override
  public QueueApi api() {
    return plugin.queue("default");
  }

  @Override
  public void restart() {
    plugin.restart();
  }
}
