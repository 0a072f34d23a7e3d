package dev.prism.plugin.sqlite;

import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tables files, one a namespace, beside the items' file: {@code INSTANCE.tables.NAMESPACE.db}.
 * One is opened when it is first needed. Any thread.
 */
final class TablesFiles implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TablesFiles.class);

  private final Path items;
  private final long maxBytes;
  private final int readers;
  private final InstantSource clock;
  private final Map<String, TablesFile> open = new ConcurrentHashMap<>();
  private final Map<String, String> complaints = new ConcurrentHashMap<>();

  /**
   * @param items the file of the instance's items
   * @param maxBytes of each file; 0: as large as the disk
   * @param readers how many reads may run at once
   */
  TablesFiles(Path items, long maxBytes, int readers, InstantSource clock) {
    this.clock = clock;
    this.items = items.toAbsolutePath().normalize();
    this.maxBytes = maxBytes;
    this.readers = readers;
  }

  /** Whether they are those beside this file. */
  boolean isOf(Path file) {
    return items.equals(file.toAbsolutePath().normalize());
  }

  /** Where the tables of a namespace are, whether there are any or not. */
  Path path(String namespace) {
    return items.resolveSibling(stem() + ".tables." + namespace + ".db");
  }

  /** What reads are authenticated with; beside the files, so that it lives as long as they do. */
  Path cursorKey() {
    return items.resolveSibling(stem() + ".cursor.key");
  }

  private String stem() {
    String name = String.valueOf(items.getFileName());
    return name.endsWith(".db") ? name.substring(0, name.length() - 3) : name;
  }

  /**
   * The tables of a namespace, or null where it has no file.
   *
   * @throws PrismException {@code BACKEND_UNAVAILABLE} where the file is in use, damaged or newer
   */
  @Nullable TablesFile find(String namespace) {
    return get(namespace, false);
  }

  /** As {@link #find}, and makes the file where there is none. */
  TablesFile create(String namespace) {
    TablesFile file = get(namespace, true);
    if (file == null) {
      throw new IllegalStateException("it was to be made");
    }
    return file;
  }

  private @Nullable TablesFile get(String namespace, boolean create) {
    TablesFile file = open.get(namespace);
    if (file != null || (!create && !Files.exists(path(namespace)))) {
      return file;
    }
    try {
      file =
          open.computeIfAbsent(
              namespace, _ -> TablesFile.open(path(namespace), maxBytes, readers, clock));
      complaints.remove(namespace);
      return file;
    } catch (DatabaseRefusedException e) {
      String why = String.valueOf(e.getMessage());
      if (!why.equals(complaints.put(namespace, why))) { // once, until it is another
        LOG.error("the tables of the namespace {} are not served: {}", namespace, why);
      }
      throw PrismException.of(
          Reason.BACKEND_UNAVAILABLE,
          "the tables of this namespace cannot be opened: the server's log says why");
    }
  }

  @Override
  public void close() {
    open.values().forEach(TablesFile::close);
    open.clear();
  }
}
