package dev.prism.perf.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Everything that the page says, in its order; the templates only write it down.
 *
 * @param about and what else tells which measurement it is
 * @param before about the previous report; empty where there is none
 * @param warning why the two cannot be compared as they are; empty where they can
 */
record Page(
    Summary summary,
    String digest,
    List<Map.Entry<String, String>> about,
    String before,
    String warning,
    List<GateRow> gates,
    List<Comparison> comparisons,
    List<Figure> peerCurves,
    List<Figure> curves,
    List<Figure> byRate,
    List<Figure> byConnections,
    List<Figure> overTime,
    Overhead overhead,
    List<RunTable> runs) {

  /** Where these differ two reports say little of each other. */
  private static final List<String> MACHINE = List.of("processor", "processors", "system", "java");

  /** What a reader asks first; anything else after these. */
  private static final List<String> FIRST =
      List.of("date", "commit", "processor", "processors", "memory", "system", "java");

  static Page of(Report report, @Nullable Report previous) {
    Runs runs = new Runs(report.runs(), previous);
    List<Comparison> comparisons = Comparison.all(report.runs(), runs);
    return new Page(
        Summary.of(report),
        report.digest(),
        about(report),
        previous == null ? "" : before(previous),
        previous == null ? "" : warning(report, previous),
        report.verdicts().stream().map(each -> GateRow.of(each, previous)).toList(),
        comparisons,
        Curves.peers(comparisons, runs),
        Curves.single(alone(report.runs(), comparisons), runs),
        Sweeps.byRate(report.runs(), runs),
        Sweeps.byConnections(report.runs(), runs),
        OverTime.of(report.runs(), runs),
        Overhead.of(report),
        RunTable.of(report.runs(), runs));
  }

  private static List<Map.Entry<String, String>> about(Report report) {
    return report.about().entrySet().stream()
        .sorted(Comparator.comparingInt(each -> place(each.getKey())))
        .toList();
  }

  private static int place(String key) {
    int first = FIRST.indexOf(key);
    return first < 0 ? FIRST.size() : first;
  }

  /** Runs that no other chart has the curve of. */
  private static List<Run> alone(List<Run> all, List<Comparison> comparisons) {
    return Runs.typical(all).stream()
        .filter(each -> !each.group().startsWith("sweep-") && !each.group().equals("overhead"))
        .filter(each -> comparisons.stream().noneMatch(other -> other.runs().contains(each)))
        .filter(each -> !each.latency().isEmpty())
        .toList();
  }

  private static String before(Report previous) {
    String date = previous.about().getOrDefault("date", "");
    String commit = previous.about().getOrDefault("commit", "");
    String digest = previous.digest().substring(0, Math.min(12, previous.digest().length()));
    return Stream.of(date, commit.isEmpty() ? "" : "commit " + commit, "digest " + digest)
        .filter(each -> !each.isEmpty())
        .collect(Collectors.joining(", "));
  }

  private static String warning(Report report, Report previous) {
    List<String> differ = new ArrayList<>();
    for (String what : MACHINE) {
      String now = report.about().getOrDefault(what, "");
      String before = previous.about().getOrDefault(what, now);
      if (!now.equals(before)) {
        differ.add(what + " (then " + before + ", now " + now + ")");
      }
    }
    return String.join(", ", differ);
  }
}
