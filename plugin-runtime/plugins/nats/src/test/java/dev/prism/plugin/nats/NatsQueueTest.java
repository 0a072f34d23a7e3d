package dev.prism.plugin.nats;

import dev.prism.conformance.HostedPlugin;
import dev.prism.conformance.QueueApi;
import dev.prism.conformance.QueueSuite;
import dev.prism.sdk.Capability;
import dev.prism.sdk.PluginConfig;
import dev.prism.testservers.NatsServer;
import java.time.InstantSource;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** JetStream's queue through the SPI. */
@Tag("conformance")
class NatsQueueTest extends QueueSuite {
  private static NatsServer server;
  private static HostedPlugin plugin;

  @BeforeAll
  static void start() {
    server = NatsServer.start();
    plugin =
        new HostedPlugin(
            new NatsPlugin(InstantSource.system()),
            PluginConfig.of(Map.of("NATS_URL", server.url())),
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
