package dev.prism.benchmarks;

import dev.prism.perf.servers.Counters;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;

/**
 * What one server showed in one round, or in the median of several.
 *
 * @param values each finite; what could not be measured is absent
 * @param failures how often each thing went wrong; a median's are those of all rounds
 */
record Figures(Map<Measure, Double> values, Map<String, Long> failures) {
  Figures() {
    this(new EnumMap<>(Measure.class), new TreeMap<>());
  }

  Figures put(Measure measure, double value) {
    if (Double.isFinite(value)) {
      values.put(measure, value);
    }
    return this;
  }

  /** NaN where it is absent. */
  double get(Measure measure) {
    return values.getOrDefault(measure, Double.NaN);
  }

  Figures putLatencies(Histogram nanos) {
    if (nanos.getTotalCount() > 0) {
      put(Measure.P50, nanos.getValueAtPercentile(50) / 1e3);
      put(Measure.P99, nanos.getValueAtPercentile(99) / 1e3);
      put(Measure.P999, nanos.getValueAtPercentile(99.9) / 1e3);
    }
    return this;
  }

  /** What the server's processes spent, for each of so many calls. */
  Figures putCost(Counters spent, double calls) {
    put(Measure.CPU, spent.cpuNanos() / 1e3 / calls);
    put(Measure.ALLOCATED, spent.allocatedBytes() / calls);
    return put(Measure.SWITCHES, spent.contextSwitches() / calls);
  }

  Figures failed(Map<String, Long> more) {
    more.forEach((why, count) -> failures.merge(why, count, Long::sum));
    return this;
  }

  /** Of each measure the median of the rounds that have it. */
  static Figures median(List<Figures> rounds) {
    Figures median = new Figures();
    for (Measure measure : Measure.values()) {
      double[] sorted =
          rounds.stream()
              .filter(round -> round.values.containsKey(measure))
              .mapToDouble(round -> round.values.get(measure))
              .sorted()
              .toArray();
      if (sorted.length > 0) {
        int upper = sorted.length / 2;
        int lower = (sorted.length - 1) / 2;
        median.put(measure, (sorted[lower] + sorted[upper]) / 2);
      }
    }
    rounds.forEach(round -> median.failed(round.failures));
    return median;
  }

  /** The values in a line, for progress. */
  @Override
  public String toString() {
    StringJoiner line = new StringJoiner(", ");
    values.forEach(
        (measure, value) ->
            line.add(String.format(Locale.ROOT, measure.format(), value) + " " + measure.title()));
    if (!failures.isEmpty()) {
      line.add("failed " + failures);
    }
    return line.toString();
  }
}
