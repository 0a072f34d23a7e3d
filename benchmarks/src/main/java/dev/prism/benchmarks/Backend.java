package dev.prism.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/**
 * A backend's server with its durable settings, and how it is reached with and without Prism.
 * Closing ends the server.
 *
 * @param settings of its plugin
 * @param ways what an application would write without Prism; where it has a choice, the better one
 *     is to be compared with
 * @param end ends the server
 */
record Backend<T>(Map<String, String> settings, List<Way<T>> ways, Runnable end)
    implements AutoCloseable {
  /**
   * A way without Prism.
   *
   * @param name what is said of it
   * @param opened opens what goes this way
   */
  record Way<T>(String name, Callable<T> opened) {
    T open() throws Exception {
      return opened.call();
    }
  }

  /** The only way. */
  static <T> List<Way<T>> only(Callable<T> opened) {
    return List.of(new Way<>("direct", opened));
  }

  /** A new folder for a server's data. */
  static Path folder(String name) {
    try {
      Path home = Path.of(System.getProperty("prism.home", "."));
      Path target = Files.createDirectories(home.resolve("benchmarks/target"));
      return Files.createTempDirectory(target, name + "-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    end.run();
  }
}
