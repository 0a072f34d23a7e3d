package dev.prism.perf.run;

import dev.prism.perf.report.Run;
import dev.prism.perf.servers.Counters;
import dev.prism.perf.servers.DriverProcess;
import dev.prism.perf.servers.ProxyProcess;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The backend's own driver, as a peer: as many callers as a scenario has calls in flight use
 * SQLite's themselves. They and the driver are one process, whose cost is that of both sides.
 */
final class Driver implements AutoCloseable {
  private static final String NAME = "sqlite-jdbc";
  private static final double WARMUP_SECONDS = 2;

  private @Nullable DriverProcess process;

  /** Whether it does the same as a scenario. */
  static boolean does(Scenario scenario) {
    return scenario.backend().equals("sqlite")
        && scenario.offered().rate() == 0
        && (scenario.calls().keySet().equals(Set.of(Kind.KEYVALUE_GET))
            || scenario.calls().keySet().equals(Set.of(Kind.KEYVALUE_PUT)));
  }

  Run run(Scenario scenario, String group) throws IOException {
    boolean puts = scenario.calls().containsKey(Kind.KEYVALUE_PUT);
    Run.Offered offered = scenario.offered();
    DriverProcess driver = process(offered);
    driver.run(puts, WARMUP_SECONDS);
    Map<String, ProcessHandle> processes = Map.of("driver", driver.process());
    double cpu = Counters.cpuNanos(driver.process());
    double switches = Counters.contextSwitches(driver.process());
    DriverProcess.Answer answer;
    Sampler sampler = new Sampler(processes);
    try (sampler) {
      answer = driver.run(puts, offered.seconds());
    }
    long calls = answer.calls();
    Run.Cost cost =
        new Run.Cost(
            (Counters.cpuNanos(driver.process()) - cpu) / 1e3 / calls,
            (Counters.contextSwitches(driver.process()) - switches) / calls,
            Double.NaN,
            sampler.mostResident("driver"),
            sampler.mostThreads("driver"));
    return new Run(
        scenario.name(),
        group,
        scenario.title(),
        NAME,
        offered,
        calls / answer.seconds(),
        calls,
        0,
        new TreeMap<>(),
        answer.latency(),
        List.of(),
        List.of(),
        Map.of("driver", cost),
        sampler.samples(),
        0,
        0);
  }

  private DriverProcess process(Run.Offered offered) throws IOException {
    DriverProcess running = process;
    if (running == null) {
      running =
          DriverProcess.start(
              ProxyProcess.work(),
              offered.connections() * offered.streams(),
              Kind.KEYS,
              offered.payloadBytes());
      process = running;
    }
    return running;
  }

  @Override
  public void close() {
    if (process != null) {
      process.close();
    }
  }
}
