package dev.prism.plugin.sqlite;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Set;

/** A key in a file that only its owner may read, made where there is none. */
final class CursorKey {
  private static final int BYTES = 32;

  private CursorKey() {}

  static synchronized byte[] of(Path file) {
    try {
      if (Files.exists(file)) {
        byte[] key = Files.readAllBytes(file);
        if (key.length == BYTES) {
          return key;
        }
      }
      byte[] key = new byte[BYTES];
      new SecureRandom().nextBytes(key);
      write(file, key);
      return key;
    } catch (IOException e) {
      throw new UncheckedIOException("the key of cursors cannot be kept in " + file, e);
    }
  }

  /** Whole or not at all. */
  private static void write(Path file, byte[] key) throws IOException {
    Path beside = file.resolveSibling(file.getFileName() + ".new");
    Files.deleteIfExists(beside);
    try (FileChannel channel =
        FileChannel.open(
            beside,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
      channel.write(ByteBuffer.wrap(key));
      channel.force(true);
    }
    Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE);
  }
}
