package dev.prism.plugin.sqlite;

import java.nio.file.Path;

/**
 * How a {@link SqliteQueue} is opened.
 *
 * @param file the database; beside it are kept the files that {@link SqliteSettings} names
 * @param maxBytes how large it may grow before messages are refused with {@code BACKEND_FULL}; 0:
 *     as large as the disk
 * @param keepMillis how long a message stays that every group has acknowledged
 */
record QueueSettings(Path file, long maxBytes, long keepMillis) {
  QueueSettings {
    file = file.toAbsolutePath().normalize();
  }
}
