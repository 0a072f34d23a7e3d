package dev.prism.plugin.postgres;

import dev.prism.conformance.HostedPlugin;
import dev.prism.conformance.QueueApi;
import dev.prism.conformance.QueueSuite;
import dev.prism.sdk.Capability;
import dev.prism.sdk.PluginConfig;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** The PostgreSQL backend's queue through the SPI, on a real server. */
@Tag("conformance")
class PostgresQueueTest extends QueueSuite {
  private static TestDatabase database;
  private static HostedPlugin plugin;

  @BeforeAll
  static void start(@TempDir Path directory) {
    database = TestDatabase.open(directory.resolve("server"));
    plugin =
        new HostedPlugin(
            new PostgresPlugin(), PluginConfig.of(database.settings()), InstantSource.system());
  }

  @AfterAll
  static void stop() {
    plugin.close();
    database.close();
  }

  @Override
  public String backend() {
    return "postgres";
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
