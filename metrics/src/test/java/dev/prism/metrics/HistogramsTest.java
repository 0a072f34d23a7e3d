package dev.prism.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

class HistogramsTest {
  private final Histograms histograms =
      new Histograms("test_seconds", "A test.", new double[] {0.1, 1}, "method");

  private List<HistogramDataPointSnapshot> points() {
    PrometheusRegistry registry = new PrometheusRegistry();
    registry.register(histograms);
    return ((HistogramSnapshot) registry.scrape().get(0)).getDataPoints();
  }

  private static List<Long> counts(ClassicHistogramBuckets buckets) {
    return buckets.stream().map(bucket -> bucket.getCount()).toList();
  }

  @Test
  void whatIsObservedIsInTheBucketWhoseBoundItDoesNotPass() {
    // Given
    Histograms.Series series = histograms.of("Get");

    // When
    for (double seconds : new double[] {0, 0.1, 0.100_001, 1, 1.5, 100}) {
      series.observe(seconds);
    }

    // Then
    HistogramDataPointSnapshot point = points().getFirst();
    assertThat(point.getLabels().get("method")).isEqualTo("Get");
    assertThat(counts(point.getClassicBuckets())).containsExactly(2L, 2L, 2L);
    assertThat(point.getCount()).isEqualTo(6);
    assertThat(point.getSum()).isEqualTo(102.700_001);
  }

  @Test
  void whatWasNeverObservedIsNotShown() {
    // Given
    histograms.of("Put");

    // When
    histograms.of("Get").observe(1);

    // Then
    assertThat(points()).map(point -> point.getLabels().get("method")).containsExactly("Get");
  }

  @Test
  void whatIsToBeShownIsShownFromTheBeginning() {
    // When
    histograms.shown("Put");

    // Then
    assertThat(points()).map(point -> point.getCount()).containsExactly(0L);
  }

  @Test
  void nothingIsLostWhileItIsReadAndManyObserve() throws Exception {
    // Given
    Histograms.Series series = histograms.of("Get");
    int threads = 4;
    int times = 100_000;

    // When
    try (ExecutorService observers = Executors.newFixedThreadPool(threads)) {
      for (int i = 0; i < threads; i++) {
        observers.submit(
            () -> {
              for (int j = 0; j < times; j++) {
                series.observe(0.5);
              }
            });
      }
      for (int i = 0; i < 1000; i++) {
        points();
      }
    }

    // Then
    HistogramDataPointSnapshot point = points().getFirst();
    assertThat(counts(point.getClassicBuckets())).containsExactly(0L, (long) threads * times, 0L);
    assertThat(point.getSum()).isEqualTo(threads * times * 0.5);
  }
}
