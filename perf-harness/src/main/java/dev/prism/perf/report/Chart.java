package dev.prism.perf.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * A line chart laid out: everything has its place, and the template writes it down as SVG. Sizes
 * are CSS pixels of the width at which it is meant to be seen.
 *
 * @param description for who cannot see it
 * @param plot where the lines are
 */
record Chart(
    Size size,
    Box plot,
    String description,
    String xTitle,
    String yTitle,
    List<Mark> xMarks,
    List<Mark> yMarks,
    List<Drawn> lines) {
  /** Lines of text that are nearer than this touch. */
  private static final double LINE_HEIGHT = 13;

  /** Between a line's end and its name. */
  private static final double NAME_GAP = 7;

  private static final double LEFT = 46;
  private static final double TOP = 26;
  private static final double BOTTOM = 40;

  /** The sizes that charts come in. */
  enum Size {
    /** Three beside each other on a desk, one on a phone. */
    SMALL(340, 230, 76, 10),
    /** Two beside each other on a desk. */
    WIDE(530, 300, 108, 16),
    /** In place of a wide one on a phone. */
    NARROW(340, 270, 94, 14);

    final int width;
    final int height;
    final int right;
    final int letters;

    /**
     * One of them.
     *
     * @param right how much is left for names, which are that many letters at most
     */
    Size(int width, int height, int right, int letters) {
      this.width = width;
      this.height = height;
      this.right = right;
      this.letters = letters;
    }

    String viewBox() {
      return "0 0 " + width + " " + height;
    }

    private String fitting(String name) {
      return name.length() <= letters ? name : name.substring(0, letters - 1).strip() + "…";
    }

    String css() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  record Box(double left, double top, double right, double bottom) {}

  record Mark(String at, String label) {}

  record Dot(String x, String y, String css, String tip) {}

  record Drawn(
      String css, String path, List<Dot> dots, String label, String labelX, double labelY) {
    private Drawn moved(double y) {
      return new Drawn(css, path, dots, label, labelX, y);
    }

    String labelAt() {
      return number(labelY + 4);
    }
  }

  static Chart of(Size size, String description, Axis x, Axis y, List<Line> lines) {
    Box plot = new Box(LEFT, TOP, size.width - size.right, size.height - BOTTOM);
    List<Drawn> drawn = lines.stream().map(line -> draw(line, size, plot, x, y)).toList();
    return new Chart(
        size,
        plot,
        description,
        x.title(),
        y.title(),
        x.ticks().stream()
            .map(tick -> new Mark(number(across(plot, x, tick.value())), tick.label()))
            .toList(),
        y.ticks().stream()
            .map(tick -> new Mark(number(up(plot, y, tick.value())), tick.label()))
            .toList(),
        apart(drawn, plot));
  }

  private static Drawn draw(Line line, Size size, Box plot, Axis x, Axis y) {
    StringBuilder path = new StringBuilder();
    List<Dot> dots = new ArrayList<>();
    double end = plot.right();
    double last = plot.top();
    for (Line.Point point : line.points()) {
      end = across(plot, x, point.x());
      String left = number(end);
      last = up(plot, y, point.y());
      path.append(path.isEmpty() ? "M" : "L").append(left).append(' ').append(number(last));
      if (!point.tip().isEmpty()) {
        dots.add(new Dot(left, number(last), point.hollow() ? "dot hollow" : "dot", point.tip()));
      }
    }
    return new Drawn(
        "c" + line.colour() + " " + line.stroke().name().toLowerCase(Locale.ROOT),
        path.toString(),
        dots,
        size.fitting(line.name()),
        number(end + NAME_GAP),
        last);
  }

  /** Moves the names at the lines' ends so that none covers another. */
  private static List<Drawn> apart(List<Drawn> lines, Box plot) {
    List<Drawn> moved = new ArrayList<>(lines);
    List<Integer> downwards =
        IntStream.range(0, lines.size())
            .boxed()
            .sorted(Comparator.comparingDouble(i -> lines.get(i).labelY()))
            .toList();
    double free = plot.top();
    for (int i : downwards) {
      double at = Math.max(free, moved.get(i).labelY());
      moved.set(i, moved.get(i).moved(at));
      free = at + LINE_HEIGHT;
    }
    double most = plot.bottom();
    for (int i : downwards.reversed()) {
      double at = Math.min(most, moved.get(i).labelY());
      moved.set(i, moved.get(i).moved(at));
      most = at - LINE_HEIGHT;
    }
    return moved;
  }

  private static double across(Box plot, Axis x, double value) {
    return plot.left() + x.place(value) * (plot.right() - plot.left());
  }

  private static double up(Box plot, Axis y, double value) {
    return plot.bottom() - y.place(value) * (plot.bottom() - plot.top());
  }

  static String number(double pixels) {
    return String.format(Locale.ROOT, "%.1f", pixels);
  }
}
