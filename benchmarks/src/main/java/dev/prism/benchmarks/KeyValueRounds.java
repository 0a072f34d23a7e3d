package dev.prism.benchmarks;

import dev.prism.benchmarks.Backend.Way;
import dev.prism.perf.load.Plan;
import dev.prism.perf.servers.ProxyCalls;
import dev.prism.perf.servers.ProxyProcess;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Values of 256 bytes put to a backend and got from it, through Prism and without it, by 64 callers
 * that block: rounds in turn. On either side the callers are virtual threads of this process, and
 * what this process computes is told apart. Beside them 64 calls at a time by the harness's
 * generator, for what Prism does when its callers cost little. Then the same by one caller.
 *
 * @param seconds of each round
 * @param rounds of each side
 * @param warmup seconds of load before them on each side, while the machines compile
 */
record KeyValueRounds(int seconds, int rounds, int warmup) {
  private static final int CALLERS = 64;
  private static final int VALUE_BYTES = 256;

  /** All of them are there before the first round. */
  private static final long KEYS = 100_000;

  private static final int LEAST_TRIAL_SECONDS = 3;
  private static final int SETTLE_SECONDS = 2;
  private static final String GENERATOR = "prism, by the generator";
  private static final double MIB = 1 << 20;

  /** What callers do. */
  private enum Operation {
    PUT("write") {
      @Override
      DirectLoad.Call on(Store store) {
        return number -> store.put(key(number), new byte[VALUE_BYTES]);
      }

      @Override
      Plan generated(KeyValueCalls calls) {
        return calls.puts(1, CALLERS, KEYS);
      }
    },
    GET("read") {
      @Override
      DirectLoad.Call on(Store store) {
        return number -> {
          if (store.get(key(number)).length != VALUE_BYTES) {
            throw new IllegalStateException("a value is not there");
          }
        };
      }

      @Override
      Plan generated(KeyValueCalls calls) {
        return calls.gets(1, CALLERS);
      }
    };

    /** What its batches are called among the plugin's metrics. */
    private final String batch;

    Operation(String batch) {
      this.batch = batch;
    }

    abstract DirectLoad.Call on(Store store);

    abstract Plan generated(KeyValueCalls calls);

    String title() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What Prism's processes have done since they started, and what this one has computed. */
  private record Spent(double cpuNanos, double ownNanos, double batches, double calls) {
    static Spent by(ProxyProcess proxy, Operation operation) throws Exception {
      String batches = "prism_plugin_batch_size_%s\\{.*" + operation.batch + ".*";
      return new Spent(
          proxy.counters().cpuNanos(),
          DirectLoad.cpuNanos(),
          ProxyCalls.metric(proxy.metrics(), Pattern.compile(batches.formatted("count"))),
          ProxyCalls.metric(proxy.metrics(), Pattern.compile(batches.formatted("sum"))));
    }

    Figures since(Spent before, Figures figures) {
      double since = calls - before.calls;
      return figures
          .put(Measure.CPU, (cpuNanos - before.cpuNanos) / 1e3 / since)
          .put(Measure.CALLERS_CPU, (ownNanos - before.ownNanos) / 1e3 / since)
          .put(Measure.BATCHES, (batches - before.batches) / since);
    }
  }

  private static String key(long number) {
    return "key-" + number % KEYS;
  }

  /** Runs the whole set on a backend. */
  void run(String name) throws Exception {
    try (Backend<Store> backend = KeyValueBackends.of(name, CALLERS);
        ProxyProcess proxy = ProxyProcess.start("keyvalue", name, backend.settings())) {
      Way<Store> prism = new Way<>("prism", () -> new PrismStore(proxy.endpoint()));
      fill(backend.ways().getFirst());
      fill(prism);
      KeyValueCalls generated =
          new KeyValueCalls(proxy.endpoint(), ProxyProcess.CONFIG, VALUE_BYTES, KEYS);
      generated.putAll();
      for (Operation operation : Operation.values()) {
        Way<Store> direct = warmUp(operation, backend.ways(), prism);
        throughput(operation, direct, prism, generated, proxy);
        latency(operation, backend.ways().getLast(), prism);
      }
      System.out.printf(
          Locale.ROOT,
          "the plugin's resident memory after the load: %.0f MiB%n",
          proxy.residentBytes(name) / MIB);
    }
  }

