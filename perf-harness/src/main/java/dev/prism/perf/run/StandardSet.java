package dev.prism.perf.run;

import dev.prism.perf.report.Run;
import dev.prism.perf.servers.Counters;
import dev.prism.perf.servers.ProxyProcess;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * What {@code ./prism bench} measures without a name: the figures that the gates are about, each
 * scenario, and how latency goes with rate and with connections. Between two servers that are
 * compared the rounds go in turn, and medians count.
 */
public final class StandardSet {
  private static final int OVERHEAD_RATE = 10_000;

  private static final int ALLOCATION_SECONDS = 3;
  private static final double[] SWEEP_SHARES = {0.1, 0.25, 0.5, 0.7, 0.85, 1.0};
  private static final int[] SWEEP_CONNECTIONS = {1, 10, 100, 1000};
  private static final double MB = 1e6;

  private final Lengths lengths;
  private final Map<String, String> environment;
  private final Consumer<String> progress;
  private final Runner runner = new Runner();
  private final Map<String, Double> values = new TreeMap<>();
  private final List<Run> runs = new ArrayList<>();
  private Profile profile = new Profile(Map.of(), 0, List.of());

  /**
   * How long each part takes, in seconds; what takes none is left out.
   *
   * @param all whether scenarios and sweeps are run, too, and not what the gates ask for alone
   */
  public record Lengths(
      int rounds,
      int round,
      int warmup,
      int overhead,
      int many,
      int silent,
      int profile,
      boolean all) {
    /** What takes some ten minutes. */
    public static final Lengths STANDARD = new Lengths(3, 4, 12, 15, 60, 60, 20, true);

    /** What takes some three minutes: for each change. */
    public static final Lengths SHORT = new Lengths(3, 2, 8, 8, 15, 60, 10, false);
  }

  /**
   * A set that has measured nothing yet.
   *
   * @param environment more of it, for the proxy's process
   * @param progress is told, in a line for a person, what is being done
   */
  public StandardSet(Lengths lengths, Map<String, String> environment, Consumer<String> progress) {
    this.lengths = lengths;
    this.environment = environment;
    this.progress = progress;
  }

  /** What the gates are judged by. */
  public Map<String, Double> values() {
    return values;
  }

  /** All runs, in their order. */
  public List<Run> runs() {
    return runs;
  }

  /** Measures it all. */
  public void run() throws IOException, InterruptedException {
    Map<String, Scenario> scenarios = Scenarios.shipped();
    Scenario get = Objects.requireNonNull(scenarios.get("get"));
    try (Peers peers = new Peers();
        Driver driver = new Driver();
        Subject subject = Subject.start(environment)) {
      warmUp(subject, get);
      Quiet start = Quiet.of(runner, subject.proxy().metrics());
      part(() -> allocation(subject, get));
      part(() -> overhead(subject, get));
      part(() -> sweepConnections(subject, get));
      if (lengths.rounds() > 0) {
        part(() -> compare(peers, subject, get, "one-connection", 1, 64));
        part(() -> compare(peers, subject, get, "one-proxy", 8, 16));
      }
      if (lengths.all()) {
        part(() -> sweepRate(subject, get));
        for (Scenario scenario : scenarios.values()) {
          say(scenario.title());
          part(() -> add(runner.run(subject, scenario, "standard")));
          if (Driver.does(scenario)) {
            part(() -> add(driver.run(scenario, "standard")));
          }
        }
      }
      if (lengths.many() > 0) {
        part(() -> manyConnections(peers, subject, get));
      }
      part(() -> drained(subject, start));
      if (lengths.silent() > 0) {
        part(() -> silent(subject));
      }
      if (lengths.profile() > 0) {
        part(() -> profile(subject, get));
      }
    } finally {
      runner.close();
    }
    put("memory.plugin", largestPlugin());
  }

  /** What a plugin's process held at most, MB, in any of the runs. */
  private double largestPlugin() {
    return runs.stream()
            .flatMap(run -> run.costs().entrySet().stream())
            .filter(each -> each.getKey().startsWith("plugin "))
            .mapToDouble(each -> each.getValue().residentBytes())
            .max()
            .orElse(Double.NaN)
        / MB;
  }

