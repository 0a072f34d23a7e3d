package dev.prism.perf.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Charts of latencies by percentile; all that are made together have the same axes. */
final class Curves {
  /** Of these a reader is told the figure; a histogram has many more. */
  private static final Set<Double> TOLD = Set.of(50.0, 90.0, 95.0, 99.0, 99.9, 99.99, 99.999);

  private static final double LAST = 99.999;

  private interface Drawing {
    Figure of(String title, String note, Axis x, Axis y, List<Line> lines);
  }

  private record Panel(String title, String note, List<Line> lines) {}

  private Curves() {}

  /** One for each comparison, a line for each server. */
  static List<Figure> peers(List<Comparison> comparisons, Runs runs) {
    return figures(
        comparisons.stream()
            .map(
                each ->
                    new Panel(
                        each.title(),
                        each.note(),
                        each.runs().stream()
                            .map(
                                run ->
                                    line(Runs.name(run.server()), runs.colour(run.server()), run))
                            .toList()))
            .toList(),
        Figure::small);
  }

  /** One for each run, with that of the previous report. */
  static List<Figure> single(List<Run> shown, Runs runs) {
    return figures(
        shown.stream()
            .map(
                run -> {
                  List<Line> lines = new ArrayList<>();
                  runs.before(run)
                      .ifPresent(
                          before ->
                              lines.add(
                                  line(
                                      "previous",
                                      Runs.PAST,
                                      Line.Stroke.PREVIOUS,
                                      before.latency())));
                  lines.add(line("now", runs.colour(run.server()), run));
                  return new Panel(run.title(), Runs.load(run.load()), lines);
                })
            .toList(),
        Figure::small);
  }

  /** A call's way: to the backend, from the plugin's reply, and the whole as its client saw it. */
  static List<Figure> ways(List<Run> shown) {
    return figures(
        shown.stream()
            .map(
                run ->
                    new Panel(
                        run.title(),
                        Runs.load(run.load()),
                        List.of(
                            line("whole call", Runs.PAST, run),
                            line("to backend", 0, Line.Stroke.PLAIN, run.overhead()),
                            line("reply", 1, Line.Stroke.PLAIN, run.reply()))))
            .toList(),
        Figure::wide);
  }

  /** All panels on the same axes. */
  private static List<Figure> figures(List<Panel> panels, Drawing drawing) {
    Axis y =
        Axis.latencies(
            "latency",
            Line.values(panels.stream().flatMap(panel -> panel.lines().stream()).toList()));
    return panels.stream()
        .filter(panel -> panel.lines().stream().anyMatch(line -> !line.points().isEmpty()))
        .map(panel -> drawing.of(panel.title(), panel.note(), Axis.percentiles(), y, panel.lines()))
        .toList();
  }

  private static Line line(String name, int colour, Run run) {
    return line(name, colour, Line.Stroke.PLAIN, run.latency());
  }

  private static Line line(
      String name, int colour, Line.Stroke stroke, List<Percentile> distribution) {
    return new Line(
        name,
        colour,
        stroke,
        distribution.stream()
            // A logarithm of 0 has no place, nor has the largest of all, which is the 100th.
            .filter(each -> each.percent() <= LAST && each.micros() > 0)
            .map(each -> point(name, each))
            .toList());
  }

  private static Line.Point point(String name, Percentile at) {
    String tip =
        TOLD.contains(at.percent())
            ? "%s, %s %%: %s"
                .formatted(
                    name,
                    String.valueOf(at.percent()).replace(".0", ""),
                    Numbers.latency(at.micros()))
            : "";
    return new Line.Point(Axis.nines(at.percent()), at.micros(), tip, false);
  }
}
