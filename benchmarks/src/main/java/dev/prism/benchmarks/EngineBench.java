package dev.prism.benchmarks;

import dev.prism.perf.load.Plan;
import dev.prism.perf.servers.Certificate;
import dev.prism.perf.servers.EchoCalls;
import dev.prism.perf.servers.EchoProcess;
import dev.prism.perf.servers.EchoService;
import dev.prism.perf.servers.ProxyProcess;
import dev.prism.perf.servers.Server;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Prism's gRPC engine beside stock Helidon and grpc-netty: the same echo in a process each, under
 * the same load, in turn. Run by {@code ./prism bench engine}; docs/benchmarks.md says what each
 * figure means.
 */
public final class EngineBench implements AutoCloseable {
  private static final List<String> ENGINES = List.of("prism", "helidon", Outcome.REFERENCE);
  private static final String PROXY = "proxy";
  private static final String H2LOAD = "h2load-";
  private static final int ROUND_SECONDS = 3;
  private static final int MINUTE = 60;
  private static final int CALLS_EACH = 10;
  private static final double OPEN_LOOP_SHARE = 0.5;
  private static final double COMPILER_SHARE = 0.05;
  private static final int MOST_WARM_ROUNDS = 20;

  /** For a server whose compiler cannot be asked. */
  private static final int UNASKED_WARM_ROUNDS = 6;

  private record Shape(int connections, int streams) {
    String name() {
      return connections + "x" + streams;
    }

    String title() {
      return connections == 1 && streams == 1
          ? "one call at a time"
          : connections + (connections == 1 ? " connection x " : " connections x ") + streams;
    }
  }

  private static final Shape ONE = new Shape(1, 64);
  private static final Shape EIGHT = new Shape(8, 16);
  private static final Shape ALONE = new Shape(1, 1);

  private final EngineOptions options;
  private final Certificate certificate;
  private final Path request;
  private final Map<String, Server> shared = new LinkedHashMap<>();
  private double openLoopRate;
  private @Nullable KeyValueCalls gets;

  private EngineBench(EngineOptions options)
      throws IOException, InterruptedException, GeneralSecurityException {
    this.options = options;
    Path home = Path.of(System.getProperty("prism.home", "."));
    Path directory = Files.createDirectories(home.resolve("benchmarks/target/bench-engine"));
    certificate = Certificate.make(directory);
    byte[] body = EchoCalls.body();
    byte[] message =
        ByteBuffer.allocate(EchoCalls.MESSAGE_BYTES)
            .put((byte) 0)
            .putInt(body.length)
            .put(body)
            .array();
    request = Files.write(directory.resolve("request"), message);
  }

  /**
   * Runs what was asked for.
   *
   * @param args see {@link EngineOptions}
   */
  public static void main(String[] args)
      throws IOException, InterruptedException, GeneralSecurityException {
    try {
      EngineOptions options = EngineOptions.parse(args);
      try (EngineBench bench = new EngineBench(options)) {
        bench.run();
      }
    } catch (IllegalArgumentException e) {
      System.err.println("bench engine: " + e.getMessage());
      System.exit(2);
    }
  }

  private void run() throws IOException, InterruptedException {
    List<Scenario> all = scenarios();
    List<Scenario> wanted = all.stream().filter(each -> options.wants(each.name())).toList();
    if (wanted.isEmpty()) {
      throw new IllegalArgumentException(
          "nothing matches only=; there are " + all.stream().map(Scenario::name).toList());
    }
    if (wanted.stream().anyMatch(Scenario::fresh)) {
      IdleConnections.require(options.connections());
    }
    if (!H2load.isInstalled()) {
      System.err.println("h2load is not installed (Debian: nghttp2-client): its rows are left out");
      wanted = wanted.stream().filter(each -> !each.name().startsWith(H2LOAD)).toList();
    }
    List<Outcome> outcomes = new ArrayList<>();
    for (Scenario scenario : wanted) {
      Outcome outcome = run(scenario, outcomes.size() + 1 + "/" + wanted.size());
      outcomes.add(outcome);
      if (!options.json()) {
        EngineReport.table(outcome, System.out);
      }
    }
    if (options.json()) {
      System.out.println(EngineReport.json(about(), outcomes));
    }
  }

