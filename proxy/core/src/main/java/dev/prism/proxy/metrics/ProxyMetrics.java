package dev.prism.proxy.metrics;

import dev.prism.admin.v1.PluginState;
import dev.prism.grpc.GrpcHost;
import dev.prism.link.Link;
import dev.prism.metrics.Histograms;
import dev.prism.proxy.config.ServerConfig;
import dev.prism.proxy.route.Plugins;
import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.Collection;
import java.util.Collections;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.IntSupplier;
import java.util.function.ToDoubleFunction;

/**
 * Every metric of the proxy (RFC 8.2); {@code docs/metrics.md} says what each means, and a test
 * holds the page and a running server together. Label values are bounded: methods, status codes,
 * instances and states are fixed while the server runs.
 */
public final class ProxyMetrics {
  /** Seconds; from what an in-memory call takes to the default deadline. */
  private static final double[] LATENCY_BUCKETS = {
    0.0001, 0.00025, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    30
  };

  /**
   * Seconds; the proxy's own share of a call is microseconds. A bound at each bar that a percentile
   * is held to (RFC 10.1), and some on both sides of it. Plugins have the same.
   */
  private static final double[] OVERHEAD_BUCKETS = {
    0.000_005, 0.000_01, 0.000_02, 0.000_03, 0.000_05, 0.000_075, 0.000_1, 0.000_15, 0.000_2,
    0.000_3, 0.000_5, 0.000_75, 0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.1
  };

  private static final double NANOS = 1e-9;

  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final Map<String, MethodMetrics> methods = new ConcurrentSkipListMap<>();
  private final Counter requests;
  private final Histograms durations;
  private final Histograms.Series overhead;
  private final Histograms.Series replies;
  private final Counter rateLimited;
  private final Counter resent;
  private final Counter pluginCalls;
  private final Counter pluginErrors;
  private final Counter relayed;
  private final Histograms relayDelay;

  public ProxyMetrics() {
    requests =
        counter("prism_requests_total", "Calls that have ended.", "service", "method", "code");
    durations =
        histogram(
            "prism_request_duration_seconds",
            "From the whole request's arrival to the answer, or to the end of a stream.",
            LATENCY_BUCKETS,
            "service",
            "method");
    overhead =
        histogram(
                "prism_request_overhead_seconds",
                "From the whole request's arrival to its hand-over to the link.",
                OVERHEAD_BUCKETS)
            .shown();
    replies =
        histogram(
                "prism_reply_seconds",
                "From a plugin's reply coming off the ring to the return of the socket write that"
                    + " took its last frame; unary calls.",
                OVERHEAD_BUCKETS)
            .shown();
    rateLimited = counter("prism_rate_limited_total", "Calls refused by a rate limit.", "scope");
    resent =
        counter(
            "prism_resent_calls_total",
            "Calls sent again because their plugin process died, by the one they were sent to.",
            "instance",
            "process");
    pluginCalls =
        counter(
            "prism_plugin_calls_total",
            "Calls and streams sent to a plugin process.",
            "instance",
            "process");
    pluginErrors =
        counter(
            "prism_plugin_errors_total",
            "Calls that failed for a cause that is the plugin's or the backend's.",
            "instance",
            "process");
    relayed =
        counter(
            "prism_relay_messages_total",
            "Messages of a mailbox that were carried to their topic, that are tried again, or that"
                + " are dead.",
            "namespace",
            "mailbox",
            "outcome");
    relayDelay =
        histogram(
            "prism_relay_delay_seconds",
            "From a message's writing to its topic's acknowledgement.",
            LATENCY_BUCKETS,
            "namespace",
            "mailbox");
    Counter cache =
        counter("prism_cache_requests_total", "Reads that a cache was asked for.", "result");
    cache.initLabelValues("hit");
    cache.initLabelValues("miss");
  }

  /** A method's data points; the same ones each time. Asked when services are built. */
  public MethodMetrics method(String service, String name) {
    return methods.computeIfAbsent(
        service + "/" + name, key -> new MethodMetrics(service, name, requests, durations));
  }

