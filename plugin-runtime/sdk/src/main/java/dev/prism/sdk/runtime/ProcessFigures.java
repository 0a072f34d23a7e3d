package dev.prism.sdk.runtime;

import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalLong;

/** What the operating system knows of this process. */
final class ProcessFigures {
  private static final Path STATUS = Path.of("/proc/self/status");

  private ProcessFigures() {}

  static void register(PrometheusRegistry registry) {
    GaugeWithCallback.builder()
        .name("process_resident_memory_bytes")
        .help("Resident memory; only on Linux.")
        .callback(callback -> residentBytes().ifPresent(callback::call))
        .register(registry);
    CounterWithCallback.builder()
        .name("process_cpu_seconds_total")
        .help("CPU time of all threads.")
        .callback(
            callback ->
                ProcessHandle.current()
                    .info()
                    .totalCpuDuration()
                    .map(Duration::toNanos)
                    .ifPresent(nanos -> callback.call(nanos / 1e9)))
        .register(registry);
  }

  /** Resident memory; empty where the system does not say. */
  static OptionalLong residentBytes() {
    if (!Files.isReadable(STATUS)) {
      return OptionalLong.empty();
    }
    try {
      for (String line : Files.readAllLines(STATUS)) {
        if (line.startsWith("VmRSS:")) {
          return OptionalLong.of(Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024);
        }
      }
      return OptionalLong.empty();
    } catch (IOException e) {
      return OptionalLong.empty();
    }
  }
}
