package dev.prism.proxy.config;

import dev.prism.proxy.config.ConfigErrors.ConfigError;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.snakeyaml.engine.v2.nodes.Node;

/** Collects what is wrong while a file is read, so that all of it is told at once. */
final class Problems {
  private final String source;
  private final List<ConfigError> errors = new ArrayList<>();
  private final Set<String> keys = new TreeSet<>();

  Problems(String source) {
    this.source = source;
  }

  void at(int line, String message) {
    errors.add(new ConfigError(source, line, message));
  }

  void at(Node node, String message) {
    at(line(node), message);
  }

  void commandLine(String message) {
    errors.add(new ConfigError("command line", 0, message));
  }

  /** Notes that the reader knows the key at {@code path}, for the test of the example. */
  void knows(String path) {
    keys.add(path);
  }

  /** Every key that was asked for, {@code *} standing for a name that the user chooses. */
  Set<String> knownKeys() {
    return keys;
  }

  boolean none() {
    return errors.isEmpty();
  }

  void throwIfAny() throws ConfigErrors {
    if (!errors.isEmpty()) {
      errors.sort(Comparator.comparingInt(ConfigError::line));
      throw new ConfigErrors(errors);
    }
  }

  static int line(Node node) {
    return node.getStartMark().map(mark -> mark.getLine() + 1).orElse(0);
  }
}
