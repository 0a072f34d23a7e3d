package dev.prism.proxy.metrics;

import dev.prism.metrics.Histograms;
import io.prometheus.metrics.core.datapoints.CounterDataPoint;

/** What one relay has done. Any thread. */
public final class RelayMetrics {
  private final CounterDataPoint carried;
  private final CounterDataPoint retried;
  private final CounterDataPoint rejected;
  private final Histograms.Series delay;

  RelayMetrics(
      CounterDataPoint carried,
      CounterDataPoint retried,
      CounterDataPoint rejected,
      Histograms.Series delay) {
    this.carried = carried;
    this.retried = retried;
    this.rejected = rejected;
    this.delay = delay;
  }

  /**
   * A message is in its topic.
   *
   * @param millis since it was written
   */
  public void carried(long millis) {
    carried.inc();
    delay.observe(millis / 1e3);
  }

  /** A message could not be published now. */
  public void retried() {
    retried.inc();
  }

  /** A message cannot be published, and is dead. */
  public void rejected() {
    rejected.inc();
  }

  /** How many messages are in their topic. */
  public long carried() {
    return (long) carried.get();
  }
}