  /** Every method that was asked for, by name. */
  public Collection<MethodMetrics> methods() {
    return Collections.unmodifiableCollection(methods.values());
  }

  /** A call was handed to its link this long after it had arrived. */
  public void handedOver(long nanos) {
    overhead.observe(nanos * NANOS);
  }

  /**
   * A plugin's reply to a unary call was with the socket this long after it had come off the ring:
   * the way through the proxy back to the client (RFC 10.1). In it are the wake of the call's
   * thread, the response's making, what was written before it to its connection, and the write.
   */
  public void replied(long nanos) {
    replies.observe(nanos * NANOS);
  }

  /** The data point of refusals by one kind of rate limit: {@code session} or {@code namespace}. */
  public CounterDataPoint rateLimited(String scope) {
    return rateLimited.labelValues(scope);
  }

  /** What counts one relay's messages. */
  public RelayMetrics relay(String namespace, ServerConfig.Relay relay) {
    String mailbox = relay.mailbox();
    return new RelayMetrics(
        relayed.labelValues(namespace, mailbox, "carried"),
        relayed.labelValues(namespace, mailbox, "retried"),
        relayed.labelValues(namespace, mailbox, "dead"),
        relayDelay.shown(namespace, mailbox));
  }

  /** The data point of calls sent again to one process. */
  public CounterDataPoint resent(Plugins.Plugin plugin) {
    return resent.labelValues(plugin.instance(), number(plugin));
  }

  /** The data point of calls sent to one process. */
  public CounterDataPoint pluginCalls(Plugins.Plugin plugin) {
    return pluginCalls.labelValues(plugin.instance(), number(plugin));
  }

  /** The data point of one process's failures. */
  public CounterDataPoint pluginErrors(Plugins.Plugin plugin) {
    return pluginErrors.labelValues(plugin.instance(), number(plugin));
  }

  private static String number(Plugins.Plugin plugin) {
    return Integer.toString(plugin.process());
  }

  /** Adds what is read off the running server at each scrape. */
  public void watch(
      ServerConfig config, Plugins plugins, IntSupplier sessions, IntSupplier inFlight) {
    gauge("prism_sessions_active", "Sessions that are open.", sessions);
    gauge("prism_requests_in_flight", "Calls and streams that have not ended.", inFlight);
    GaugeWithCallback.builder()
        .name("prism_backend_pool_size")
        .help("Connections that each plugin process of an instance may hold.")
        .labelNames("instance")
        .callback(
            callback ->
                config
                    .backends()
                    .forEach((name, backend) -> callback.call(backend.pool().size(), name)))
        .register(registry);
    pluginGauge(
        plugins,
        "prism_backend_pool_busy_ratio",
        "Calls in flight for each connection of a process's pool, at most 1.",
        plugin -> busy(config, plugin));
    states(plugins);
    pluginCounter(
        plugins,
        "prism_plugin_restarts_total",
        "Plugin processes started after the first.",
        plugin -> plugin.status().restarts());
    pluginGauge(
        plugins,
        "prism_plugin_resident_memory_bytes",
        "Resident memory of the plugin process; 0: not known.",
        plugin -> plugin.status().residentBytes());
    link(plugins, "calls_total", "Calls and streams begun.", Link.Stats::calls);
    link(plugins, "refused_total", "Calls refused because the link was full.", Link.Stats::refused);
    link(plugins, "late_replies_total", "Replies whose call had ended.", Link.Stats::lateReplies);
    link(plugins, "sent_bytes_total", "Bodies put on the request ring.", Link.Stats::bytesSent);
    link(
        plugins,
        "received_bytes_total",
        "Bodies taken off the response ring.",
        Link.Stats::bytesReceived);
    link(plugins, "in_flight", "Calls and streams that have not ended.", Link.Stats::inFlight);
    link(plugins, "request_ring_bytes", "On the request ring now.", Link.Stats::requestRingBytes);
    link(
        plugins, "response_ring_bytes", "On the response ring now.", Link.Stats::responseRingBytes);
  }

