package dev.prism.perf.report;

import java.util.List;
import java.util.stream.DoubleStream;

/**
 * A line of a chart.
 *
 * @param name written at its end and in the legend
 * @param colour which of the page's colours it has
 * @param stroke how it is drawn
 * @param points from left to right
 */
record Line(String name, int colour, Stroke stroke, List<Point> points) {
  Line {
    points = points.stream().filter(Point::known).toList();
  }

  /** How a line is drawn, where colour alone would not tell. */
  enum Stroke {
    PLAIN,
    MARKED,
    FAINT,
    PREVIOUS
  }

  /** What lines show, for their axis. */
  static DoubleStream values(List<Line> lines) {
    return lines.stream().flatMap(line -> line.points().stream()).mapToDouble(Point::y);
  }

  /** Where along the other axis they show it. */
  static DoubleStream places(List<Line> lines) {
    return lines.stream().flatMap(line -> line.points().stream()).mapToDouble(Point::x);
  }

  /**
   * A point of it, which is left out where either of its values is not known.
   *
   * @param tip what a reader who points at it is told; empty where there is nothing to point at
   * @param hollow marked as not to be relied on
   */
  record Point(double x, double y, String tip, boolean hollow) {
    boolean known() {
      return Double.isFinite(x) && Double.isFinite(y);
    }
  }
}
