package dev.prism.perf.report;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Charts of what processes hold, over a run's time; of rounds on the same processes over that of
 * all of them, with the latencies of each.
 */
final class OverTime {
  /** Those in which it could grow. Without them the standard ones are shown. */
  private static final Set<String> LONG = Set.of("many-connections", "soak");

  /** More points than pixels show nothing more. */
  private static final int POINTS = 240;

  /** So many of them can be pointed at. */
  private static final int TOLD = 12;

  /** Of more rounds not each is marked. */
  private static final int MARKED = 40;

  /** What lasts longer is told in minutes. */
  private static final double SECONDS_TOLD = 600;

  /**
   * Rounds of the same.
   *
   * @param unit of the time
   * @param seconds that it has
   */
  private record Time(List<Round> rounds, String unit, double seconds) {
    Run first() {
      return rounds.getFirst().run();
    }

    String load() {
      String load = Runs.name(first().server()) + ", " + Runs.load(first().load());
      return rounds.size() > 1 ? load + " × " + rounds.size() : load;
    }

    Axis axis(List<Line> lines) {
      return Axis.whole("time, " + unit, Line.places(lines));
    }

    String told(double after) {
      double units = Math.rint(after / seconds * 10) / 10;
      return Numbers.plain(seconds > 1 ? units : Math.rint(after)) + " " + unit;
    }
  }

  /** A round and when it began, in seconds since the first did. */
  private record Round(Run run, double begun) {}

  private OverTime() {}

  static List<Figure> of(List<Run> all, Runs runs) {
    boolean lasting = all.stream().anyMatch(each -> LONG.contains(each.group()));
    Collection<List<Run>> shown =
        Runs.rounds(
                all.stream()
                    .filter(
                        each ->
                            lasting ? LONG.contains(each.group()) : each.group().equals("standard"))
                    .toList())
            .values();
    List<Figure> figures = new ArrayList<>();
    for (List<Run> each : shown) {
      Time time = time(each);
      if (each.stream().mapToInt(run -> run.samples().size()).sum() > 1) {
        figures.add(memory(time, runs));
      }
      if (each.size() > 2) {
        figures.add(latency(time, runs));
      }
    }
    return figures;
  }

  private static Time time(List<Run> runs) {
    List<Round> rounds = new ArrayList<>();
    double begun = 0;
    for (Run run : runs) {
      rounds.add(new Round(run, begun));
      begun += run.load().warmupSeconds() + run.load().seconds();
    }
    return begun > SECONDS_TOLD ? new Time(rounds, "min", 60) : new Time(rounds, "s", 1);
  }

  private static Figure memory(Time time, Runs runs) {
    Run first = time.first();
    List<String> processes =
        time.rounds().stream()
            .flatMap(each -> each.run().samples().stream())
            .flatMap(each -> each.residentBytes().keySet().stream())
            .distinct()
            .sorted(Runs.PROCESSES)
            .toList();
    List<Line> lines =
        processes.stream()
            .map(
                process ->
                    new Line(
                        Runs.name(process),
                        runs.colour(first.server(), process, processes),
                        Line.Stroke.PLAIN,
                        resident(process, time)))
            .toList();
    return Figure.wide(
        "Memory: " + first.title(),
        time.load(),
        time.axis(lines),
        Axis.linear("resident, MB", Line.values(lines)),
        lines);
  }

  private static Figure latency(Time time, Runs runs) {
    Run first = time.first();
    int colour = runs.colour(first.server());
    List<Line> lines =
        List.of(
            new Line("P99", colour, Line.Stroke.MARKED, latencies(time, 99)),
            new Line("P50", colour, Line.Stroke.FAINT, latencies(time, 50)));
    return Figure.wide(
        "Latency: " + first.title(),
        time.load(),
        time.axis(lines),
        Axis.latencies("latency", Line.values(lines)),
        lines);
  }

  private static List<Line.Point> latencies(Time time, int percent) {
    List<Line.Point> points =
        time.rounds().stream()
            .map(
                round -> {
                  double end = round.begun() + round.run().load().seconds();
                  double micros = round.run().micros(percent);
                  String tip =
                      "P%d up to %s: %s"
                          .formatted(percent, time.told(end), Numbers.latency(micros));
                  return new Line.Point(end / time.seconds(), micros, tip, false);
                })
            .toList();
    return points.size() > MARKED ? thinned(points) : points;
  }

  private static List<Line.Point> resident(String process, Time time) {
    List<Line.Point> points = new ArrayList<>();
    for (Round round : time.rounds()) {
      for (Run.Sample sample : round.run().samples()) {
        double at = round.begun() + sample.seconds();
        double bytes = sample.residentBytes().getOrDefault(process, Double.NaN);
        String tip =
            "%s after %s: %s MB"
                .formatted(Runs.name(process), time.told(at), Numbers.megabytes(bytes));
        points.add(new Line.Point(at / time.seconds(), bytes / 1e6, tip, false));
      }
    }
    return thinned(points);
  }

  /** So many as can be seen, and of these so many that can be pointed at as can be hit. */
  private static List<Line.Point> thinned(List<Line.Point> points) {
    int step = Math.max(1, points.size() / POINTS);
    int told = Math.max(1, points.size() / step / TOLD);
    return IntStream.range(0, points.size() / step)
        .mapToObj(
            i -> {
              Line.Point point = points.get(i * step);
              return i % told == 0 ? point : new Line.Point(point.x(), point.y(), "", false);
            })
        .toList();
  }
}
