package dev.prism.perf.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A report like one that was measured: every group, peers, failures, a generator that was a limit.
 * The same seed makes the same.
 */
final class SampleReport {
  private static final double[] PERCENTS = {
    0, 10, 25, 50, 75, 90, 95, 97.5, 99, 99.5, 99.9, 99.95, 99.99, 99.995, 99.999, 100
  };

  private final Random random;
  private final double speed;
  private final List<Run> runs = new ArrayList<>();

  private SampleReport(long seed, double speed) {
    this.random = new Random(seed);
    this.speed = speed;
  }

  /** Writes the pages of a few, to look at: the argument is the folder. */
  public static void main(String[] args) throws IOException {
    Path folder = Files.createDirectories(Path.of(args[0]));
    Report now = of(2, 1);
    Files.writeString(folder.resolve("short.html"), ReportPage.html(now, of(1, 0.93)));
    Files.writeString(folder.resolve("fail.html"), ReportPage.html(of(3, 0.3), now));
    Files.writeString(folder.resolve("alone.html"), ReportPage.html(now, null));
    Files.writeString(folder.resolve("empty.html"), ReportPage.html(empty(), null));
    Files.writeString(folder.resolve("report.json"), ReportJson.write(now));
  }

  /** One without a run. */
  static Report empty() {
    return new Report("", Map.of(), List.of(), Map.of(), List.of(), Map.of());
  }

  /**
   * One with all there is.
   *
   * @param speed of Prism: 1 is usual, and below 0.5 gates fail
   */
  static Report of(long seed, double speed) {
    return new SampleReport(seed, speed).report();
  }

  private Report report() {
    standard();
    peers();
    sweeps();
    int many = runs.size();
    run("many", "many-connections", "10 000 connections, 10 calls a second on each", "prism")
        .load(10_000, 1, 100_000, 60)
        .latency(900, 2.6)
        .memory(340, 78)
        .make();
    run("many", "many-connections", "10 000 connections, 10 calls a second on each", "netty")
        .load(10_000, 1, 100_000, 60)
        .latency(700, 2.5)
        .memory(310)
        .make();
    for (int round = 0; round < 20; round++) {
      Making soak = run("mixed", "soak", "mixed on SQLite, 4 000 calls a second", "prism");
      soak.begun = 60 * round;
      soak.load(8, 16, 4_000, 60).latency(420, 2.2).memory(188, 84).make();
    }
    run("overhead", "overhead", "KeyValue Get, in memory, at 10 000 calls a second", "prism")
        .load(8, 16, 10_000, 30)
        .latency(210, 2.1)
        .parts()
        .make();
    return new Report(
        "9f2c1d7e4b8a65300f1e2d3c4b5a69788796a5b4c3d2e1f00112233445566778",
        about(),
        SampleVerdicts.of(speed, runs.get(many), runs.get(many + 1)),
        Map.of("overhead.p50", 61 / speed, "profile.blocked", Double.NaN),
        List.copyOf(runs),
        Map.of(
            "gRPC engine",
            41.2,
            "HTTP/2 sockets",
            23.6,
            "gate and router",
            7.1,
            "ring to the plugin",
            11.8,
            "metrics",
            3.1,
            "collector",
            5.4,
            "virtual threads",
            4.9,
            "compiler",
            1.7));
  }

  private Map<String, String> about() {
    Map<String, String> about = new LinkedHashMap<>();
    about.put("date", "2026-11-29T14:41:40Z");
    about.put("commit", "4dbd454-dirty");
    about.put("processors", "2");
    about.put("processor", "Intel(R) Xeon(R) Platinum 8488C");
    about.put("memory", "7935804 kB");
    about.put("system", "Linux 6.1.0-28-cloud-amd64 amd64");
    about.put("java", "Temurin-25.0.1+8 25.0.1+8-LTS");
    about.put("options", "--gate");
    return about;
  }

  private void standard() {
    String[][] scenarios = {
      {"get", "KeyValue Get, in memory", "820", "memory"},
      {"put", "KeyValue Put, in memory", "860", "memory"},
      {"get-sqlite", "KeyValue Get, SQLite", "1100", "sqlite"},
      {"put-sqlite", "KeyValue Put, SQLite, synced", "4300", "sqlite"},
      {"publish", "Queue Publish, SQLite, synced", "4800", "sqlite"},
      {"fan-out", "PubSub, 2 000 events a second to 16 subscribers", "390", "memory"},
      {"pages", "Reader Query, pages of 100 rows, SQLite", "6100", "sqlite"},
      {"transactions", "Transact Write, a row and its event, SQLite, synced", "5200", "sqlite"},
      {
        "mixed",
        "mixed on SQLite: 4 gets, 2 puts, a publish and a page, 4 000 calls a second",
        "510",
        "sqlite"
      },
    };
    for (String[] each : scenarios) {
      Making run =
          run(each[0], "standard", each[1], "prism")
              .load(8, 16, each[0].equals("mixed") ? 4_000 : 0, 5)
              .latency(Double.parseDouble(each[2]), 1.7 + random.nextDouble())
              .memory(150, 74);
      run.plugin = "plugin " + each[3];
      run.deliveries = each[0].equals("fan-out") ? 31_996 : 0;
      if (each[0].equals("put-sqlite")) {
        run.failures = Map.of("UNAVAILABLE", 3L, "RST_STREAM with INTERNAL_ERROR", 1L);
      }
      run.make();
    }
  }