  /** A part of the set; one that fails leaves its figures out, and what has none does not pass. */
  private interface Part {
    void measure() throws IOException, InterruptedException;
  }

  private void part(Part part) throws InterruptedException {
    try {
      part.measure();
    } catch (IOException | RuntimeException e) {
      say("  not measured: " + e);
    }
  }

  private void add(Run run) {
    runs.add(run);
    say(
        "  %s: %,.0f calls/s, P50 %,.0f µs, P99 %,.0f µs"
            .formatted(run.server(), run.callsPerSecond(), run.micros(50), run.micros(99)));
  }

  private void say(String what) {
    progress.accept(what);
  }

  private void warmUp(Subject subject, Scenario get) throws IOException, InterruptedException {
    say("warming up the proxy");
    runner.run(subject, get.with(offered(8, 16, 0, lengths.warmup())), "warm-up");
  }

  /** In a closed loop: at a rate it goes with how often threads park, which the machine decides. */
  private void allocation(Subject subject, Scenario get) throws IOException, InterruptedException {
    say("bytes allocated for a call");
    Run run = runner.run(subject, get.with(offered(8, 16, 0, ALLOCATION_SECONDS)), "allocation");
    add(run);
    put("bytes-per-call", run.cost("proxy").allocatedBytes());
  }

  private Run.Offered offered(int connections, int streams, double rate, double seconds) {
    return new Run.Offered(connections, streams, rate, Subject.PAYLOAD, seconds, 1);
  }

  // ---- overhead, as RFC 10.1 defines it ----

  private void overhead(Subject subject, Scenario get) throws IOException, InterruptedException {
    say("overhead at %,d calls a second".formatted(OVERHEAD_RATE));
    Run run =
        runner.run(
            subject, get.with(offered(8, 64, OVERHEAD_RATE, lengths.overhead())), "overhead");
    add(run);
    for (double percent : new double[] {50, 95, 99}) {
      put("overhead.p%.0f".formatted(percent), Run.at(run.overhead(), percent));
      put("reply.p%.0f".formatted(percent), Run.at(run.reply(), percent));
    }
  }

  private void put(String key, double value) {
    if (Double.isFinite(value)) {
      values.put(key, value);
    }
  }

  // ---- rates, beside the peers ----

  private void compare(
      Peers peers, Subject subject, Scenario get, String name, int connections, int streams)
      throws IOException, InterruptedException {
    Scenario load =
        new Scenario(
            name,
            connections == 1
                ? "one connection, 64 calls at a time"
                : "8 connections, 16 calls each",
            get.backend(),
            get.calls(),
            offered(connections, streams, 0, lengths.round()),
            0);
    List<String> names = lengths.all() ? List.of(Peers.NETTY, Peers.HELIDON) : List.of(Peers.NETTY);
    Map<String, List<Double>> rates = new TreeMap<>();
    for (String peer : names) {
      say(load.title() + ": warming up " + peer);
      Scenario warm = load.with(offered(connections, streams, 0, lengths.warmup()));
      runner.run(peers.target(peer), Peers.plan(peers.target(peer), warm), warm, "warm-up");
    }
    for (int round = 1; round <= lengths.rounds(); round++) {
      say("%s: round %d of %d".formatted(load.title(), round, lengths.rounds()));
      Run prism = runner.run(subject, load, "compare");
      add(prism);
      rates.computeIfAbsent(prism.server(), _ -> new ArrayList<>()).add(prism.callsPerSecond());
      for (String peer : names) {
        Run run =
            runner.run(peers.target(peer), Peers.plan(peers.target(peer), load), load, "compare");
        add(run);
        rates.computeIfAbsent(peer, _ -> new ArrayList<>()).add(run.callsPerSecond());
      }
    }
    rates.forEach((server, each) -> put(name + "." + server, median(each)));
  }

  static double median(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
    Arrays.sort(sorted);
    int length = sorted.length;
    return length == 0 ? Double.NaN : (sorted[length / 2] + sorted[(length - 1) / 2]) / 2;
  }

  // ---- sweeps ----

