package dev.prism.perf.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.perf.report.Percentile;
import dev.prism.perf.report.Run;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class MetricsTest {
  private static final Metrics BEFORE =
      new Metrics(
          Map.of(
              "took_bucket{op=\"a\",le=\"0.001\"}", 10.0,
              "took_bucket{op=\"a\",le=\"0.002\"}", 10.0,
              "took_bucket{op=\"a\",le=\"+Inf\"}", 10.0));

  @Test
  void percentilesAreOfWhatWasCountedSince() {
    // Given: ten of up to a millisecond before, and since then 90 of that and 10 of up to two
    Metrics after =
        new Metrics(
            Map.of(
                "took_bucket{op=\"a\",le=\"0.001\"}", 100.0,
                "took_bucket{op=\"a\",le=\"0.002\"}", 110.0,
                "took_bucket{op=\"a\",le=\"+Inf\"}", 110.0));

    // When
    List<Percentile> percentiles = after.percentilesSince(BEFORE, "took");

    // Then
    assertThat(Run.at(percentiles, 50)).isEqualTo(1000 * 50.0 / 90, Offset.offset(0.1));
    assertThat(Run.at(percentiles, 95)).isEqualTo(1500, Offset.offset(0.1));
  }

  @Test
  void seriesOfSeveralLabelsAreOneDistribution() {
    // Given
    Metrics after =
        new Metrics(
            Map.of(
                "took_bucket{op=\"a\",le=\"0.001\"}", 20.0,
                "took_bucket{op=\"a\",le=\"+Inf\"}", 20.0,
                "took_bucket{op=\"b\",le=\"0.001\"}", 0.0,
                "took_bucket{op=\"b\",le=\"+Inf\"}", 30.0));

    // When
    List<Percentile> percentiles = after.percentilesSince(BEFORE, "took");

    // Then: three quarters are beyond the last bucket, which is all that can be said of them
    assertThat(Run.at(percentiles, 50)).isEqualTo(1000, Offset.offset(0.1));
  }

  @Test
  void whereNothingWasCountedThereAreNoPercentiles() {
    assertThat(BEFORE.percentilesSince(BEFORE, "took")).isEmpty();
  }

  @Test
  void aNameIsNotTakenForALongerOne() {
    // Given
    Metrics page = new Metrics(Map.of("calls", 1.0, "calls_total{a=\"b\"}", 2.0));

    // When
    double sum = page.sum("calls", "");

    // Then
    assertThat(sum).isEqualTo(1);
  }
}
