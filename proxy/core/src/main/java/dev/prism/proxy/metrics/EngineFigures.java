package dev.prism.proxy.metrics;

import dev.prism.grpc.GrpcHost;
import dev.prism.grpc.GrpcHost.Load;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.function.ToDoubleFunction;

/** What the gRPC engine holds on each listener, counted at a scrape. */
final class EngineFigures {
  private EngineFigures() {}

  static void register(PrometheusRegistry registry, GrpcHost host) {
    gauge(registry, host, "prism_connections", "Connections that are open.", Load::connections);
    gauge(registry, host, "prism_streams", "HTTP/2 streams that have not ended.", Load::streams);
    gauge(
        registry,
        host,
        "prism_output_bytes",
        "Bytes of responses that wait to be written.",
        Load::outputBytes);
  }

  private static void gauge(
      PrometheusRegistry registry,
      GrpcHost host,
      String name,
      String help,
      ToDoubleFunction<Load> value) {
    GaugeWithCallback.builder()
        .name(name)
        .help(help)
        .labelNames("listener")
        .callback(
            callback ->
                host.loads()
                    .forEach((socket, load) -> callback.call(value.applyAsDouble(load), socket)))
        .register(registry);
  }
}
