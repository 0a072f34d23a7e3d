package dev.prism.plugin.kafka;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What this process is known as in its groups: the same name after a restart, so that the brokers
 * let the new process take the old one's place at once instead of waiting until they miss it.
 *
 * <p>The name is in a file, which is locked while the process lives: two with one name would send
 * each other away.
 */
final class Membership implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Membership.class);
  private static final int UUID_CHARS = 36;

  private final @Nullable FileChannel file;
  private final @Nullable String name;

  private Membership(@Nullable FileChannel file, @Nullable String name) {
    this.file = file;
    this.name = name;
  }

  /** The name that is kept in {@code directory}; none where there is none, or another uses it. */
  static Membership open(Optional<Path> directory, int process) {
    if (directory.isEmpty()) {
      return new Membership(null, null);
    }
    Path path = directory.get().resolve("kafka-member-" + process);
    try {
      FileChannel file =
          FileChannel.open(
              path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      FileLock lock = lock(file);
      if (lock == null) {
        LOG.info("another process uses {}: this one is a new member of its groups each time", path);
        file.close();
        return new Membership(null, null);
      }
      return new Membership(file, name(file));
    } catch (IOException e) {
      LOG.warn("cannot use {}: this process is a new member of its groups each time", path, e);
      return new Membership(null, null);
    }
  }

  private static @Nullable FileLock lock(FileChannel file) throws IOException {
    try {
      return file.tryLock();
    } catch (OverlappingFileLockException e) {
      return null; // this very process has it, for another instance
    }
  }

  private static String name(FileChannel file) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(UUID_CHARS);
    int read = file.read(bytes, 0);
    if (read == UUID_CHARS) {
      return new String(bytes.array(), StandardCharsets.US_ASCII);
    }
    String name = UUID.randomUUID().toString();
    file.write(ByteBuffer.wrap(name.getBytes(StandardCharsets.US_ASCII)), 0);
    return name;
  }

  /** The name; null where this process is a new member each time. */
  @Nullable String name() {
    return name;
  }

  @Override
  public void close() {
    if (file != null) {
      try {
        file.close();
      } catch (IOException e) {
        LOG.warn("closing the file of this member's name failed", e);
      }
    }
  }
}
