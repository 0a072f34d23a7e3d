package dev.prism.perf.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.DoubleFunction;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/** Charts of what becomes of figures as the load grows. */
final class Sweeps {
  /** Of an open loop, less than this share of what was offered was not kept up with. */
  private static final double KEPT_UP = 0.98;

  private final List<Run> sweep;
  private final Runs runs;
  private final ToDoubleFunction<Run> by;
  private final List<String> servers;

  private Sweeps(List<Run> all, String group, Runs runs, ToDoubleFunction<Run> by) {
    this.sweep =
        all.stream()
            .filter(each -> each.group().equals(group))
            .sorted(Comparator.comparingDouble(by))
            .toList();
    this.runs = runs;
    this.by = by;
    this.servers = sweep.stream().map(Run::server).distinct().toList();
  }

  /**
   * A line.
   *
   * @param words a figure of it with its unit
   */
  private record Measure(
      String server,
      String name,
      int colour,
      Line.Stroke stroke,
      ToDoubleFunction<Run> value,
      DoubleFunction<String> words) {}

  /** By calls a second that were offered. */
  static List<Figure> byRate(List<Run> all, Runs runs) {
    Sweeps sweeps = new Sweeps(all, "sweep-rate", runs, run -> run.load().rate());
    Axis x = Axis.whole("offered, calls/s", sweeps.sweep.stream().mapToDouble(sweeps.by));
    return sweeps.figures(
        sweeps.latencies("Latency by rate", x),
        sweeps.linear(
            "Processor time for each call",
            "all processes of the server together",
            x,
            "µs/call",
            sweeps.servers.stream().map(sweeps::processorTime)));
  }

  /** By connections that were open. */
  static List<Figure> byConnections(List<Run> all, Runs runs) {
    Sweeps sweeps = new Sweeps(all, "sweep-connections", runs, run -> run.load().connections());
    Axis x =
        Axis.logarithmic(
            "connections (log)", sweeps.sweep.stream().mapToDouble(sweeps.by), Numbers::brief);
    return sweeps.figures(
        sweeps.latencies("Latency by connections", x),
        sweeps.linear(
            "Memory by connections",
            "the most that each process held",
            x,
            "resident, MB",
            sweeps.servers.stream().flatMap(sweeps::memory)));
  }

  /** One place alone shows nothing of what it leads to. */
  private List<Figure> figures(Figure... figures) {
    return sweep.stream().mapToDouble(by).distinct().count() > 1 ? List.of(figures) : List.of();
  }

  private Figure latencies(String title, Axis x) {
    List<Line> lines = new ArrayList<>();
    for (String server : servers) {
      lines.add(line(latency(server, 99, Line.Stroke.MARKED)));
      lines.add(line(latency(server, 50, Line.Stroke.FAINT)));
    }
    boolean behind =
        lines.stream().flatMap(each -> each.points().stream()).anyMatch(Line.Point::hollow);
    return Figure.wide(
        title,
        behind ? "hollow: did not keep up with the rate" : "",
        x,
        Axis.latencies("latency", Line.values(lines)),
        lines);
  }

  private Figure linear(String title, String note, Axis x, String unit, Stream<Measure> measures) {
    List<Line> lines = measures.map(this::line).toList();
    return Figure.wide(title, note, x, Axis.linear(unit, Line.values(lines)), lines);
  }

  private Measure latency(String server, int percent, Line.Stroke stroke) {
    return new Measure(
        server,
        Runs.name(server) + " P" + percent,
        runs.colour(server),
        stroke,
        run -> run.micros(percent),
        Numbers::latency);
  }

  private Measure processorTime(String server) {
    return new Measure(
        server,
        Runs.name(server),
        runs.colour(server),
        Line.Stroke.MARKED,
        run -> run.costs().values().stream().mapToDouble(Run.Cost::cpuMicros).sum(),
        micros -> Numbers.plain(micros) + " µs/call");
  }

  private Stream<Measure> memory(String server) {
    List<String> processes =
        sweep.stream()
            .filter(run -> run.server().equals(server))
            .flatMap(run -> run.costs().keySet().stream())
            .distinct()
            .sorted(Runs.PROCESSES)
            .toList();
    return processes.stream()
        .map(
            process ->
                new Measure(
                    server,
                    Runs.name(process),
                    runs.colour(server, process, processes),
                    Line.Stroke.MARKED,
                    run -> run.cost(process).residentBytes() / 1e6,
                    megabytes -> Numbers.plain(Math.rint(megabytes)) + " MB"));
  }

  private Line line(Measure measure) {
    return new Line(
        measure.name(),
        measure.colour(),
        measure.stroke(),
        sweep.stream()
            .filter(run -> run.server().equals(measure.server()))
            .map(run -> point(run, measure))
            .toList());
  }

  private Line.Point point(Run run, Measure measure) {
    double at = by.applyAsDouble(run);
    double value = measure.value().applyAsDouble(run);
    boolean behind = run.load().rate() > 0 && run.callsPerSecond() < KEPT_UP * run.load().rate();
    String tip =
        "%s at %s: %s%s"
            .formatted(
                measure.name(),
                Numbers.plain(at),
                measure.words().apply(value),
                behind ? ", behind" : "");
    return new Line.Point(at, value, tip, behind);
  }
}
