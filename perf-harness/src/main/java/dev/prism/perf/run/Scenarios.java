package dev.prism.perf.run;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.prism.perf.report.Run;
import java.io.IOException;
import java.io.InputStream;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** Reads {@code scenarios.yaml}. */
public final class Scenarios {
  private static final Set<String> KEYS =
      Set.of(
          "title",
          "backend",
          "calls",
          "connections",
          "streams",
          "rate",
          "payload",
          "subscribers",
          "warmup",
          "seconds");

  private Scenarios() {}

  /** Those that ship with the harness, by name, in the file's order. */
  public static Map<String, Scenario> shipped() {
    try (InputStream in =
        Objects.requireNonNull(
            Scenarios.class.getResourceAsStream("/scenarios.yaml"), "scenarios.yaml")) {
      return read(new String(in.readAllBytes(), UTF_8));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Reads a file's text.
   *
   * @throws IllegalArgumentException in a line for a person
   */
  public static Map<String, Scenario> read(String yaml) {
    Map<?, ?> file = map(new Load(LoadSettings.builder().build()).loadFromString(yaml), "the file");
    Map<?, ?> defaults = map(file.get("defaults"), "defaults");
    Map<String, Scenario> scenarios = new LinkedHashMap<>();
    map(file.get("scenarios"), "scenarios")
        .forEach(
            (name, given) -> {
              Map<Object, Object> row = new LinkedHashMap<>(defaults);
              row.putAll(map(given, "the scenario " + name));
              scenarios.put(name.toString(), scenario(name.toString(), row));
            });
    return scenarios;
  }

  private static Scenario scenario(String name, Map<Object, Object> row) {
    for (Object key : row.keySet()) {
      if (!KEYS.contains(key.toString())) {
        throw new IllegalArgumentException(
            "the scenario %s has '%s', and there are %s".formatted(name, key, KEYS));
      }
    }
    Map<Kind, Integer> calls = new EnumMap<>(Kind.class);
    map(row.get("calls"), name + ": calls")
        .forEach((kind, weight) -> calls.put(Kind.of(kind.toString()), (Integer) weight));
    if (calls.isEmpty()) {
      throw new IllegalArgumentException("the scenario " + name + " calls nothing");
    }
    return new Scenario(
        name,
        String.valueOf(row.get("title")),
        String.valueOf(row.get("backend")),
        calls,
        new Run.Offered(
            number(row, name, "connections", 1),
            number(row, name, "streams", 1),
            row.containsKey("rate") ? number(row, name, "rate", 1) : 0,
            number(row, name, "payload", 0),
            number(row, name, "seconds", 1),
            number(row, name, "warmup", 0)),
        row.containsKey("subscribers") ? number(row, name, "subscribers", 0) : 0);
  }

  private static int number(Map<?, ?> row, String scenario, String key, int least) {
    if (row.get(key) instanceof Integer value && value >= least) {
      return value;
    }
    throw new IllegalArgumentException(
        "the scenario %s: %s is a whole number of at least %d".formatted(scenario, key, least));
  }

  private static Map<?, ?> map(@Nullable Object value, String what) {
    if (value instanceof Map<?, ?> map) {
      return map;
    }
    throw new IllegalArgumentException(what + " is not a mapping");
  }
}
