package dev.prism.plugin.postgres;

import dev.prism.conformance.KeyValueProcesses;
import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.keyvalue.KeyValueStore;
import java.nio.file.Path;
import java.time.InstantSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** Two processes on the same tables. */
class PostgresStoreTest implements KeyValueProcesses {
  private static TestDatabase server;

  @BeforeAll
  static void start(@TempDir Path directory) {
    server = TestDatabase.open(directory.resolve("server"));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Override
  public KeyValueStore open() {
    return new PostgresStore(
        PostgresSettings.of(PluginConfig.of(server.settings())), InstantSource.system());
  }
}
