package dev.prism.proxy.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataDirectoryTest {
  @TempDir Path base;

  @Test
  void aNewDirectoryIsItsOwnersAlone() throws Exception {
    Path path = base.resolve("deep/data");

    try (DataDirectory directory = DataDirectory.open(path)) {
      assertThat(directory.path()).isEqualTo(path.toAbsolutePath());
    }

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
        .isEqualTo("rwx------");
    assertThat(path.resolve("version")).hasContent("1");
  }

  @Test
  void itOpensAgainWithWhatItHolds() throws Exception {
    Path path = base.resolve("data");
    DataDirectory.open(path).close();
    Files.writeString(path.resolve("value"), "kept");

    DataDirectory.open(path).close();

    assertThat(path.resolve("value")).hasContent("kept");
  }

  @Test
  void anEmptyDirectoryAndTheRootOfAVolumeAreTaken() throws Exception {
    Path path = Files.createDirectories(base.resolve("volume"));
    Files.createDirectory(path.resolve("lost+found"));

    DataDirectory.open(path).close();

    assertThat(path.resolve("version")).exists();
  }

  @Test
  void aDirectoryOfSomethingElseIsLeftAlone() throws Exception {
    Files.writeString(base.resolve("holiday.jpg"), "");

    assertThatThrownBy(() -> DataDirectory.open(base))
        .isInstanceOf(DataDirectory.Unusable.class)
        .hasMessageContaining("holiday.jpg")
        .hasMessageContaining(base.toString());

    try (Stream<Path> files = Files.list(base)) {
      assertThat(files).hasSize(1);
    }
  }

  @Test
  void aNewerLayoutIsRefusedAndLeftAlone() throws Exception {
    Path path = base.resolve("data");
    DataDirectory.open(path).close();
    Files.writeString(path.resolve("version"), "2\n");

    assertThatThrownBy(() -> DataDirectory.open(path))
        .isInstanceOf(DataDirectory.Unusable.class)
        .hasMessageContaining("newer")
        .hasMessageContaining(path.toString());

    assertThat(path.resolve("version")).hasContent("2");
  }

  @Test
  void aVersionThatIsNoneIsRefused() throws Exception {
    Files.writeString(base.resolve("version"), "latest");

    assertThatThrownBy(() -> DataDirectory.open(base))
        .hasMessageContaining("does not hold a version");
  }

  @Test
  void aSecondHolderIsRefusedUntilTheFirstLetsGo() throws Exception {
    Path path = base.resolve("data");
    try (DataDirectory first = DataDirectory.open(path)) {
      assertThatThrownBy(() -> DataDirectory.open(first.path()))
          .isInstanceOf(DataDirectory.Unusable.class)
          .hasMessageContaining("in use")
          .hasMessageContaining(path.toString());
    }

    DataDirectory.open(path).close();
  }

  @Test
  void aFileInTheWayIsNamed() throws Exception {
    Path file = Files.writeString(base.resolve("file"), "");

    assertThatThrownBy(() -> DataDirectory.open(file.resolve("data")))
        .isInstanceOf(DataDirectory.Unusable.class)
        .hasMessageContaining(file.toString());
    assertThatThrownBy(() -> DataDirectory.open(file))
        .isInstanceOf(DataDirectory.Unusable.class)
        .hasMessageContaining(file.toString());
  }

  @Test
  void aDirectoryThatCannotBeWrittenIsNamed() throws Exception {
    assumeFalse(System.getProperty("user.name").equals("root"), "root may write everywhere");
    Path path = Files.createDirectories(base.resolve("readonly"));
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("r-x------"));

    assertThatThrownBy(() -> DataDirectory.open(path))
        .isInstanceOf(DataDirectory.Unusable.class)
        .hasMessageContaining("cannot be written")
        .hasMessageContaining(path.toString());
  }

  @Test
  void aFileSystemThatCannotBeWrittenIsNamed() {
    assertThatThrownBy(() -> DataDirectory.open(Path.of("/proc/prism-data")))
        .isInstanceOf(DataDirectory.Unusable.class)
        .hasMessageContaining("/proc/prism-data");
  }
}
