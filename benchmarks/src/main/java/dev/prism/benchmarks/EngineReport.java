package dev.prism.benchmarks;

import com.google.gson.GsonBuilder;
import dev.prism.perf.report.TextTable;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Says what was measured, to people and to programs. */
final class EngineReport {
  private EngineReport() {}

  /** A table: a row for each server, each figure with its ratio to grpc-netty's in brackets. */
  static void table(Outcome outcome, PrintStream to) {
    Map<String, Figures> medians = outcome.medians();
    List<Measure> measures =
        List.of(Measure.values()).stream()
            .filter(
                measure ->
                    medians.values().stream().anyMatch(each -> each.values().containsKey(measure)))
            .toList();
    List<List<String>> rows = new ArrayList<>();
    List<String> head = new ArrayList<>(List.of(""));
    measures.forEach(measure -> head.add(measure.title()));
    head.add("failed");
    rows.add(head);
    Figures reference = medians.getOrDefault(Outcome.REFERENCE, new Figures());
    medians.forEach(
        (server, figures) -> {
          List<String> row = new ArrayList<>(List.of(server));
          Figures others = server.equals(Outcome.REFERENCE) ? new Figures() : reference;
          measures.forEach(measure -> row.add(cell(measure, figures, others)));
          long failed = figures.failures().values().stream().mapToLong(Long::longValue).sum();
          row.add(String.format(Locale.ROOT, "%,d", failed));
          rows.add(row);
        });
    to.println();
    to.println(outcome.title());
    TextTable.print(rows, /* numbers= */ true, to);
    medians.forEach(
        (server, figures) ->
            figures
                .failures()
                .forEach(
                    (why, count) ->
                        to.printf(Locale.ROOT, "  %s failed: %,d x %s%n", server, count, why)));
  }

  private static String cell(Measure measure, Figures figures, Figures reference) {
    if (!figures.values().containsKey(measure)) {
      return "-";
    }
    String text = String.format(Locale.ROOT, measure.format(), figures.get(measure));
    if (measure == Measure.CLIENT) {
      return text; // says something of the client alone
    }
    double ratio = figures.get(measure) / reference.get(measure);
    return Double.isFinite(ratio) ? text + String.format(Locale.ROOT, " (%.2f)", ratio) : text;
  }

  /**
   * One JSON object: of each scenario and server the medians, their ratios to grpc-netty's, each
   * round and what failed.
   *
   * @param about what holds for all
   */
  static String json(Map<String, Object> about, List<Outcome> outcomes) {
    Map<String, Object> all = new TreeMap<>(about);
    all.put("scenarios", outcomes.stream().map(EngineReport::scenario).toList());
    return new GsonBuilder().disableHtmlEscaping().create().toJson(all);
  }

  private static Map<String, Object> scenario(Outcome outcome) {
    Figures reference = outcome.medians().getOrDefault(Outcome.REFERENCE, new Figures());
    Map<String, Object> servers = new TreeMap<>();
    outcome
        .rounds()
        .forEach(
            (name, rounds) -> {
              Figures median = Figures.median(rounds);
              Map<String, Double> ratios = new TreeMap<>();
              for (Measure measure : median.values().keySet()) {
                double ratio = median.get(measure) / reference.get(measure);
                if (Double.isFinite(ratio)) {
                  ratios.put(measure.title(), ratio);
                }
              }
              servers.put(
                  name,
                  Map.of(
                      "median", titled(median),
                      "ratio", ratios,
                      "rounds", rounds.stream().map(EngineReport::titled).toList(),
                      "failures", median.failures()));
            });
    return Map.of("name", outcome.name(), "title", outcome.title(), "servers", servers);
  }

  private static Map<String, Double> titled(Figures figures) {
    return figures.values().entrySet().stream()
        .collect(Collectors.toMap(entry -> entry.getKey().title(), Map.Entry::getValue));
  }
}
