package dev.prism.proxy.metrics;

import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.instrumentation.jvm.JvmBufferPoolMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmCompilationMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmGarbageCollectorMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmMemoryMetrics;
import io.prometheus.metrics.instrumentation.jvm.ProcessMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;

/**
 * What the operating system and the JVM know of this process, under the names that the Prometheus
 * library gives it. All is read at a scrape, nothing runs between two.
 */
final class ProcessFigures {
  private ProcessFigures() {}

  static void register(PrometheusRegistry registry) {
    ProcessMetrics.builder().register(registry);
    JvmMemoryMetrics.builder().register(registry);
    JvmBufferPoolMetrics.builder().register(registry);
    JvmGarbageCollectorMetrics.builder().register(registry);
    JvmCompilationMetrics.builder().register(registry);
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    // The library's own metrics of threads look for deadlocks at each scrape, in a safepoint.
    GaugeWithCallback.builder()
        .name("jvm_threads_current")
        .help("Platform threads.")
        .callback(callback -> callback.call(threads.getThreadCount()))
        .register(registry);
    // The library's follows the collector's notices, and stands still between two collections.
    if (threads instanceof com.sun.management.ThreadMXBean allocating) {
      CounterWithCallback.builder()
          .name("jvm_allocated_bytes_total")
          .help("Bytes allocated in the heap by all threads, those that have ended included.")
          .callback(callback -> callback.call((double) allocating.getTotalThreadAllocatedBytes()))
          .register(registry);
    }
  }
}
