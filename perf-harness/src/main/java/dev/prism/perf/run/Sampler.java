package dev.prism.perf.run;

import dev.prism.perf.report.Run;
import dev.prism.perf.servers.Counters;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Looks at processes twice a second, from a thread of its own, until it is closed. */
final class Sampler implements AutoCloseable {
  private static final long PERIOD_MILLIS = 500;

  private final Map<String, ProcessHandle> processes;
  private final List<Run.Sample> samples = new ArrayList<>();
  private final Map<String, Double> mostThreads = new LinkedHashMap<>();
  private final long begun = System.nanoTime();
  private final Thread thread;

  Sampler(Map<String, ProcessHandle> processes) {
    this.processes = processes;
    thread = Thread.ofPlatform().name("sampler").daemon().start(this::run);
  }

  private void run() {
    try {
      while (true) {
        take();
        TimeUnit.MILLISECONDS.sleep(PERIOD_MILLIS);
      }
    } catch (InterruptedException e) {
      take();
    }
  }

  private void take() {
    Map<String, Double> resident = new LinkedHashMap<>();
    Map<String, Double> cpu = new LinkedHashMap<>();
    processes.forEach(
        (name, process) -> {
          resident.put(name, Counters.residentBytes(process));
          cpu.put(name, Counters.cpuNanos(process) / 1e9);
          mostThreads.merge(name, Counters.threads(process), Math::max);
        });
    samples.add(new Run.Sample((System.nanoTime() - begun) / 1e9, resident, cpu));
  }

  /** What was seen; when it is closed. */
  List<Run.Sample> samples() {
    return samples;
  }

  double mostThreads(String process) {
    return mostThreads.getOrDefault(process, Double.NaN);
  }

  double mostResident(String process) {
    return samples.stream()
        .mapToDouble(sample -> sample.residentBytes().getOrDefault(process, Double.NaN))
        .max()
        .orElse(Double.NaN);
  }

  @Override
  public void close() {
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