  private static void fill(Way<Store> way) throws Exception {
    try (Store store = way.open()) {
      DirectLoad.calls(Operation.PUT.on(store), CALLERS, KEYS);
    }
  }

  /** The fastest way without Prism. */
  private Way<Store> warmUp(Operation operation, List<Way<Store>> ways, Way<Store> prism)
      throws Exception {
    Way<Store> best = ways.getFirst();
    double most = 0;
    int part = Math.max(LEAST_TRIAL_SECONDS, warmup / ways.size());
    for (Way<Store> way : ways) {
      double reached = round(operation, way, CALLERS, part).get(Measure.CALLS);
      System.out.printf(
          Locale.ROOT, "%s, %s: %,.0f calls/s%n", operation.title(), way.name(), reached);
      if (reached > most) {
        most = reached;
        best = way;
      }
    }
    round(operation, prism, CALLERS, warmup);
    return best;
  }

  private void throughput(
      Operation operation,
      Way<Store> direct,
      Way<Store> prism,
      KeyValueCalls generated,
      ProxyProcess proxy)
      throws Exception {
    List<Figures> without = new ArrayList<>();
    List<Figures> with = new ArrayList<>();
    List<Figures> lean = new ArrayList<>();
    for (int round = 1; round <= rounds; round++) {
      without.add(round(operation, direct, CALLERS, seconds));
      say(operation, round, direct.name(), without.getLast());
      Spent before = Spent.by(proxy, operation);
      Figures figures = round(operation, prism, CALLERS, seconds);
      with.add(Spent.by(proxy, operation).since(before, figures));
      say(operation, round, prism.name(), figures);
      before = Spent.by(proxy, operation);
      figures = generate(operation.generated(generated), proxy);
      lean.add(Spent.by(proxy, operation).since(before, figures));
      say(operation, round, GENERATOR, figures);
    }
    Figures one = Figures.median(without);
    Figures other = Figures.median(with);
    Figures least = Figures.median(lean);
    System.out.printf(
        Locale.ROOT,
        "%n%s, medians at %d callers:%n  %s: %s%n  %s: %s%n  %s: %s%n  ratio %.2f, by the generator %.2f%n%n",
        operation.title(),
        CALLERS,
        direct.name(),
        one,
        prism.name(),
        other,
        GENERATOR,
        least,
        other.get(Measure.CALLS) / one.get(Measure.CALLS),
        least.get(Measure.CALLS) / one.get(Measure.CALLS));
  }

  private Figures generate(Plan plan, ProxyProcess proxy) throws Exception {
    ProxyCalls.Measured measured =
        ProxyCalls.measure(proxy.endpoint(), plan, SETTLE_SECONDS, seconds);
    return new Figures()
        .put(Measure.CALLS, measured.callsPerSecond())
        .putLatencies(measured.tally().latencies());
  }

  private static void say(Operation operation, int round, String way, Figures figures) {
    System.out.printf("%s, round %d, %s: %s%n", operation.title(), round, way, figures);
  }

  private void latency(Operation operation, Way<Store> direct, Way<Store> prism) throws Exception {
    List<Figures> without = new ArrayList<>();
    List<Figures> with = new ArrayList<>();
    for (int round = 1; round <= rounds; round++) {
      without.add(round(operation, direct, 1, seconds));
      with.add(round(operation, prism, 1, seconds));
    }
    double one = Figures.median(without).get(Measure.P50);
    double other = Figures.median(with).get(Measure.P50);
    System.out.printf(
        Locale.ROOT,
        "%s, medians at one caller: direct %,.0f us, prism %,.0f us, added %,.0f us%n%n",
        operation.title(),
        one,
        other,
        other - one);
  }

  private static Figures round(Operation operation, Way<Store> way, int callers, int seconds)
      throws Exception {
    try (Store store = way.open()) {
      return DirectLoad.closed(operation.on(store), callers, seconds);
    }
  }
}
