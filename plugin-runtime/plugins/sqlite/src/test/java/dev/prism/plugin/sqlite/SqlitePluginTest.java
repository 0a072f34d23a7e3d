package dev.prism.plugin.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.PluginConfigException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SqlitePluginTest {
  @TempDir Path directory;

  @Test
  void theFileIsNamedAfterTheInstance() {
    SqliteSettings settings =
        settings(Map.of("PRISM_DATA_DIR", directory.toString(), "PRISM_INSTANCE", "orders"));

    assertThat(settings.file()).isEqualTo(directory.resolve("orders.db"));
    assertThat(settings.readers()).isEqualTo(SqlitePlugin.READERS);
    assertThat(settings.maxBytes()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/var/lib/x.db",
        "sqlite:/var/lib/x.db",
        "jdbc:sqlite:/var/lib/x.db",
        "sqlite:///var/lib/x.db"
      })
  void aUrlNamesTheFile(String url) {
    assertThat(settings(Map.of("DATABASE_URL", url)).file()).isEqualTo(Path.of("/var/lib/x.db"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"postgres://host/db", "sqlite:", "sqlite:/x.db?mode=memory"})
  void aUrlOfSomethingElseIsRefused(String url) {
    assertThatThrownBy(() -> settings(Map.of("DATABASE_URL", url)))
        .isInstanceOf(PluginConfigException.class)
        .hasMessageContaining("DATABASE_URL");
  }

  @Test
  void poolAndSizeAreTaken() {
    SqliteSettings settings =
        settings(
            Map.of("DATABASE_URL", "/x.db", "PRISM_POOL_SIZE", "7", "SQLITE_MAX_BYTES", "512MiB"));

    assertThat(settings.readers()).isEqualTo(7);
    assertThat(settings.maxBytes()).isEqualTo(512L << 20);
  }

  private static SqliteSettings settings(Map<String, String> variables) {
    return SqlitePlugin.settings(PluginConfig.of(variables));
  }
}
