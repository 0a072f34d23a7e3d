package dev.prism.sdk.runtime;

import dev.prism.metrics.Histograms;
import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Info;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntSupplier;

/**
 * The metrics of a plugin process (RFC 8.2); {@code docs/metrics.md} lists them. Label values are
 * bounded: operations and outcomes come from the contract, and only the first {@value
 * #MOST_NAMESPACES} namespaces have a name of their own, the rest count as {@code other}.
 */
final class PluginMetrics {
  static final int MOST_NAMESPACES = 50;

  /** 50 µs to 5 s: from a call answered from memory to one at its deadline. */
  private static final double[] SECONDS = {
    0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 0.5, 1, 5
  };

  /** Those of the proxy's own overhead: up to the RFC's bars, and on both sides of each. */
  private static final double[] OVERHEAD_SECONDS = {
    0.000_005, 0.000_01, 0.000_02, 0.000_03, 0.000_05, 0.000_075, 0.000_1, 0.000_15, 0.000_2,
    0.000_3, 0.000_5, 0.000_75, 0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.1
  };

  private static final double[] SIZES = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024};

  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final Counter operations;
  private final Histograms processing;
  private final Histograms overhead;
  private final Histograms backend;
  private final Histograms batches;
  private final Counter isolated;
  private final Counter messages;
  private final Counter events;
  private final Counter requestBytes;
  private final Counter responseBytes;
  private final Map<String, String> namespaces = new ConcurrentHashMap<>();
  private final Map<Outcome, CounterDataPoint> outcomes = new ConcurrentHashMap<>();

  private final Map<Flow, CounterDataPoint> flows = new ConcurrentHashMap<>();

  /** Messages or events, and what became of them. */
  private record Flow(Enum<?> what, String namespace) {}

  /** What has become of messages. */
  enum Messages {
    PUBLISHED,
    DELIVERED,
    ACKNOWLEDGED,
    DEAD
  }

  /** What has become of events. */
  enum Events {
    PUBLISHED,
    DELIVERED,
    DROPPED
  }

  private record Outcome(String operation, String outcome, String namespace) {}

  /** The figures of one operation, looked up once. */
  record Operation(
      String name,
      Histograms.Series processing,
      Histograms.Series overhead,
      CounterDataPoint requestBytes,
      CounterDataPoint responseBytes) {}

  /** The figures of one kind of backend call, looked up once. */
  record Call(Histograms.Series backend, Histograms.Series batches, CounterDataPoint isolated) {}

  PluginMetrics() {
    operations =
        Counter.builder()
            .name("prism_plugin_operations_total")
            .help("Calls answered, by what became of them: ok, or the error's reason.")
            .labelNames("operation", "outcome", "namespace")
            .register(registry);
    processing =
        histograms(
            "prism_plugin_processing_seconds",
            "From a call's arrival at the plugin to its answer.",
            SECONDS,
            "operation");
    overhead =
        histograms(
            "prism_overhead_seconds",
            "From the request's receipt at the proxy to the backend call (RFC 10.1).",
            OVERHEAD_SECONDS,
            "operation");
    backend =
        histograms("prism_plugin_backend_seconds", "One call of the backend.", SECONDS, "call");
    batches =
        histograms(
            "prism_plugin_batch_size",
            "How many calls one call of the backend carried.",
            SIZES,
            "call");
    isolated =
        Counter.builder()
            .name("prism_plugin_batches_isolated_total")
            .help("Batches that failed as a whole and were tried again one by one.")
            .labelNames("call")
            .register(registry);
    messages =
        Counter.builder()
            .name("prism_plugin_messages_total")
            .help("Messages, by what has become of them.")
            .labelNames("what", "namespace")
            .register(registry);
    events =
        Counter.builder()
            .name("prism_plugin_events_total")
            .help("Events of publish and subscribe, by what has become of them.")
            .labelNames("what", "namespace")
            .register(registry);
    requestBytes =
        Counter.builder()
            .name("prism_plugin_request_bytes_total")
            .help("Bytes of requests.")
            .labelNames("operation")
            .register(registry);
    responseBytes =
        Counter.builder()
            .name("prism_plugin_response_bytes_total")
            .help("Bytes of answers.")
            .labelNames("operation")
            .register(registry);
    ProcessFigures.register(registry);
  }

  private Histograms histograms(String name, String help, double[] bounds, String label) {
    Histograms histograms = new Histograms(name, help, bounds, label);
    registry.register(histograms);
    return histograms;
  }

  /** Says what the process is; once. */
  void info(String name, String version, String backendType) {
    Info.builder()
        .name("prism_plugin_info")
        .help("What this process is.")
        .labelNames("name", "version", "backend_type")
        .register(registry)
        .setLabelValues(name, version, backendType);
  }

  /** Adds the calls that wait or run, of each kind. */
  void queueDepth(Map<String, IntSupplier> depths) {
    GaugeWithCallback.builder()
        .name("prism_plugin_queue_depth")
        .help("Calls that wait for the backend or are with it.")
        .labelNames("call")
        .callback(
            callback -> depths.forEach((call, depth) -> callback.call(depth.getAsInt(), call)))
        .register(registry);
  }

  Operation operation(String name) {
    return new Operation(
        name,
        processing.of(name),
        overhead.of(name),
        requestBytes.labelValues(name),
        responseBytes.labelValues(name));
  }

  Call call(String name) {
    return new Call(backend.of(name), batches.of(name), isolated.labelValues(name));
  }

  /**
   * Counts an answered call.
   *
   * @param outcome {@code ok}, or a reason's name
   */
  void answered(Operation operation, String outcome, String namespace) {
    outcomes
        .computeIfAbsent(
            new Outcome(operation.name(), outcome, namespaceLabel(namespace)),
            key ->
                operations.labelValues(
                    key.operation(), key.outcome().toLowerCase(Locale.ROOT), key.namespace()))
        .inc();
  }

  /** Counts messages. */
  void messages(Messages what, String namespace, int count) {
    count(messages, what, namespace, count);
  }

  /** Counts events. */
  void events(Events what, String namespace, int count) {
    count(events, what, namespace, count);
  }

  private void count(Counter counter, Enum<?> what, String namespace, int count) {
    if (count > 0) {
      flows
          .computeIfAbsent(
              new Flow(what, namespaceLabel(namespace)),
              key ->
                  counter.labelValues(key.what().name().toLowerCase(Locale.ROOT), key.namespace()))
          .inc(count);
    }
  }

  private String namespaceLabel(String namespace) {
    String label = namespaces.get(namespace);
    if (label == null) {
      if (namespaces.size() >= MOST_NAMESPACES) {
        return "other";
      }
      namespaces.putIfAbsent(namespace, namespace);
      return namespace;
    }
    return label;
  }

  /** All figures in the Prometheus text format. */
  String text() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      PrometheusTextFormatWriter.create().write(out, registry.scrape());
    } catch (IOException e) {
      throw new UncheckedIOException("a write to memory failed", e);
    }
    return out.toString(StandardCharsets.UTF_8);
  }
}
