package dev.prism.perf.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The runs of a group.
 *
 * @param title of the group
 */
record RunTable(String title, List<Row> rows) {
  /** Of the latencies' columns. */
  private static final List<Double> PERCENTS = List.of(50.0, 95.0, 99.0, 99.9);

  /** Of the same load one after another. */
  private static final int MOST_ROUNDS = 9;

  /** Beyond it the generator, which has one thread, says more of itself than of the server. */
  private static final double BUSY = 0.9;

  /**
   * A run.
   *
   * @param notes what keeps its figures from being taken as they are
   * @param processes at least one, whose first stands in the run's own line
   */
  record Row(
      String title,
      String server,
      String css,
      String load,
      String calls,
      Change callsChange,
      List<String> latencies,
      Change p99Change,
      String failures,
      boolean failed,
      List<String> notes,
      List<Spent> processes) {}

  /** What one process spent. */
  record Spent(String name, String cpu, String bytes, String resident) {}

  static List<RunTable> of(List<Run> all, Runs runs) {
    Map<String, List<Run>> groups =
        all.stream()
            .collect(Collectors.groupingBy(Run::group, LinkedHashMap::new, Collectors.toList()));
    List<RunTable> tables = new ArrayList<>();
    groups.forEach(
        (group, its) -> {
          List<Row> rows = new ArrayList<>();
          Runs.rounds(its).values().forEach(rounds -> rows.addAll(rows(rounds, runs)));
          tables.add(new RunTable(Runs.group(group), rows));
        });
    return tables;
  }

  /** All rounds of the same; of so many that nobody reads them those that tell the most. */
  private static List<Row> rows(List<Run> rounds, Runs runs) {
    int count = rounds.size();
    return IntStream.range(0, count)
        .filter(i -> count <= MOST_ROUNDS || i == 0 || i == count - 1 || i == slowest(rounds))
        .mapToObj(
            i ->
                row(
                    rounds.get(i),
                    count > 1 ? "round %d of %d, ".formatted(i + 1, count) : "",
                    runs))
        .toList();
  }

  private static int slowest(List<Run> rounds) {
    return IntStream.range(0, rounds.size())
        .boxed()
        .max(Comparator.comparingDouble(i -> rounds.get(i).micros(99)))
        .orElse(0);
  }

  private static Row row(Run run, String round, Runs runs) {
    long failed = run.failures().values().stream().mapToLong(Long::longValue).sum();
    Run before = runs.before(run).orElse(null);
    return new Row(
        run.title(),
        Runs.name(run.server()),
        "c" + runs.colour(run.server()),
        round + Runs.load(run.load()),
        Numbers.plain(Math.rint(run.callsPerSecond())),
        before == null || run.load().rate() > 0
            ? Change.NONE
            : Change.of(run.callsPerSecond(), before.callsPerSecond(), false),
        PERCENTS.stream().map(each -> micros(run.micros(each))).toList(),
        before == null ? Change.NONE : Change.of(run.micros(99), before.micros(99), true),
        Numbers.count(failed),
        failed > 0,
        notes(run),
        processes(run));
  }

  private static String micros(double micros) {
    return Numbers.plain(micros < 100 ? Math.rint(micros * 10) / 10 : Math.rint(micros));
  }

  private static List<String> notes(Run run) {
    List<String> notes = new ArrayList<>();
    new TreeMap<>(run.failures())
        .forEach((what, times) -> notes.add(Numbers.count(times) + " × " + what));
    if (run.behind() > 0) {
      notes.add(Numbers.count(run.behind()) + " calls due and not begun at the end");
    }
    if (run.deliveriesPerSecond() > 0) {
      notes.add(Numbers.plain(Math.rint(run.deliveriesPerSecond())) + " deliveries/s");
    }
    if (run.clientBusy() > BUSY) {
      notes.add(
          String.format(
              Locale.ROOT,
              "the generator used %.2f processors: it may be the limit",
              run.clientBusy()));
    }
    return notes;
  }

  private static List<Spent> processes(Run run) {
    List<Spent> processes = new ArrayList<>();
    Map<String, Run.Cost> costs = new TreeMap<>(Runs.PROCESSES);
    costs.putAll(run.costs());
    costs.forEach(
        (name, cost) ->
            processes.add(
                new Spent(
                    name,
                    tenths(cost.cpuMicros()),
                    cost.allocatedBytes() > 0
                        ? Numbers.plain(Math.rint(cost.allocatedBytes()))
                        : Numbers.NONE,
                    Numbers.megabytes(cost.residentBytes()))));
    return processes.isEmpty()
        ? List.of(new Spent(Numbers.NONE, Numbers.NONE, Numbers.NONE, Numbers.NONE))
        : processes;
  }

  private static String tenths(double value) {
    return Double.isFinite(value) ? String.format(Locale.ROOT, "%.1f", value) : Numbers.NONE;
  }
}
