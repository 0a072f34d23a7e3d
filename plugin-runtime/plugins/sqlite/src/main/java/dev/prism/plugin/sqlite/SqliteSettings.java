package dev.prism.plugin.sqlite;

import java.nio.file.Path;

/**
 * How a {@link SqliteStore} is opened.
 *
 * @param file the database; {@code FILE-wal}, {@code FILE-shm}, {@code FILE.lock} and the directory
 *     {@code FILE.native} are kept beside it
 * @param readers how many reads may run at once, each on a connection of its own; 1 to 64
 * @param maxBytes how large the database may grow before writes are refused with {@code
 *     BACKEND_FULL}; 0: as large as the disk
 */
public record SqliteSettings(Path file, int readers, long maxBytes) {
  /** What each connection may keep of the database in memory, in KiB: one writer, few readers. */
  static final int WRITER_CACHE_KIB = 1024;

  static final int READER_CACHE_KIB = 256;

  public SqliteSettings {
    if (readers < 1 || readers > 64) {
      throw new IllegalArgumentException("readers must be 1 to 64, not " + readers);
    }
    if (maxBytes < 0) {
      throw new IllegalArgumentException("maxBytes must not be negative");
    }
    file = file.toAbsolutePath().normalize();
  }
}