  private Map<String, Object> about() {
    return Map.of(
        "processors", Runtime.getRuntime().availableProcessors(),
        "java", Runtime.version().toString(),
        "system", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
  }

  // What there is to run

  private List<Scenario> scenarios() {
    List<Scenario> all = new ArrayList<>();
    for (boolean tls : new boolean[] {false, true}) {
      for (Shape shape : List.of(ONE, EIGHT, ALONE)) {
        echo(all, shape, tls);
      }
    }
    add(
        all,
        "open-" + EIGHT.name(),
        "open loop at half of what grpc-netty does in a closed one, " + EIGHT.title(),
        ENGINES,
        server -> Measuring.calls(server, false, openLoop(server), seconds()));
    for (int producers : new int[] {1, 16}) {
      add(
          all,
          "stream-" + producers,
          "server streaming, " + producers + (producers == 1 ? " producer" : " producers"),
          ENGINES,
          server -> Measuring.messages(server, Measuring.streams(server, producers), seconds()));
    }
    for (Shape shape : List.of(ONE, EIGHT)) {
      add(
          all,
          "ring-" + shape.name(),
          "KeyValue Get through the proxy and its ring, beside an echo by grpc-netty, "
              + shape.title(),
          List.of(PROXY, Outcome.REFERENCE),
          server -> Measuring.calls(server, false, getOrEcho(server, shape), seconds()));
    }
    int connections = options.connections();
    all.add(
        new Scenario(
            "idle",
            String.format(Locale.ROOT, "%,d idle connections", connections),
            ENGINES,
            1,
            true,
            server -> IdleConnections.measure((EchoProcess) server, connections)));
    int minute = options.secondsOr(MINUTE);
    all.add(
        new Scenario(
            "connections",
            String.format(
                Locale.ROOT,
                "open loop on %,d connections, each %d calls/s, %d s",
                connections,
                CALLS_EACH,
                minute),
            ENGINES,
            1,
            true,
            server ->
                IdleConnections.underLoad((EchoProcess) server, connections, CALLS_EACH, minute)));
    return all;
  }

  private void echo(List<Scenario> all, Shape shape, boolean tls) {
    String name = shape.name() + (tls ? "-tls" : "-clear");
    String title = "echo, " + shape.title() + (tls ? ", TLS" : ", in the clear");
    add(
        all,
        "echo-" + name,
        title,
        ENGINES,
        server ->
            Measuring.calls(
                server,
                tls,
                Measuring.echo(server, tls, shape.connections, shape.streams, 0),
                seconds()));
    add(
        all,
        H2LOAD + name,
        title + ", by h2load",
        ENGINES,
        server ->
            H2load.measure(server, tls, shape.connections, shape.streams, seconds(), request));
  }

  private void add(
      List<Scenario> all, String name, String title, List<String> servers, Scenario.Round round) {
    all.add(new Scenario(name, title, servers, options.rounds(), false, round));
  }

  private int seconds() {
    return options.secondsOr(ROUND_SECONDS);
  }

  private Plan openLoop(Server server) throws IOException, InterruptedException {
    if (openLoopRate == 0) {
      Server reference = shared(Outcome.REFERENCE);
      Plan closed = Measuring.echo(reference, false, EIGHT.connections, EIGHT.streams, 0);
      warmUp(reference, warm -> Measuring.calls(warm, false, closed, seconds()));
      openLoopRate =
          OPEN_LOOP_SHARE * Measuring.calls(reference, false, closed, seconds()).get(Measure.CALLS);
    }
    return Measuring.echo(server, false, EIGHT.connections, EIGHT.streams, openLoopRate);
  }

  private Plan getOrEcho(Server server, Shape shape) throws IOException, InterruptedException {
    if (!(server instanceof ProxyProcess proxy)) {
      return Measuring.echo(server, false, shape.connections, shape.streams, 0);
    }
    if (gets == null) {
      gets = new KeyValueCalls(proxy.endpoint(), "memory", EchoService.BODY_BYTES);
      gets.putAll();
    }
    return gets.gets(shape.connections, shape.streams);
  }

  // Running it

  private Outcome run(Scenario scenario, String progress) throws IOException, InterruptedException {
    Map<String, List<Figures>> rounds = new LinkedHashMap<>();
    Map<String, Map<String, Long>> failedBefore = new LinkedHashMap<>();
    for (String name : scenario.servers()) {
      rounds.put(name, new ArrayList<>());
      if (!scenario.fresh()) {
        System.err.printf("[%s] %s, warming up %s%n", progress, scenario.name(), name);
        failedBefore.put(name, warmUp(shared(name), scenario.round()));
      }
    }
    for (int round = 1; round <= scenario.rounds(); round++) {
      for (Map.Entry<String, List<Figures>> server : rounds.entrySet()) {
        Figures figures = measure(scenario, server.getKey());
        if (round == 1) {
          figures.failed(failedBefore.getOrDefault(server.getKey(), Map.of()));
        }
        server.getValue().add(figures);
        System.err.printf(
            Locale.ROOT,
            "[%s] %s, round %d of %d, %s: %s%n",
            progress,
            scenario.name(),
            round,
            scenario.rounds(),
            server.getKey(),
            figures);
      }
    }
    return new Outcome(scenario.name(), scenario.title(), rounds);
  }

  /**
   * Runs rounds that do not count until the server's compiler has next to nothing to do. Servers
   * differ in how long that takes, grpc-netty several times as long as Prism, and a rate that does
   * not rise says little on a machine that others use, too.
   *
   * @return what failed
   */
  private static Map<String, Long> warmUp(Server server, Scenario.Round round)
      throws IOException, InterruptedException {
    Figures all = new Figures();
    for (int i = 1; i <= MOST_WARM_ROUNDS; i++) {
      double compiled = server.compilerMillis();
      long start = System.nanoTime();
      all.failed(round.measure(server).failures());
      compiled = server.compilerMillis() - compiled;
      double share = compiled * 1e6 / (System.nanoTime() - start);
      if (share < COMPILER_SHARE || (Double.isNaN(share) && i == UNASKED_WARM_ROUNDS)) {
        break;
      }
    }
    return all.failures();
  }

  private Figures measure(Scenario scenario, String name) throws IOException, InterruptedException {
    if (!scenario.fresh()) {
      return scenario.round().measure(shared(name));
    }
    try (Server own = start(name)) {
      Map<String, Long> failures =
          warmUp(
              own, server -> Measuring.calls(server, false, getOrEcho(server, EIGHT), seconds()));
      return scenario.round().measure(own).failed(failures);
    }
  }

  private Server shared(String name) throws IOException {
    Server server = shared.get(name);
    if (server == null) {
      server = start(name);
      shared.put(name, server);
    }
    return server;
  }

  private Server start(String name) throws IOException {
    return name.equals(PROXY)
        ? ProxyProcess.start()
        : EchoProcess.start(name, certificate, options.profile());
  }

  @Override
  public void close() {
    shared.values().forEach(Server::close);
  }
}
