package dev.prism.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PluginConfigTest {
  @TempDir private Path folder;

  private static PluginConfig config(String variable, String value) {
    return PluginConfig.of(Map.of(variable, value));
  }

  @Test
  void aBlankVariableIsNotSet() {
    PluginConfig config = config("DATABASE_URL", "  ");

    assertThat(config.string("DATABASE_URL")).isEmpty();
  }

  @Test
  void aMissingVariableIsNamed() {
    PluginConfig config = PluginConfig.of(Map.of());

    assertThatThrownBy(() -> config.required("DATABASE_URL"))
        .isInstanceOf(PluginConfigException.class)
        .hasMessage("DATABASE_URL: not set");
  }

  @ParameterizedTest
  @CsvSource({"65536,65536", "64KiB,65536", "64k,", "1M,1048576", "2GiB,2147483648", "-1,", "1e3,"})
  void sizesAreInUnitsOf1024(String text, Long bytes) {
    PluginConfig config = config("SIZE", text);

    if (bytes == null) {
      assertThatThrownBy(() -> config.bytes("SIZE", 1, 0, Long.MAX_VALUE))
          .hasMessageStartingWith("SIZE: must be a size from 0 to");
    } else {
      assertThat(config.bytes("SIZE", 1, 0, Long.MAX_VALUE)).isEqualTo(bytes);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "65", "many", "99999999999"})
  void aNumberOutOfBoundsIsRefusedWithTheBounds(String text) {
    PluginConfig config = config("PRISM_POOL_SIZE", text);

    assertThatThrownBy(() -> config.poolSize(4))
        .hasMessage("PRISM_POOL_SIZE: must be a whole number from 1 to 64, not '" + text + "'");
  }

  @Test
  void anUnknownRoleIsRefusedWithTheKnownOnes() {
    PluginConfig config = config("PRISM_PLUGIN_ROLE", "reader");

    assertThatThrownBy(config::roles)
        .hasMessage(
            "PRISM_PLUGIN_ROLE: must be one of publisher, consumer, processor, listener, not"
                + " 'reader'");
  }

  @Test
  void aSecretMayStandInAFile() throws Exception {
    Path file = Files.writeString(folder.resolve("password"), "hunter2\n");

    assertThat(config("PASSWORD_FILE", file.toString()).secret("PASSWORD")).contains("hunter2");
  }

  @Test
  void aSecretGivenTwiceIsRefusedWithoutShowingIt() {
    PluginConfig config = PluginConfig.of(Map.of("PASSWORD", "hunter2", "PASSWORD_FILE", "f"));

    assertThatThrownBy(() -> config.secret("PASSWORD"))
        .hasMessage("PASSWORD: set together with PASSWORD_FILE; keep one");
  }

  @Test
  void aSecretsFileThatIsNotThereIsNamed() {
    PluginConfig config = config("PASSWORD_FILE", "/nowhere");

    assertThatThrownBy(() -> config.secret("PASSWORD"))
        .hasMessage("PASSWORD_FILE: cannot read the file /nowhere (NoSuchFileException)");
  }

  @Test
  void theDataDirectoryIsMadeForItsOwnerAlone() throws Exception {
    Path data = folder.resolve("a/b");

    Path made = config("PRISM_DATA_DIR", data.toString()).dataDir();

    assertThat(made).isEqualTo(data).isDirectory();
    assertThat(mode(made)).isEqualTo("rwx------");
    assertThat(mode(made.getParent())).isEqualTo("rwx------");
  }

  @Test
  void aDataDirectoryThatIsThereKeepsItsMode() throws Exception {
    Path data = Files.createDirectory(folder.resolve("shared"));
    Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwxr-x---"));

    config("PRISM_DATA_DIR", data.toString()).dataDir();

    assertThat(mode(data)).isEqualTo("rwxr-x---");
  }

  private static String mode(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  @Test
  void aDataDirectoryThatIsAFileIsRefused() throws Exception {
    Path file = Files.createFile(folder.resolve("file"));

    assertThatThrownBy(() -> config("PRISM_DATA_DIR", file.toString()).dataDir())
        .hasMessageStartingWith("PRISM_DATA_DIR: cannot make the directory");
  }

  @Test
  void aProcessMayPlaySeveralRoles() {
    PluginConfig config = config("PRISM_PLUGIN_ROLE", "publisher, Listener");

    assertThat(config.roles()).containsExactly(PluginRole.PUBLISHER, PluginRole.LISTENER);
    assertThat(PluginConfig.of(Map.of()).roles()).containsExactly(PluginRole.values());
  }
}
