package dev.prism.perf.report;

import java.util.List;
import java.util.stream.DoubleStream;
import org.HdrHistogram.Histogram;

/**
 * A point of a distribution.
 *
 * @param percent of what was counted, 0 to 100
 * @param micros took at most this many microseconds
 */
public record Percentile(double percent, double micros) {
  private static final double[] SHOWN = {
    0, 10, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 99.95, 99.99, 99.995, 99.999, 100
  };

  /** Those of a distribution that the report shows; none where nothing was counted. */
  public static List<Percentile> of(Histogram nanos) {
    return nanos.getTotalCount() == 0
        ? List.of()
        : DoubleStream.of(SHOWN)
            .mapToObj(percent -> new Percentile(percent, nanos.getValueAtPercentile(percent) / 1e3))
            .toList();
  }
}
