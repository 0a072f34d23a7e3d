package dev.prism.proxy.route;

import dev.prism.proxy.metrics.ProxyMetrics;
import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import java.util.concurrent.atomic.AtomicInteger;

/** One process of a backend instance with its data points, so that a call looks up one map. */
final class Target {
  private final Plugins.Plugin plugin;
  private final CounterDataPoint calls;
  private final CounterDataPoint resent;
  private final CounterDataPoint errors;
  private final AtomicInteger streams = new AtomicInteger();

  Target(Plugins.Plugin plugin, ProxyMetrics metrics) {
    this.plugin = plugin;
    calls = metrics.pluginCalls(plugin);
    resent = metrics.resent(plugin);
    errors = metrics.pluginErrors(plugin);
  }

  Plugins.Plugin plugin() {
    return plugin;
  }

  CounterDataPoint calls() {
    return calls;
  }

  CounterDataPoint resent() {
    return resent;
  }

  CounterDataPoint errors() {
    return errors;
  }

  /** Open streams that a choice among several processes has given it. */
  AtomicInteger streams() {
    return streams;
  }
}
