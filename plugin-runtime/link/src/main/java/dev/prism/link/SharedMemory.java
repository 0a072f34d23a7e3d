package dev.prism.link;

import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One file in memory that two processes map. On Linux it has no name and is sealed against
 * shrinking and growing (hazard 11): a mapping of it cannot be made to fault by the other side.
 * Elsewhere it is a private temporary file, written through once so that its pages exist.
 *
 * <p>The mapping lives as long as anything refers to it and is never unmapped by hand: a thread
 * that still looks at a link's memory after its end finds memory there (hazard 12).
 */
final class SharedMemory implements AutoCloseable {
  private static final String PROC = "/proc/";

  private final MappedByteBuffer bytes;
  private final String descriptor;
  private final int fd;
  private final AtomicBoolean closed = new AtomicBoolean();

  private SharedMemory(MappedByteBuffer bytes, String descriptor, int fd) {
    this.bytes = bytes;
    this.descriptor = descriptor;
    this.fd = fd;
  }

  /** Makes {@code size} bytes of zeros. */
  static SharedMemory create(int size, boolean portable) throws IOException {
    if (portable) {
      return createFile(size);
    }
    int fd = Libc.sealedMemory("prism-link", size);
    try {
      String descriptor = PROC + ProcessHandle.current().pid() + "/fd/" + fd;
      return new SharedMemory(map(Path.of(PROC + "self/fd/" + fd), size), descriptor, fd);
    } catch (IOException e) {
      Libc.close(fd);
      throw e;
    }
  }

  private static SharedMemory createFile(int size) throws IOException {
    Path file = Files.createTempFile("prism-link", ".ring");
    try {
      Files.write(file, new byte[size]);
      return new SharedMemory(map(file, size), file.toString(), -1);
    } catch (IOException e) {
      Files.deleteIfExists(file);
      throw e;
    }
  }

  /**
   * Maps what another process made.
   *
   * @throws IOException when it is not there, cannot be a link's memory, or could still change its
   *     size
   */
  static MappedByteBuffer open(String descriptor, int smallest, int largest) throws IOException {
    if (!descriptor.startsWith(PROC)) {
      Path file = Path.of(descriptor);
      return map(file, checkedSize(Files.size(file), smallest, largest));
    }
    int fd = Libc.open(descriptor);
    try {
      if ((Libc.seals(fd) & Libc.SEALS) != Libc.SEALS) {
        throw new IOException(descriptor + " is not sealed: its size could change under a reader");
      }
      int size = checkedSize(Libc.size(fd), smallest, largest);
      return map(Path.of(PROC + "self/fd/" + fd), size);
    } finally {
      Libc.close(fd);
    }
  }

  private static int checkedSize(long size, int smallest, int largest) throws IOException {
    if (size < smallest || size > largest) {
      throw new IOException("not a link's memory: " + size + " bytes");
    }
    return (int) size;
  }

  private static MappedByteBuffer map(Path file, int size) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      return channel.map(FileChannel.MapMode.READ_WRITE, 0, size);
    }
  }

  MappedByteBuffer bytes() {
    return bytes;
  }

  /** The path by which another process of this host and user opens it. */
  String descriptor() {
    return descriptor;
  }

  /** Lets go of the file, so that nobody else can open it; mappings stay. */
  @Override
  public void close() throws IOException {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    if (fd >= 0) {
      Libc.close(fd);
    } else {
      Files.deleteIfExists(Path.of(descriptor));
    }
  }
}
