package dev.prism.plugin.sqlite;

import dev.prism.conformance.HostedPlugin;
import dev.prism.conformance.QueueApi;
import dev.prism.conformance.QueueSuite;
import dev.prism.sdk.Capability;
import dev.prism.sdk.PluginConfig;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** The SQLite backend's queue through the SPI. */
@Tag("conformance")
class SqliteQueueTest extends QueueSuite {
  private static HostedPlugin plugin;

  @BeforeAll
  static void start(@TempDir Path directory) {
    plugin =
        new HostedPlugin(
            new SqlitePlugin(InstantSource.system()),
            PluginConfig.of(Map.of("PRISM_DATA_DIR", directory.toString())),
            InstantSource.system());
  }

  @AfterAll
  static void stop() {
    plugin.close();
  }

  @Override
  public String backend() {
    return "sqlite";
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
