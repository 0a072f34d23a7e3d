package dev.prism.proxy.plugin;

import java.util.Map;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** What a line of a plugin's output says to a person. */
final class LogLine {
  private LogLine() {}

  /** The {@code message} of a JSON log line; any other line as it is. */
  static String message(String line) {
    if (!line.startsWith("{")) {
      return line;
    }
    try { // JSON is YAML
      return new Load(LoadSettings.builder().build()).loadFromString(line) instanceof Map<?, ?> log
              && log.get("message") instanceof String message
          ? message
          : line;
    } catch (YamlEngineException notJson) {
      return line;
    }
  }
}
