package dev.prism.benchmarks;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a scenario showed.
 *
 * @param name as {@code only=} takes it
 * @param title for people
 * @param rounds of each server by its name, in the order in which they took turns
 */
record Outcome(String name, String title, Map<String, List<Figures>> rounds) {
  /** The server that the others are compared with. */
  static final String REFERENCE = "netty";

  /** Each server's medians. */
  Map<String, Figures> medians() {
    Map<String, Figures> medians = new LinkedHashMap<>();
    rounds.forEach((server, figures) -> medians.put(server, Figures.median(figures)));
    return medians;
  }
}
