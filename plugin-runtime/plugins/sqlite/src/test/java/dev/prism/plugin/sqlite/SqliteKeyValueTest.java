package dev.prism.plugin.sqlite;

import dev.prism.conformance.HostedKeyValueSuite;
import dev.prism.conformance.MovableClock;
import dev.prism.sdk.Plugin;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** The SQLite backend through the SPI. */
@Tag("conformance")
class SqliteKeyValueTest extends HostedKeyValueSuite {
  @TempDir private static Path directory;

  private final MovableClock clock = new MovableClock();

  @Override
  public String backend() {
    return "sqlite";
  }

  @Override
  protected Plugin newPlugin() {
    return new SqlitePlugin(clock);
  }

  @Override
  protected Map<String, String> variables() {
    return Map.of("PRISM_DATA_DIR", directory.toString());
  }

  @Override
  protected InstantSource clock() {
    return clock;
  }

  @Override
  public void advance(Duration time) {
    clock.advance(time);
  }
}
