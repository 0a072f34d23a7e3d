package dev.prism.plugin.sqlite;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.sqlite.SQLiteJDBCLoader;

/**
 * SQLite itself, which the driver brings along and unpacks to load it: into the data directory, so
 * that a killed process leaves nothing in the system's temporary directory. Loaded once a process.
 */
final class NativeLibrary {
  private static boolean loaded;

  private NativeLibrary() {}

  static synchronized void load(DatabaseFile file) throws IOException {
    if (loaded) {
      return;
    }
    Path directory = file.nativeDirectory();
    empty(directory); // the database's lock is held: nobody uses what is there
    // The driver reads its directory from this property.
    System.setProperty("org.sqlite.tmpdir", directory.toString());
    try {
      SQLiteJDBCLoader.initialize();
    } catch (Exception e) {
      throw new IOException(
          "SQLite's library does not load from " + directory + " (a file system mounted noexec?)",
          e);
    }
    loaded = true;
  }

  /** Removes what a killed process left. */
  static void empty(Path directory) throws IOException {
    try (Stream<Path> left = Files.list(directory)) {
      for (Path path : left.toList()) {
        Files.delete(path);
      }
    }
  }
}
