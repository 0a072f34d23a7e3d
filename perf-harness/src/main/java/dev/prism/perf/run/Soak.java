package dev.prism.perf.run;

import dev.prism.perf.gate.Gates;
import dev.prism.perf.gate.Verdict;
import dev.prism.perf.report.Run;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;

/**
 * The mixed load, round after round on one proxy, and what has drifted.
 *
 * @param rounds in their order
 * @param values what the drift is judged by: medians of the last quarter of the rounds and of the
 *     second; the first is for warming up
 */
public record Soak(List<Run> rounds, Map<String, Double> values) {
  private static final int ROUND_SECONDS = 60;
  private static final int LEAST_ROUNDS = 8;

  /** What was seen of the second quarter must still be so in the last. */
  private static final String BOUNDS =
      """
      committed: {}
      gates:
        - {gate: soak-failed, title: calls that failed, value: failed, unit: calls, own: most 0, required: true}
        - {gate: soak-p99, title: "P99, last quarter", value: p99.last, unit: µs, own: most 1.5 of p99.second, required: true}
        - {gate: soak-proxy, title: "proxy resident, last quarter", value: proxy.last, unit: MB, own: most 1.1 of proxy.second, required: true}
        - {gate: soak-plugin, title: "SQLite plugin resident, last quarter", value: plugin.last, unit: MB, own: most 1.15 of plugin.second, required: true}
        - {gate: soak-threads, title: "threads of the proxy, last quarter", value: threads.last, unit: threads, own: most 1.1 of threads.second, required: true}
        - {gate: soak-streams, title: streams left after the last round, value: streams, unit: streams, own: most 0, required: true}
      """;

  /**
   * Runs it.
   *
   * @param seconds in all
   */
  public static Soak run(long seconds, Consumer<String> progress)
      throws IOException, InterruptedException {
    Scenario mixed = Objects.requireNonNull(Scenarios.shipped().get("mixed"));
    long length = Math.clamp(seconds / LEAST_ROUNDS, 1, ROUND_SECONDS);
    long count = Math.max(LEAST_ROUNDS, seconds / length);
    Run.Offered offered = mixed.offered();
    Scenario round =
        mixed.with(
            new Run.Offered(
                offered.connections(),
                offered.streams(),
                offered.rate(),
                offered.payloadBytes(),
                length,
                1));
    List<Run> rounds = new ArrayList<>();
    double streams;
    try (Runner runner = new Runner();
        Subject subject = Subject.start(Map.of())) {
      for (long i = 1; i <= count; i++) {
        Run run = runner.run(subject, round, "soak");
        rounds.add(run);
        progress.accept(
            "round %d of %d: %,.0f calls/s, P99 %,.0f µs, proxy %.0f MB"
                .formatted(
                    i,
                    count,
                    run.callsPerSecond(),
                    run.micros(99),
                    run.cost("proxy").residentBytes() / 1e6));
      }
      streams = Quiet.drained(runner, subject.proxy().metrics()).streams();
    }
    return of(rounds, streams);
  }

  /**
   * What has drifted between rounds.
   *
   * @param streams left after the last
   */
  static Soak of(List<Run> rounds, double streams) {
    Map<String, Double> values = new TreeMap<>();
    values.put("streams", streams);
    values.put(
        "failed",
        rounds.stream()
            .flatMap(run -> run.failures().values().stream())
            .mapToDouble(Long::doubleValue)
            .sum());
    quarters(rounds, "p99", run -> run.micros(99), values);
    quarters(rounds, "proxy", run -> run.cost("proxy").residentBytes() / 1e6, values);
    quarters(rounds, "plugin", run -> run.cost("plugin sqlite").residentBytes() / 1e6, values);
    quarters(rounds, "threads", run -> run.cost("proxy").threads(), values);
    return new Soak(rounds, values);
  }

  private static void quarters(
      List<Run> rounds, String name, ToDoubleFunction<Run> figure, Map<String, Double> values) {
    int quarter = rounds.size() / 4;
    values.put(name + ".second", median(rounds.subList(quarter, 2 * quarter), figure));
    values.put(
        name + ".last", median(rounds.subList(rounds.size() - quarter, rounds.size()), figure));
  }

  private static double median(List<Run> rounds, ToDoubleFunction<Run> figure) {
    return StandardSet.median(rounds.stream().mapToDouble(figure).boxed().toList());
  }

  /** Whether anything has grown that should not. */
  public List<Verdict> drift() {
    return Gates.read(BOUNDS).judge(values);
  }
}