  /** Adds what the operating system and the JVM know of this process. */
  public void watchProcess() {
    ProcessFigures.register(registry);
  }

  /** Adds what the engine of a running host holds. */
  public void watch(GrpcHost host) {
    EngineFigures.register(registry, host);
  }

  MetricSnapshots scrape() {
    return registry.scrape();
  }

  private void states(Plugins plugins) {
    GaugeWithCallback.builder()
        .name("prism_plugin_state")
        .help("1 for the state that a plugin is in, 0 for the others.")
        .labelNames("instance", "process", "state")
        .callback(
            callback -> {
              for (Plugins.Plugin plugin : plugins.all()) {
                PluginState now = plugin.status().state();
                for (PluginState state : PluginState.values()) {
                  if (state != PluginState.UNRECOGNIZED
                      && state != PluginState.PLUGIN_STATE_UNSPECIFIED) {
                    callback.call(
                        state == now ? 1 : 0, plugin.instance(), number(plugin), shortName(state));
                  }
                }
              }
            })
        .register(registry);
  }

  private static String shortName(PluginState state) {
    return state.name().substring("PLUGIN_STATE_".length());
  }

  private static double busy(ServerConfig config, Plugins.Plugin plugin) {
    ServerConfig.Backend backend = config.backends().get(plugin.instance());
    return backend == null || backend.pool().size() == 0
        ? 0
        : Math.min(1, linkOf(plugin, Link.Stats::inFlight) / backend.pool().size());
  }

  private static double linkOf(Plugins.Plugin plugin, ToDoubleFunction<Link.Stats> figure) {
    Plugins.Incarnation live = plugin.live();
    return live == null ? 0 : figure.applyAsDouble(live.link().stats()); // prism_plugin_state says
  }

  private void link(
      Plugins plugins, String name, String help, ToDoubleFunction<Link.Stats> figure) {
    String full = "prism_link_" + name;
    if (name.endsWith("_total")) {
      pluginCounter(plugins, full, help, plugin -> linkOf(plugin, figure));
    } else {
      pluginGauge(plugins, full, help, plugin -> linkOf(plugin, figure));
    }
  }

  private Counter counter(String name, String help, String... labels) {
    return Counter.builder()
        .name(name)
        .help(help)
        .labelNames(labels)
        .withoutExemplars()
        .register(registry);
  }

  private Histograms histogram(String name, String help, double[] bounds, String... labels) {
    Histograms durations = new Histograms(name, help, bounds, labels);
    registry.register(durations);
    return durations;
  }

  private void gauge(String name, String help, IntSupplier value) {
    GaugeWithCallback.builder()
        .name(name)
        .help(help)
        .callback(callback -> callback.call(value.getAsInt()))
        .register(registry);
  }

  private void pluginGauge(
      Plugins plugins, String name, String help, ToDoubleFunction<Plugins.Plugin> value) {
    GaugeWithCallback.builder()
        .name(name)
        .help(help)
        .labelNames("instance", "process")
        .callback(callback -> each(plugins, value, callback::call))
        .register(registry);
  }

  private void pluginCounter(
      Plugins plugins, String name, String help, ToDoubleFunction<Plugins.Plugin> value) {
    CounterWithCallback.builder()
        .name(name)
        .help(help)
        .labelNames("instance", "process")
        .callback(callback -> each(plugins, value, callback::call))
        .register(registry);
  }

  @FunctionalInterface
  private interface Sample {
    void call(double value, String... labels);
  }

  private static void each(
      Plugins plugins, ToDoubleFunction<Plugins.Plugin> value, Sample callback) {
    for (Plugins.Plugin plugin : plugins.all()) {
      callback.call(value.applyAsDouble(plugin), plugin.instance(), number(plugin));
    }
  }
}
