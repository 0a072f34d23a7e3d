package dev.prism.plugin.sqlite;

import dev.prism.conformance.HostedPlugin;
import dev.prism.conformance.KeyValueApi;
import dev.prism.conformance.KeyValueSuite;
import dev.prism.conformance.MovableClock;
import dev.prism.sdk.Capability;
import dev.prism.sdk.PluginConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

@Tag("conformance")
class SqliteKeyValueTest extends KeyValueSuite {
  private static final MovableClock CLOCK = new MovableClock();
  private static HostedPlugin plugin;

  @BeforeAll
  static void start(@TempDir Path directory) {
    plugin =
        new HostedPlugin(
            new SqlitePlugin(CLOCK),
            PluginConfig.of(Map.of("PRISM_DATA_DIR", directory.toString())),
            CLOCK);
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

  @Override
  public void advance(Duration time) {
    CLOCK.advance(time);
  }
}
