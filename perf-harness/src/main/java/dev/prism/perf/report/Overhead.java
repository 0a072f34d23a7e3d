package dev.prism.perf.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * What the proxy adds to a call, by its parts.
 *
 * @param parts of its processor time, the largest first
 * @param ways percentiles of each part of a call's way
 * @param figures the same as curves
 */
record Overhead(List<Part> parts, List<Way> ways, List<Figure> figures) {
  /** In the order of the table's columns. */
  static final List<Double> PERCENTS = List.of(50.0, 95.0, 99.0, 99.9);

  /**
   * A share of the processor time.
   *
   * @param left where its piece of the bar begins, and width how long it is, in per cent
   */
  record Part(String name, String css, String left, String width, String share) {}

  /**
   * A row of percentiles.
   *
   * @param first whether it is its run's first, which names the run
   * @param rows how many the run has
   */
  record Way(
      String title, String load, boolean first, int rows, String name, List<String> micros) {}

  boolean empty() {
    return parts.isEmpty() && ways.isEmpty();
  }

  static Overhead of(Report report) {
    List<Run> timed =
        Runs.typical(report.runs()).stream().filter(each -> !each.overhead().isEmpty()).toList();
    List<Run> meant = timed.stream().filter(each -> each.group().equals("overhead")).toList();
    List<Run> shown = meant.isEmpty() ? timed : meant;
    return new Overhead(
        parts(report.parts()),
        shown.stream().flatMap(run -> ways(run).stream()).toList(),
        Curves.ways(shown));
  }

  private static List<Way> ways(Run run) {
    List<Way> rows = new ArrayList<>();
    boolean replies = !run.reply().isEmpty();
    int count = replies ? 3 : 2;
    rows.add(way(run, true, count, "receipt to backend call", run.overhead()));
    if (replies) {
      rows.add(way(run, false, count, "reply to socket", run.reply()));
    }
    rows.add(way(run, false, count, "whole call, at the client", run.latency()));
    return rows;
  }

  private static Way way(
      Run run, boolean first, int rows, String name, List<Percentile> distribution) {
    return new Way(
        run.title(),
        Runs.load(run.load()),
        first,
        rows,
        name,
        PERCENTS.stream()
            .map(each -> Numbers.plain(Math.rint(Run.at(distribution, each))))
            .toList());
  }

  private static List<Part> parts(Map<String, Double> shares) {
    List<Map.Entry<String, Double>> sorted =
        shares.entrySet().stream()
            .filter(each -> each.getValue() > 0)
            .sorted(Map.Entry.<String, Double>comparingByValue(Comparator.reverseOrder()))
            .toList();
    List<Part> parts = new ArrayList<>();
    double left = 0;
    for (Map.Entry<String, Double> each : sorted) {
      parts.add(part(each.getKey(), Math.min(parts.size(), Runs.PAST), left, each.getValue()));
      left += each.getValue();
    }
    if (!parts.isEmpty() && left < 99.9) {
      parts.add(part("what the profile does not tell apart", Runs.PAST, left, 100 - left));
    }
    return parts;
  }

  private static Part part(String name, int colour, double left, double share) {
    return new Part(
        name,
        "c" + colour,
        Chart.number(left) + "%",
        Chart.number(share) + "%",
        Numbers.percent(share));
  }
}
