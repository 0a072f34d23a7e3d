package dev.prism.perf.report;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A chart with what is written around it.
 *
 * @param title what it shows
 * @param note the load, or what to look at
 * @param keys the legend; empty where there is one line
 * @param charts the same in sizes of which the page shows one, by the room that there is
 */
record Figure(String title, String note, List<Key> keys, List<Chart> charts) {
  record Key(String name, String css) {}

  static Figure small(String title, String note, Axis x, Axis y, List<Line> lines) {
    return of(title, note, x, y, lines, Stream.of(Chart.Size.SMALL));
  }

  static Figure wide(String title, String note, Axis x, Axis y, List<Line> lines) {
    return of(title, note, x, y, lines, Stream.of(Chart.Size.WIDE, Chart.Size.NARROW));
  }

  private static Figure of(
      String title, String note, Axis x, Axis y, List<Line> lines, Stream<Chart.Size> sizes) {
    List<Line> shown = lines.stream().filter(line -> !line.points().isEmpty()).toList();
    Map<String, Key> keys = new LinkedHashMap<>();
    for (Line line : shown) {
      String stroke = line.stroke().name().toLowerCase(Locale.ROOT);
      keys.putIfAbsent(line.name(), new Key(line.name(), "c" + line.colour() + " " + stroke));
    }
    String description =
        title
            + ": "
            + y.title()
            + " against "
            + x.title()
            + "; lines: "
            + String.join(", ", keys.keySet());
    return new Figure(
        title,
        note,
        keys.size() > 1 ? List.copyOf(keys.values()) : List.of(),
        sizes.map(size -> Chart.of(size, description, x, y, shown)).toList());
  }
}
