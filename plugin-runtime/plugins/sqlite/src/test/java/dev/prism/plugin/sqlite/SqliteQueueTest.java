package dev.prism.plugin.sqlite;

import dev.prism.conformance.HostedQueueSuite;
import dev.prism.sdk.Plugin;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** The SQLite backend's queue through the SPI. */
@Tag("conformance")
class SqliteQueueTest extends HostedQueueSuite {
  @TempDir private static Path directory;

  @Override
  public String backend() {
    return "sqlite";
  }

  @Override
  protected Plugin newPlugin() {
    return new SqlitePlugin(InstantSource.system());
  }

  @Override
  protected Map<String, String> variables() {
    return Map.of("PRISM_DATA_DIR", directory.toString());
  }
}
