package dev.prism.perf.report;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/**
 * The same load on Prism and on others.
 *
 * @param runs one of each server
 * @param meters calls per second and the 99th percentile of each
 */
record Comparison(String title, String note, List<Run> runs, List<Meter> meters) {
  /**
   * What is compared.
   *
   * @param base whom the ratios are to
   */
  record Meter(String title, String hint, String base, List<Bar> bars) {}

  /**
   * One server's.
   *
   * @param width of the longest, in per cent with the sign
   * @param before the ratio in the previous report; empty where there is none
   */
  record Bar(String server, String css, String width, String value, String ratio, String before) {}

  /** Those of a report, without sweeps; of several rounds the one in the middle counts. */
  static List<Comparison> all(List<Run> all, Runs runs) {
    Map<String, List<Run>> scenarios =
        Runs.typical(all).stream()
            .filter(each -> !each.group().startsWith("sweep-"))
            .collect(
                Collectors.groupingBy(
                    each -> each.group() + " " + each.scenario(),
                    LinkedHashMap::new,
                    Collectors.toList()));
    return scenarios.values().stream()
        .flatMap(each -> loads(each).stream())
        .filter(each -> each.stream().map(Run::server).distinct().count() > 1)
        .map(each -> of(each, rounds(all, each.getFirst()), runs))
        .toList();
  }

  /** Servers may need loads of different shapes; the same server twice means two comparisons. */
  private static Collection<List<Run>> loads(List<Run> scenario) {
    if (scenario.stream().map(Run::server).distinct().count() == scenario.size()) {
      return List.of(scenario);
    }
    return scenario.stream()
        .collect(
            Collectors.groupingBy(
                each -> Runs.load(each.load()), LinkedHashMap::new, Collectors.toList()))
        .values();
  }

  private static int rounds(List<Run> all, Run of) {
    return Runs.rounds(all).getOrDefault(Runs.Same.of(of), List.of()).size();
  }

  private static Comparison of(List<Run> unsorted, int rounds, Runs runs) {
    List<Run> compared = unsorted.stream().sorted(Comparator.comparingInt(runs::order)).toList();
    Run first = compared.getFirst();
    Run base = base(compared);
    List<Meter> meters = new ArrayList<>();
    meters.add(meter("calls/s", "more is better", compared, base, runs, Run::callsPerSecond));
    meters.add(
        meter("P99 latency", "less is better", compared, base, runs, each -> each.micros(99)));
    return new Comparison(
        first.title(),
        Runs.load(first.load()) + (rounds > 1 ? ", the middle one of " + rounds + " rounds" : ""),
        compared,
        List.copyOf(meters));
  }

  /** grpc-netty where it is among them, or the first that is not Prism. */
  private static Run base(List<Run> compared) {
    List<Run> others = compared.stream().filter(each -> !each.server().equals("prism")).toList();
    return others.stream()
        .filter(each -> each.server().equals("netty"))
        .findFirst()
        .orElse(others.getFirst());
  }

  private static Meter meter(
      String title,
      String hint,
      List<Run> compared,
      Run base,
      Runs runs,
      ToDoubleFunction<Run> value) {
    double most =
        compared.stream().mapToDouble(value).filter(Double::isFinite).max().orElse(Double.NaN);
    List<Bar> bars = new ArrayList<>();
    for (Run run : compared) {
      double measured = value.applyAsDouble(run);
      bars.add(
          new Bar(
              Runs.name(run.server()),
              "c" + runs.colour(run.server()),
              Double.isFinite(measured) && most > 0
                  ? Chart.number(measured / most * 100) + "%"
                  : "0%",
              title.startsWith("P")
                  ? Numbers.latency(measured)
                  : Numbers.plain(Math.rint(measured)),
              ratio(measured, value.applyAsDouble(base)),
              before(run, base, runs, value)));
    }
    return new Meter(title, hint, Runs.name(base.server()), bars);
  }

  private static String before(Run run, Run base, Runs runs, ToDoubleFunction<Run> value) {
    Optional<Run> earlier = runs.before(run);
    Optional<Run> earlierBase = runs.before(base);
    if (run.equals(base) || earlier.isEmpty() || earlierBase.isEmpty()) {
      return "";
    }
    return ratio(value.applyAsDouble(earlier.get()), value.applyAsDouble(earlierBase.get()));
  }

  private static String ratio(double value, double base) {
    double ratio = value / base;
    return Double.isFinite(ratio) ? String.format(Locale.ROOT, "%.2f ×", ratio) : "";
  }
}
