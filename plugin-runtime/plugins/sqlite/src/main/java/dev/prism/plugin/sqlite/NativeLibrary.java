package dev.prism.plugin.sqlite;

import java.io.IOException;
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
    // The driver reads its directory from this property, and looks there for leftovers first.
    System.setProperty("org.sqlite.tmpdir", file.emptyNativeDirectory().toString());
    try {
      SQLiteJDBCLoader.initialize();
    } catch (Exception e) {
      throw new IOException(
          "SQLite's library does not load from "
              + file.sibling(".native")
              + " (a file system mounted noexec?)",
          e);
    }
    loaded = true;
  }
}
