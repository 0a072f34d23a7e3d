package dev.prism.proxy.config;

import java.util.List;

/** Everything that is wrong with a configuration, in the order of its lines. */
public final class ConfigErrors extends Exception {
  private static final long serialVersionUID = 1L;

  /**
   * One error.
   *
   * @param source the file as the user named it, or {@code command line}
   * @param line from 1; 0 where it belongs to no line
   * @param message what is wrong and what to do, for a person; holds no secret
   */
  public record ConfigError(String source, int line, String message) {
    /** {@code file:line: message}, as compilers print it. */
    @Override
    public String toString() {
      return (line > 0 ? source + ":" + line : source) + ": " + message;
    }
  }

  private final transient List<ConfigError> errors;

  public ConfigErrors(List<ConfigError> errors) {
    super(String.join("\n", errors.stream().map(ConfigError::toString).toList()));
    this.errors = List.copyOf(errors);
  }

  /** At least one. */
  public List<ConfigError> errors() {
    return errors;
  }
}
