package dev.prism.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Hazards 11 and 12: the memory of a link. */
class SharedMemoryTest {
  private static final int SIZE = LinkMemory.SMALLEST;

  private static MappedByteBuffer open(SharedMemory memory) throws IOException {
    return SharedMemory.open(memory.descriptor(), LinkMemory.SMALLEST, LinkMemory.LARGEST);
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void itCanNeitherShrinkNorGrow() throws Exception {
    try (SharedMemory memory = SharedMemory.create(SIZE, false);
        RandomAccessFile file = new RandomAccessFile(memory.descriptor(), "rw")) {
      assertThatThrownBy(() -> file.setLength(0)).isInstanceOf(IOException.class);
      assertThatThrownBy(() -> file.setLength(2L * SIZE)).isInstanceOf(IOException.class);
      assertThat(file.length()).isEqualTo(SIZE);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/tmp", "/dev/shm"})
  @EnabledOnOs(OS.LINUX)
  void memoryThatCouldShrinkIsRefused(String folder) throws Exception {
    Path plain = Files.createTempFile(Path.of(folder), "link", ".file");
    try (RandomAccessFile file = new RandomAccessFile(plain.toFile(), "rw")) {
      file.setLength(SIZE);
      int fd = Libc.open(plain.toString());
      try {
        String descriptor = "/proc/" + ProcessHandle.current().pid() + "/fd/" + fd;

        assertThatThrownBy(
                () -> SharedMemory.open(descriptor, LinkMemory.SMALLEST, LinkMemory.LARGEST))
            .isInstanceOf(IOException.class);
      } finally {
        Libc.close(fd);
      }
    } finally {
      Files.delete(plain);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void memoryTooSmallOrTooLargeForALinkIsRefused(boolean portable) throws Exception {
    try (SharedMemory memory = SharedMemory.create(SIZE, portable)) {
      assertThatThrownBy(() -> SharedMemory.open(memory.descriptor(), SIZE + 1, 2 * SIZE))
          .isInstanceOf(IOException.class);
      assertThatThrownBy(() -> SharedMemory.open(memory.descriptor(), 1, SIZE - 1))
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void bothEndsSeeTheSameBytes() throws Exception {
    for (boolean portable : new boolean[] {true, false}) {
      try (SharedMemory memory = SharedMemory.create(SIZE, portable)) {
        MappedByteBuffer other = open(memory);

        memory.bytes().putLong(SIZE - 8, 4711);

        assertThat(other.getLong(SIZE - 8)).isEqualTo(4711);
      }
    }
  }

  @Test
  void whatWasMappedStaysWhenTheFileHasGone() throws Exception {
    for (boolean portable : new boolean[] {true, false}) {
      SharedMemory memory = SharedMemory.create(SIZE, portable);
      MappedByteBuffer mapped = open(memory);

      memory.close();

      mapped.putLong(0, 1);
      assertThat(memory.bytes().getLong(0)).isEqualTo(1);
      assertThatThrownBy(() -> open(memory)).isInstanceOf(IOException.class);
    }
  }

  @Test
  void aLayoutThatCannotBeIsRefused() {
    LinkConfig config = new LinkConfig(1 << 20, 100, new ByteBudget(1), true);
    int[][] changes = {
      {0, 1}, {8, 99}, {12, 4096}, {12, 2 << 20}, {16, -1}, {16, 1 << 20}, {24, 9}
    };
    for (int[] change : changes) {
      ByteBuffer bytes = ByteBuffer.allocateDirect(SIZE).order(ByteOrder.nativeOrder());
      LinkMemory.create(bytes, config, 1, LinkMemory.POLLING);
      bytes.putInt(change[0], change[1]);

      assertThatThrownBy(() -> LinkMemory.open(bytes)).isInstanceOf(IOException.class);
    }
  }

  @Test
  void moreCallsThanHalfARingCanAnswerAreRefused() {
    assertThatThrownBy(() -> new LinkConfig(1 << 20, 500, new ByteBudget(1), true))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("maxInFlight");
  }
}
