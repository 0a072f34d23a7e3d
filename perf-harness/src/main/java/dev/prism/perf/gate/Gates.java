package dev.prism.perf.gate;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * The gates of {@code gates.yaml}, and the figures that were committed for some of them to be held
 * against.
 */
public final class Gates {
  private static final Set<String> KEYS =
      Set.of("gate", "title", "value", "unit", "rfc", "own", "required", "remark");

  private final List<Gate> gates;
  private final Map<String, Double> committed;

  private Gates(List<Gate> gates, Map<String, Double> committed) {
    this.gates = gates;
    this.committed = committed;
  }

  /** Those that ship with the harness. */
  public static Gates shipped() {
    try (InputStream in =
        Objects.requireNonNull(Gates.class.getResourceAsStream("/gates.yaml"), "gates.yaml")) {
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
  public static Gates read(String yaml) {
    Map<?, ?> file = map(new Load(LoadSettings.builder().build()).loadFromString(yaml), "the file");
    Map<String, Double> committed = new HashMap<>();
    map(file.get("committed"), "committed")
        .forEach((key, value) -> committed.put("committed." + key, ((Number) value).doubleValue()));
    List<Gate> gates = new ArrayList<>();
    for (Object each : (List<?>) Objects.requireNonNull(file.get("gates"), "gates")) {
      gates.add(gate(map(each, "a gate")));
    }
    return new Gates(gates, committed);
  }

  private static Gate gate(Map<?, ?> row) {
    for (Object key : row.keySet()) {
      if (!KEYS.contains(String.valueOf(key))) {
        throw new IllegalArgumentException("a gate has no '" + key + "'; it has " + KEYS);
      }
    }
    List<Bound> own = bounds(row.get("own"));
    boolean required = Boolean.TRUE.equals(row.get("required"));
    List<Bound> rfc = bounds(row.get("rfc"));
    if (rfc.isEmpty() && own.isEmpty()) {
      throw new IllegalArgumentException("the gate " + row.get("gate") + " has no bound");
    }
    return new Gate(
        text(row, "gate"),
        text(row, "title"),
        text(row, "value"),
        row.get("unit") == null ? "" : text(row, "unit"),
        rfc,
        own,
        required,
        row.get("remark") == null ? "" : text(row, "remark").strip());
  }

  private static String text(Map<?, ?> row, String key) {
    Object value = row.get(key);
    if (value == null) {
      throw new IllegalArgumentException("a gate lacks its " + key + ": " + row);
    }
    return value.toString();
  }

  private static List<Bound> bounds(@Nullable Object given) {
    return switch (given) {
      case null -> List.of();
      case List<?> several -> several.stream().map(each -> Bound.parse(each.toString())).toList();
      default -> List.of(Bound.parse(given.toString()));
    };
  }

  private static Map<?, ?> map(@Nullable Object value, String what) {
    if (value instanceof Map<?, ?> map) {
      return map;
    }
    throw new IllegalArgumentException(what + " is not a mapping");
  }

  /** Judges what was measured; in the file's order. */
  public List<Verdict> judge(Map<String, Double> measured) {
    Map<String, Double> values = new HashMap<>(committed);
    values.putAll(measured);
    return gates.stream().map(gate -> gate.judge(values)).toList();
  }
}
