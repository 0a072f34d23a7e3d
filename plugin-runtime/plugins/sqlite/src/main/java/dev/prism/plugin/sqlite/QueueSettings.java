package dev.prism.plugin.sqlite;

import dev.prism.sdk.queue.Topics;
import java.nio.file.Path;

/**
 * How a {@link SqliteQueue} is opened.
 *
 * @param file the database; beside it are kept the files that {@link SqliteSettings} names
 * @param maxBytes how large it may grow before messages are refused with {@code BACKEND_FULL}; 0:
 *     as large as the disk
 * @param keepMillis how long a message stays that every group has acknowledged
 * @param topics which of them are to be there before they are used
 */
record QueueSettings(Path file, long maxBytes, long keepMillis, Topics topics) {
  QueueSettings {
    file = file.toAbsolutePath().normalize();
  }
}
