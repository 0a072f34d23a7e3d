package dev.prism.plugin.memory;

import dev.prism.conformance.HostedPlugin;
import dev.prism.conformance.QueueApi;
import dev.prism.conformance.QueueSuite;
import dev.prism.sdk.Capability;
import dev.prism.sdk.PluginConfig;
import java.time.InstantSource;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;

/** The memory backend's queue through the SPI. */
@Tag("conformance")
class MemoryQueueTest extends QueueSuite {
  private HostedPlugin plugin;

  @BeforeEach
  void start() {
    plugin =
        new HostedPlugin(
            new MemoryPlugin(InstantSource.system()),
            PluginConfig.of(Map.of()),
            InstantSource.system());
  }

  @AfterEach
  void stop() {
    plugin.close();
  }

  @Override
  public String backend() {
    return "memory";
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
