package dev.prism.plugin.postgres;

import dev.prism.conformance.HostedPlugin;
import dev.prism.conformance.KeyValueApi;
import dev.prism.conformance.KeyValueSuite;
import dev.prism.sdk.Capability;
import dev.prism.sdk.PluginConfig;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** The PostgreSQL backend's values through the SPI, on a real server. */
@Tag("conformance")
class PostgresKeyValueTest extends KeyValueSuite {
  private static TestDatabase server;
  private static HostedPlugin plugin;

  @BeforeAll
  static void start(@TempDir Path directory) {
    server = TestDatabase.open(directory.resolve("server"));
    plugin =
        new HostedPlugin(
            new PostgresPlugin(), PluginConfig.of(server.settings()), InstantSource.system());
  }

  @AfterAll
  static void stop() {
    plugin.close();
    server.close();
  }

  @Override
  public String backend() {
    return "postgres";
  }

  @Override
  public Set<Capability> capabilities() {
    return plugin.capabilities();
  }

  @Override
  public KeyValueApi api() {
    return plugin.keyValue("tenant");
  }

  @Override
  public void restart() {
    plugin.restart();
  }
}
