package dev.prism.perf.run;

import dev.prism.perf.report.Run;
import java.util.Map;

/**
 * A load on a proxy, as {@code scenarios.yaml} describes it.
 *
 * @param name as the command takes it
 * @param backend {@code memory} or {@code sqlite}
 * @param calls kinds, each with its weight among the connections
 * @param offered how much of it
 * @param subscribers to what is published, each on a connection of its own
 */
public record Scenario(
    String name,
    String title,
    String backend,
    Map<Kind, Integer> calls,
    Run.Offered offered,
    int subscribers) {

  /** With another load. */
  public Scenario with(Run.Offered other) {
    return new Scenario(name, title, backend, calls, other, subscribers);
  }

  /** The kind of the calls that one connection carries: as many connections each as it weighs. */
  Kind kind(int connection) {
    int all = calls.values().stream().mapToInt(Integer::intValue).sum();
    int place = connection % all;
    for (Map.Entry<Kind, Integer> each : calls.entrySet()) {
      place -= each.getValue();
      if (place < 0) {
        return each.getKey();
      }
    }
    throw new AssertionError(calls);
  }
}
