package dev.prism.plugin.sqlite;

import dev.prism.plugin.sqlite.DatabaseRefusedException.Cause;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The file a store lives in, held against every other process, and never made anew where there was
 * one.
 *
 * <p>{@code FILE.lock} is locked for as long as this is open and holds a line once the database has
 * been created: a database that is missing or empty although that line is there was lost, and is
 * refused rather than replaced by an empty one.
 */
final class DatabaseFile implements AutoCloseable {
  private static final byte[] SQLITE_MAGIC =
      "SQLite format 3\0".getBytes(StandardCharsets.US_ASCII);
  private static final int SQLITE_HEADER_BYTES = 100;
  private static final byte[] CREATED =
      "This database was created; see docs/sqlite.md before removing this file.\n"
          .getBytes(StandardCharsets.US_ASCII);

  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rw-------");
  private static final FileAttribute<?> PRIVATE_FILE =
      PosixFilePermissions.asFileAttribute(OWNER_ONLY);
  private static final FileAttribute<?> PRIVATE_DIRECTORY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  // After a crash of the proxy the plugin of before needs a moment to notice and to end.
  private static final Duration LOCK_PATIENCE = Duration.ofSeconds(2);
  private static final Duration LOCK_POLL = Duration.ofMillis(5);

  // A POSIX lock belongs to the process and ends when any descriptor of the file is closed: a
  // second
  // store in this process must not even open the lock's file.
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final Path file;
  private final Path held;
  private final FileChannel lockChannel;
  private final FileLock lock;

  private DatabaseFile(Path file, Path held, FileChannel lockChannel, FileLock lock) {
    this.file = file;
    this.held = held;
    this.lockChannel = lockChannel;
    this.lock = lock;
  }

  /**
   * Takes the file for this process and sees that it is a database, or that there has never been
   * one here.
   *
   * @throws DatabaseRefusedException where it is not to be used
   */
  static DatabaseFile take(Path file) {
    DatabaseFile taken = null;
    try {
      taken = lock(file);
      taken.prepare();
      return taken;
    } catch (IOException e) {
      closeAfter(taken, e);
      throw new DatabaseRefusedException(
          Cause.UNUSABLE,
          "cannot use " + file + ": " + e + "; give a directory that this user may write to",
          e);
    } catch (DatabaseRefusedException e) {
      closeAfter(taken, e);
      throw e;
    }
  }

  Path path() {
    return file;
  }

  Path sibling(String suffix) {
    return file.resolveSibling(file.getFileName() + suffix);
  }

  /** Whether there has never been a database here, so that one is to be created. */
  boolean isNew() throws IOException {
    return lockChannel.size() == 0;
  }

  /** Notes that the database exists from now on. */
  void created() throws IOException {
    lockChannel.write(ByteBuffer.wrap(CREATED), 0);
    lockChannel.force(true);
    // The names of the files are durable only when their directory is.
    try (FileChannel directory =
        FileChannel.open(file.resolveSibling("."), StandardOpenOption.READ)) {
      directory.force(true);
    }
  }

  private static DatabaseFile lock(Path file) throws IOException {
    if (file.toString().contains("?")) {
      throw new DatabaseRefusedException(
          Cause.UNUSABLE, "cannot use " + file + ": the path of a database must not contain '?'");
    }
    Path directory = file.resolveSibling(".").normalize();
    if (!Files.isDirectory(directory)) {
      Files.createDirectories(directory, PRIVATE_DIRECTORY);
    }
    Path lockFile = file.resolveSibling(file.getFileName() + ".lock");
    Path held = directory.toRealPath().resolve(lockFile.getFileName());
    if (!HELD.add(held)) {
      throw inUse(file);
    }
    FileChannel channel = null;
    try {
      channel =
          FileChannel.open(
              lockFile,
              Set.of(
                  StandardOpenOption.CREATE,
                  StandardOpenOption.READ,
                  StandardOpenOption.WRITE,
                  LinkOption.NOFOLLOW_LINKS),
              PRIVATE_FILE);
      FileLock lock = channel.tryLock();
      long giveUp = System.nanoTime() + LOCK_PATIENCE.toNanos();
      while (lock == null) {
        if (System.nanoTime() - giveUp > 0) {
          throw inUse(file);
        }
        LockSupport.parkNanos(LOCK_POLL.toNanos());
        lock = channel.tryLock();
      }
      return new DatabaseFile(file, held, channel, lock);
    } catch (IOException | RuntimeException e) {
      HELD.remove(held);
      if (channel != null) {
        channel.close();
      }
      throw e;
    }
  }

  private static DatabaseRefusedException inUse(Path file) {
    return new DatabaseRefusedException(
        Cause.IN_USE,
        "BACKEND_SINGLE_PROCESS: another process serves "
            + file
            + ": stop it, or give each its own data directory or instance name");
  }

  private void prepare() throws IOException {
    boolean empty = !Files.exists(file) || Files.size(file) == 0;
    if (empty && !isNew()) {
      throw new DatabaseRefusedException(
          Cause.DAMAGED,
          file
              + " is missing or empty although a database was created here: restore it, or remove "
              + sibling(".lock")
              + " to begin with an empty one");
    }
    if (empty) {
      // SQLite gives its other files the permissions of this one.
      if (!Files.exists(file)) {
        Files.createFile(file, PRIVATE_FILE);
      }
    } else {
      refuseGarbage();
      if (isNew()) {
        created(); // a database that was copied here without its lock file
      }
    }
    Files.setPosixFilePermissions(file, OWNER_ONLY);
  }

  private void refuseGarbage() throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new DatabaseRefusedException(Cause.UNUSABLE, file + " is not a regular file");
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      ByteBuffer header = ByteBuffer.allocate(SQLITE_HEADER_BYTES);
      while (header.hasRemaining() && channel.read(header) >= 0) {
        // until the header is whole or the file ends
      }
      if (header.hasRemaining()
          || !Arrays.equals(
              header.array(), 0, SQLITE_MAGIC.length, SQLITE_MAGIC, 0, SQLITE_MAGIC.length)) {
        throw damaged("it does not begin as an SQLite database does", null);
      }
    }
  }

  /** The refusal of a file that SQLite cannot read. */
  DatabaseRefusedException damaged(String how, @Nullable Throwable cause) {
    String message =
        file
            + " is damaged ("
            + how
            + "): nothing was changed; restore a backup, or see docs/sqlite.md for what can be saved";
    return cause == null
        ? new DatabaseRefusedException(Cause.DAMAGED, message)
        : new DatabaseRefusedException(Cause.DAMAGED, message, cause);
  }

  /** A private directory beside the file for what the driver unpacks. */
  Path nativeDirectory() throws IOException {
    Path directory = sibling(".native");
    if (!Files.isDirectory(directory)) {
      Files.createDirectory(directory, PRIVATE_DIRECTORY);
    }
    return directory;
  }

  @Override
  public void close() throws IOException {
    HELD.remove(held);
    try (lockChannel) {
      lock.release();
    }
  }

  private static void closeAfter(@Nullable DatabaseFile taken, Exception failure) {
    if (taken != null) {
      try {
        taken.close();
      } catch (IOException e) {
        failure.addSuppressed(e);
      }
    }
  }
}