  private void peers() {
    String[][] loads = {
      {"1", "64", "one connection, 64 calls at a time"}, {"8", "16", "8 connections, 16 calls each"}
    };
    for (String[] load : loads) {
      for (int round = 0; round < 3; round++) {
        for (String server : List.of("prism", "netty", "helidon")) {
          double p50 = server.equals("prism") ? 700 : server.equals("netty") ? 620 : 1900;
          run("get-" + load[0], "compare", load[2], server)
              .load(Integer.parseInt(load[0]), Integer.parseInt(load[1]), 0, 5)
              .latency(jittered(p50), 2)
              .memory(140, 70)
              .make();
        }
      }
    }
    for (String server : List.of("prism", "JDBC, prepared")) {
      run("put-sqlite", "compare", "KeyValue Put beside the driver", server)
          .load(server.equals("prism") ? 8 : 16, server.equals("prism") ? 8 : 1, 0, 5)
          .latency(server.equals("prism") ? 2900 : 8100, 1.8)
          .make();
    }
  }

  private void sweeps() {
    for (int rate : List.of(1_000, 5_000, 10_000, 20_000, 40_000, 60_000, 80_000, 100_000)) {
      double load = rate / (112_000 * speed);
      Making run =
          run("rate", "sweep-rate", "KeyValue Get, in memory", "prism")
              .load(8, 64, rate, 5)
              .latency(130 / Math.max(0.02, 1 - load), 2.1);
      run.behind = load > 1 ? 812 : 0;
      run.busy = Math.min(1, rate / 95_000.0);
      run.make();
    }
    for (int connections : List.of(1, 8, 64, 512, 4096)) {
      run("connections", "sweep-connections", "KeyValue Get, in memory", "prism")
          .load(connections, 64, 10_000, 5)
          .latency(160 + 20 * Math.log(connections) + connections / 9.0, 2.2)
          .memory(130 + connections / 40.0, 70)
          .make();
    }
  }

  private Making run(String scenario, String group, String title, String server) {
    return new Making(scenario, group, title, server);
  }

  /** A run in the making. */
  private final class Making {
    private final String scenario;
    private final String group;
    private final String title;
    private final String server;
    private Run.Offered load = new Run.Offered(8, 16, 0, 256, 5, 4);
    private List<Percentile> latency = List.of();
    private List<Percentile> overhead = List.of();
    private List<Percentile> reply = List.of();
    private final Map<String, Run.Cost> costs = new LinkedHashMap<>();
    private final List<Run.Sample> samples = new ArrayList<>();
    private Map<String, Long> failures = Map.of();
    private String plugin = "plugin memory";
    private double median;
    private double deliveries;
    private double begun;
    private long behind;
    private double busy = 0.4;

    private Making(String scenario, String group, String title, String server) {
      this.scenario = scenario;
      this.group = group;
      this.title = title;
      this.server = server;
    }

    private Making load(int connections, int streams, double rate, double seconds) {
      load = new Run.Offered(connections, streams, rate, 256, seconds, 4);
      return this;
    }

    /** A distribution whose each further nine is so many times as long as the one before. */
    private Making latency(double p50, double tail) {
      median = server.equals("prism") ? p50 / speed : p50;
      latency = distribution(median, tail);
      return this;
    }

    private Making parts() {
      overhead = told(distribution(61 / speed, 2.6));
      reply = told(distribution(34 / speed, 2.4));
      return this;
    }

    private Making memory(double... megabytes) {
      for (double at = 0.5; at <= load.seconds(); at += 0.5) {
        double warm = 1 - 0.35 * Math.exp(-(begun + at) / 40);
        Map<String, Double> resident = new LinkedHashMap<>();
        for (int i = 0; i < megabytes.length; i++) {
          resident.put(process(i), megabytes[i] * 1e6 * warm * (1 + random.nextGaussian() * 0.006));
        }
        samples.add(new Run.Sample(at, resident, Map.of(process(0), at * 0.7)));
      }
      return this;
    }

    private String process(int i) {
      return !server.equals("prism") ? server : i == 0 ? "proxy" : plugin;
    }

    private void make() {
      double most = load.connections() * load.streams() / (median * 1.15) * 1e6;
      double calls =
          load.rate() > 0 ? Math.min(load.rate(), 112_000 * speed) : Math.min(most, 160_000);
      costs.put(process(0), cost(5.4, jittered(1290), 160));
      if (server.equals("prism")) {
        costs.put(plugin, cost(2.1, Double.NaN, 78));
      }
      runs.add(
          new Run(
              scenario,
              group,
              title,
              server,
              load,
              calls,
              (long) (calls * load.seconds()),
              behind,
              failures,
              latency,
              overhead,
              reply,
              costs,
              List.copyOf(samples),
              busy,
              deliveries));
    }

    private Run.Cost cost(double cpuMicros, double bytes, double megabytes) {
      double resident =
          samples.stream()
              .mapToDouble(each -> megabytes > 100 ? each.residentBytes().get(process(0)) : 0)
              .max()
              .orElse(0);
      return new Run.Cost(jittered(cpuMicros), 0.2, bytes, Math.max(resident, megabytes * 1e6), 31);
    }

    /** As few as the product's own histograms tell. */
    private List<Percentile> told(List<Percentile> all) {
      return all.stream()
          .filter(each -> List.of(50.0, 90.0, 95.0, 99.0, 99.9).contains(each.percent()))
          .toList();
    }

    private List<Percentile> distribution(double p50, double tail) {
      List<Percentile> points = new ArrayList<>();
      double last = 0;
      for (double percent : PERCENTS) {
        double nines = percent == 100 ? 5.3 : -Math.log10(1 - percent / 100);
        last = Math.max(last, jittered(p50 * Math.pow(tail, (nines - 0.3) * 0.9)));
        points.add(new Percentile(percent, last));
      }
      return points;
    }
  }

  private double jittered(double value) {
    return value * (1 + random.nextGaussian() * 0.03);
  }
}
