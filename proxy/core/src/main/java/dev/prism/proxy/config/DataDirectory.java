package dev.prism.proxy.config;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The directory of the server's files, held by one proxy at a time. It is made with mode 700, and a
 * file {@code version} in it says which layout it has, so that an older Prism does not write into
 * what it does not understand.
 */
public final class DataDirectory implements AutoCloseable {
  /** The layout of this version. */
  public static final int VERSION = 1;

  private static final Set<PosixFilePermission> PRIVATE =
      PosixFilePermissions.fromString("rwx------");

  /** Why a directory cannot be used; the message is for a person, and names the directory. */
  public static final class Unusable extends Exception {
    private static final long serialVersionUID = 1L;

    private Unusable(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

  private final Path path;
  private final FileChannel channel;

  private DataDirectory(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  /**
   * Makes the directory where it is not there, checks it and takes hold of it.
   *
   * @throws Unusable where it is no directory, cannot be written, belongs to something else, is
   *     from a newer version, or another proxy has it; nothing in it was changed then
   */
  public static DataDirectory open(Path given) throws Unusable {
    Path path = given.toAbsolutePath().normalize();
    create(path);
    checkVersion(path);
    FileChannel channel = lock(path);
    try {
      if (!Files.exists(path.resolve("version"))) {
        Files.writeString(
            path.resolve("version"),
            VERSION + "\n",
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.SYNC);
      }
      return new DataDirectory(path, channel);
    } catch (IOException e) {
      Unusable unusable = notWritable(path, e);
      try {
        channel.close();
      } catch (IOException suppressed) {
        unusable.addSuppressed(suppressed);
      }
      throw unusable;
    }
  }

  /** Absolute. */
  public Path path() {
    return path;
  }

  /** Lets another proxy take hold of it. */
  @Override
  public void close() throws IOException {
    channel.close();
  }

  private static void create(Path path) throws Unusable {
    try {
      if (Files.isDirectory(path)) {
        return;
      }
      Path parent = path.getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
      Files.createDirectory(path);
      if (Files.getFileStore(path).supportsFileAttributeView("posix")) {
        Files.setPosixFilePermissions(path, PRIVATE);
      }
    } catch (FileAlreadyExistsException e) {
      throw new Unusable(
          "The data directory " + path + " cannot be made: " + e.getFile() + " is a file.", e);
    } catch (IOException e) {
      throw new Unusable(
          "The data directory "
              + path
              + " cannot be made ("
              + reason(e)
              + "); choose another with --data.",
          e);
    }
  }

  /** Files without a version that this product did not write are another's: they stay alone. */
  private static void checkVersion(Path path) throws Unusable {
    Path marker = path.resolve("version");
    try {
      if (Files.exists(marker)) {
        String text = Files.readString(marker).strip();
        if (!text.matches("[0-9]{1,9}")) {
          throw new Unusable(
              "The file "
                  + marker
                  + " does not hold a version: "
                  + path
                  + " is no data directory of Prism.",
              null);
        }
        if (Integer.parseInt(text) > VERSION) {
          throw new Unusable(
              "The data directory "
                  + path
                  + " was written by a newer Prism (layout "
                  + text
                  + ", this one knows "
                  + VERSION
                  + "); start that one, or choose another directory with --data.",
              null);
        }
        return;
      }
      try (Stream<Path> files = Files.list(path)) {
        // lost+found: the directory may be a volume of its own.
        Path other =
            files
                .filter(
                    file -> !Set.of("lost+found", "lock").contains(file.getFileName().toString()))
                .findFirst()
                .orElse(null);
        if (other != null) {
          throw new Unusable(
              "The directory "
                  + path
                  + " holds other files ("
                  + other.getFileName()
                  + ") and is no data directory of Prism; choose an empty one with --data.",
              null);
        }
      }
    } catch (IOException e) {
      throw new Unusable("The data directory " + path + " cannot be read (" + reason(e) + ").", e);
    }
  }

  private static FileChannel lock(Path path) throws Unusable {
    FileChannel channel;
    try {
      channel =
          FileChannel.open(
              path.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw notWritable(path, e);
    }
    try {
      FileLock lock = channel.tryLock();
      if (lock != null) {
        return channel;
      }
    } catch (OverlappingFileLockException e) {
      // This process has it already: told below.
    } catch (IOException e) {
      throw notWritable(path, e);
    }
    try {
      channel.close();
    } catch (IOException e) {
      throw notWritable(path, e);
    }
    throw new Unusable(
        "The data directory "
            + path
            + " is in use by another Prism; stop that one, or choose another with --data.",
        null);
  }

  private static Unusable notWritable(Path path, IOException e) {
    return new Unusable(
        "The data directory " + path + " cannot be written (" + reason(e) + ").", e);
  }

  private static String reason(IOException e) {
    return switch (e) {
      case java.nio.file.AccessDeniedException denied -> "permission denied";
      case java.nio.file.FileSystemException file when file.getReason() != null -> file.getReason();
      default -> e.getClass().getSimpleName();
    };
  }
}
