package dev.prism.perf.run;

import dev.prism.perf.load.Load;
import dev.prism.perf.load.Plan;
import dev.prism.perf.load.Tally;
import dev.prism.perf.report.Percentile;
import dev.prism.perf.report.Run;
import dev.prism.perf.servers.Counters;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Puts a load on a server and says what became of it. */
public final class Runner implements AutoCloseable {
  private final HttpClient http = HttpClient.newHttpClient();

  /**
   * A server and what can be asked of it.
   *
   * @param name as the report calls it
   * @param metrics where it shows what it counts; null: nowhere
   * @param allocated the bytes that it has allocated; NaN where it cannot be asked
   */
  record Target(
      String name,
      InetSocketAddress address,
      Map<String, ProcessHandle> processes,
      @Nullable String metrics,
      Allocated allocated) {}

  /** Asks a server what it has allocated so far. */
  @FunctionalInterface
  interface Allocated {
    double bytes() throws IOException;
  }

  /** Runs a scenario on the product. */
  public Run run(Subject subject, Scenario scenario, String group)
      throws IOException, InterruptedException {
    Target target =
        new Target(
            "prism",
            subject.proxy().address(false),
            subject.proxy().processes(),
            subject.proxy().metrics(),
            () -> Double.NaN);
    if (scenario.subscribers() == 0) {
      return run(target, subject.plan(scenario), scenario, group);
    }
    try (Load subscribers = Load.open(target.address(), null, subject.subscribers(scenario))) {
      subscribers.start();
      Run run = run(target, subject.plan(scenario), scenario, group);
      Map<String, Long> failures = subscribers.leave().failures();
      run.failures().putAll(failures);
      return run;
    }
  }

  /** Runs a plan of calls on a server. */
  Run run(Target target, Plan plan, Scenario scenario, String group)
      throws IOException, InterruptedException {
    try (Load load = Load.open(target.address(), null, plan)) {
      load.start();
      load.await((long) (scenario.offered().warmupSeconds() * 1e9));
      Moment before = moment(target);
      Sampler sampler = new Sampler(target.processes());
      double took;
      try (sampler) {
        long start = System.nanoTime();
        load.measure(true);
        load.await((long) (scenario.offered().seconds() * 1e9));
        load.measure(false);
        took = (System.nanoTime() - start) / 1e9;
      }
      Moment after = moment(target);
      Tally tally = load.stop();
      return describe(target, scenario, group, tally, took, before, after, sampler);
    }
  }

  /** What processes had spent at a moment. */
  private record Moment(
      Map<String, Counters> spent, @Nullable Metrics metrics, double allocatedBytes) {}

  private Moment moment(Target target) throws IOException, InterruptedException {
    Map<String, Counters> spent = new LinkedHashMap<>();
    target
        .processes()
        .forEach(
            (name, process) ->
                spent.put(
                    name,
                    new Counters(
                        Counters.cpuNanos(process), Counters.contextSwitches(process), 0)));
    @Nullable Metrics metrics = target.metrics() == null ? null : scrape(target.metrics());
    double allocated =
        metrics == null ? target.allocated().bytes() : metrics.own("jvm_allocated_bytes_total");
    return new Moment(spent, metrics, allocated);
  }

  /** What a running product shows of itself. */
  Metrics scrape(String url) throws IOException, InterruptedException {
    return Metrics.scrape(http, url);
  }

  private static Run describe(
      Target target,
      Scenario scenario,
      String group,
      Tally tally,
      double took,
      Moment before,
      Moment after,
      Sampler sampler) {
    Map<String, Run.Cost> costs = new LinkedHashMap<>();
    after
        .spent()
        .forEach(
            (name, spent) -> {
              Counters delta = spent.since(before.spent().getOrDefault(name, spent));
              boolean first = costs.isEmpty();
              costs.put(
                  name,
                  new Run.Cost(
                      delta.cpuNanos() / 1e3 / tally.answered(),
                      delta.contextSwitches() / tally.answered(),
                      first
                          ? (after.allocatedBytes() - before.allocatedBytes()) / tally.answered()
                          : Double.NaN,
                      sampler.mostResident(name),
                      sampler.mostThreads(name)));
            });
    return new Run(
        scenario.name(),
        group,
        scenario.title(),
        target.name(),
        scenario.offered(),
        tally.answered() / took,
        tally.answered(),
        tally.behind(),
        new TreeMap<>(tally.failures()),
        Percentile.of(tally.latencies()),
        product(before, after, "prism_overhead_seconds"),
        product(before, after, "prism_reply_seconds"),
        costs,
        sampler.samples(),
        tally.cpuNanos() / 1e9 / took,
        deliveries(before, after) / took);
  }

  private static List<Percentile> product(Moment before, Moment after, String histogram) {
    return before.metrics() == null || after.metrics() == null
        ? List.of()
        : after.metrics().percentilesSince(before.metrics(), histogram);
  }

  private static double deliveries(Moment before, Moment after) {
    String delivered = "what=\"delivered\"";
    return before.metrics() == null || after.metrics() == null
        ? 0
        : after.metrics().sum("prism_plugin_events_total", delivered)
            - before.metrics().sum("prism_plugin_events_total", delivered);
  }

  @Override
  public void close() {
    http.close();
  }
}
