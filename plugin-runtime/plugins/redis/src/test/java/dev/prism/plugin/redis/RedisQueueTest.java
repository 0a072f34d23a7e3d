package dev.prism.plugin.redis;

import dev.prism.conformance.HostedPlugin;
import dev.prism.conformance.QueueApi;
import dev.prism.conformance.QueueSuite;
import dev.prism.sdk.Capability;
import dev.prism.sdk.PluginConfig;
import dev.prism.testservers.RedisServer;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** The Redis backend's queue through the SPI. */
@Tag("conformance")
class RedisQueueTest extends QueueSuite {
  private static RedisServer server;
  private static HostedPlugin plugin;

  @BeforeAll
  static void start(@TempDir Path directory) {
    server = RedisServer.durable(directory);
    plugin =
        new HostedPlugin(
            new RedisPlugin(InstantSource.system()),
            PluginConfig.of(Map.of("REDIS_URL", RedisServer.given().orElseGet(server::url))),
            InstantSource.system());
  }

  @AfterAll
  static void stop() {
    plugin.close();
    server.close();
  }

  @Override
  public String backend() {
    return "redis";
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