  private void sweepConnections(Subject subject, Scenario get)
      throws IOException, InterruptedException {
    for (int connections : SWEEP_CONNECTIONS) {
      if (lengths.all() || connections == 100) {
        say("%,d connections, %,d calls a second".formatted(connections, OVERHEAD_RATE));
        Run run =
            runner.run(
                subject,
                get.with(offered(connections, 64, OVERHEAD_RATE, lengths.round())),
                "sweep-connections");
        add(run);
        if (connections == 100) {
          put("memory.proxy.100", run.cost("proxy").residentBytes() / MB);
        }
      }
    }
  }

  /** To the knee: where the calls of an open loop are no more begun when they are due. */
  private void sweepRate(Subject subject, Scenario get) throws IOException, InterruptedException {
    double most = values.getOrDefault("one-proxy.prism", 10_000.0);
    for (double share : SWEEP_SHARES) {
      double rate = Math.rint(most * share);
      say("%,.0f calls a second".formatted(rate));
      add(runner.run(subject, get.with(offered(8, 256, rate, lengths.round())), "sweep-rate"));
    }
  }

  // ---- many connections ----

  private void manyConnections(Peers peers, Subject subject, Scenario get)
      throws IOException, InterruptedException {
    Scenario load = ManyConnections.load(get, lengths.many());
    put("many.rate", load.offered().rate());
    say(load.title());
    Runner.Target peer = peers.target(Peers.NETTY);
    Run reference = runner.run(peer, Peers.plan(peer, load), load, "many-connections");
    add(reference);
    put("many.netty.p99", reference.micros(99));
    Run run = runner.run(subject, load, "many-connections");
    add(run);
    put("many.prism.p99", run.micros(99));
    put("many.failed", run.failures().values().stream().mapToDouble(Long::doubleValue).sum());
    put("memory.proxy.many", run.cost("proxy").residentBytes() / MB);
  }

  // ---- what is left when nothing happens ----

  private void drained(Subject subject, Quiet start) throws IOException, InterruptedException {
    say("what is left after all clients have gone");
    Quiet now = Quiet.drained(runner, subject.proxy().metrics());
    put("drained.streams", now.streams());
    put("drained.threads", Math.max(0, now.threads() - start.threads()));
    put("drained.buffers", Math.max(0, now.bufferBytes() - start.bufferBytes()) / MB);
  }

  private void silent(Subject subject) throws IOException, InterruptedException {
    say("%d seconds of silence".formatted(lengths.silent()));
    String url = subject.proxy().metrics();
    Metrics first = runner.scrape(url); // what it takes itself is seen in the next one
    Metrics before = runner.scrape(url);
    ProcessHandle proxy = proxy(subject);
    double spent = Counters.cpuNanos(proxy);
    long begun = System.nanoTime();
    TimeUnit.SECONDS.sleep(lengths.silent());
    double seconds = (System.nanoTime() - begun) / 1e9;
    double busy = (Counters.cpuNanos(proxy) - spent) / 1e9 / seconds;
    Metrics after = runner.scrape(url);
    put(
        "silent.allocated",
        (since(before, after, "jvm_allocated_bytes_total")
                - since(first, before, "jvm_allocated_bytes_total"))
            / seconds
            / 1000);
    put("silent.cpu", busy * 100);
  }

  private static ProcessHandle proxy(Subject subject) {
    return Objects.requireNonNull(subject.proxy().processes().get("proxy"));
  }

  private static double since(Metrics before, Metrics after, String name) {
    return after.own(name) - before.own(name);
  }

  // ---- where the time goes ----

  private void profile(Subject subject, Scenario get) throws IOException, InterruptedException {
    say("a profile of the proxy");
    Recording recording = Recording.start(proxy(subject), ProxyProcess.work());
    Run run = runner.run(subject, get.with(offered(8, 16, 0, lengths.profile())), "profile");
    profile = recording.stop();
    put("profile.gate-and-router", profile.parts().getOrDefault(Profile.GATE_AND_ROUTER, 0.0));
    put("profile.blocked", 1000.0 * profile.blocked() / run.answered());
    for (String place : profile.places()) {
      say("waited: " + place);
    }
  }

  /** Where the proxy's processor time goes, in percent by part; empty before it was looked at. */
  public Map<String, Double> parts() {
    return profile.parts();
  }
}
