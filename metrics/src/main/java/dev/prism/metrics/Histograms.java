package dev.prism.metrics;

import io.prometheus.metrics.model.registry.Collector;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;

/**
 * Histograms under one name. The library's own has calls wait for a lock while somebody reads it;
 * here nobody waits: a reader may see a call in a bucket and not yet in the sum.
 */
public final class Histograms implements Collector {
  private final String name;
  private final String help;
  private final double[] bounds;
  private final String[] labels;
  private final Map<List<String>, Series> series = new ConcurrentHashMap<>();

  /** One histogram, for any thread. */
  public static final class Series {
    private final double[] bounds;
    private final LongAdder[] counts;
    private final DoubleAdder sum = new DoubleAdder();

    /** Whether it is shown while it is empty. */
    private volatile boolean empty;

    private Series(double[] bounds) {
      this.bounds = bounds;
      this.counts = new LongAdder[bounds.length];
      Arrays.setAll(counts, place -> new LongAdder());
    }

    /** Takes no lock, and allocates nothing but under contention that is new. */
    public void observe(double value) {
      int place = 0;
      while (value > bounds[place]) {
        place++;
      }
      counts[place].increment();
      sum.add(value);
    }

    private long[] counts() {
      return Arrays.stream(counts).mapToLong(LongAdder::sum).toArray();
    }
  }

  /**
   * No histogram yet.
   *
   * @param bounds the upper ones of the buckets, rising; one without end is added
   */
  public Histograms(String name, String help, double[] bounds, String... labels) {
    this.name = name;
    this.help = help;
    this.bounds = Arrays.copyOf(bounds, bounds.length + 1);
    this.bounds[bounds.length] = Double.POSITIVE_INFINITY;
    this.labels = labels;
  }

  /**
   * The histogram of these label values, the same each time. It is shown from its first observation
   * on: a page of what never happened is a long one.
   */
  public Series of(String... values) {
    return series.computeIfAbsent(List.of(values), key -> new Series(bounds));
  }

  /** As {@link #of}, shown from now on: that nothing has happened is worth knowing. */
  public Series shown(String... values) {
    Series shown = of(values);
    shown.empty = true;
    return shown;
  }

  @Override
  public MetricSnapshot collect() {
    HistogramSnapshot.Builder all = HistogramSnapshot.builder().name(name).help(help);
    series.forEach(
        (values, each) -> {
          long[] counts = each.counts();
          if (each.empty || Arrays.stream(counts).sum() > 0) {
            all.dataPoint(
                HistogramDataPointSnapshot.builder()
                    .labels(Labels.of(labels, values.toArray(String[]::new)))
                    .classicHistogramBuckets(ClassicHistogramBuckets.of(bounds, counts))
                    .sum(each.sum.sum())
                    .build());
          }
        });
    return all.build();
  }
}
