package dev.prism.benchmarks;

import dev.prism.perf.load.Load;
import dev.prism.perf.load.Plan;
import dev.prism.perf.load.RequestFrames;
import dev.prism.perf.load.Tally;
import dev.prism.perf.servers.Counters;
import dev.prism.perf.servers.EchoCalls;
import dev.prism.perf.servers.EchoService;
import dev.prism.perf.servers.Server;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** One round of one scenario on one server. Whatever the server does, it ends with figures. */
final class Measuring {
  /** So long connections settle before a round counts. */
  private static final long SETTLE_NANOS = TimeUnit.MILLISECONDS.toNanos(300);

  /** How many messages a stream has: enough that its beginning and end weigh nothing. */
  private static final int STREAM_MESSAGES = 10_000;

  private Measuring() {}

  /** Echoes; at a rate of 0 in a closed loop. */
  static Plan echo(Server server, boolean tls, int connections, int streams, double rate) {
    return EchoCalls.echo(server.address(tls), tls, connections, streams, rate);
  }

  /** Streams of messages on one connection, another when one has ended. */
  static Plan streams(Server server, int streams) {
    RequestFrames request = EchoCalls.request(server.address(false), false, EchoService.STREAM);
    return Plan.closed(
        1,
        streams,
        i ->
            new Plan.Traffic(
                request, STREAM_MESSAGES * EchoCalls.MESSAGE_BYTES, () -> STREAM_MESSAGES));
  }

  /** Calls, their latencies, and what they cost the server each. */
  static Figures calls(Server server, boolean tls, Plan plan, double seconds)
      throws InterruptedException {
    return load(
        server,
        tls,
        plan,
        seconds,
        (figures, tally, spent, took) -> {
          double answered = tally.answered();
          if (plan.rate() > 0) {
            figures.put(Measure.BEHIND, (double) tally.behind());
          }
          figures
              .put(Measure.CALLS, answered / took)
              .putLatencies(tally.latencies())
              .putCost(spent, answered);
        });
  }

  /** Messages of streams, and what they cost the server each. */
  static Figures messages(Server server, Plan plan, double seconds) throws InterruptedException {
    return load(
        server,
        false,
        plan,
        seconds,
        (figures, tally, spent, took) -> {
          double messages = (double) tally.dataBytes() / EchoCalls.MESSAGE_BYTES;
          figures.put(Measure.MESSAGES, messages / took).putCost(spent, messages);
        });
  }

  private interface Reading {
    void read(Figures figures, Tally tally, Counters spent, double seconds);
  }

  private static Figures load(
      Server server, boolean tls, Plan plan, double seconds, Reading reading)
      throws InterruptedException {
    Figures figures = new Figures();
    try (Load load = Load.open(server.address(tls), tls ? server.trust() : null, plan)) {
      load.start();
      load.await(SETTLE_NANOS);
      Counters before = server.counters();
      long start = System.nanoTime();
      load.measure(true);
      load.await((long) (seconds * 1e9));
      load.measure(false);
      double took = (System.nanoTime() - start) / 1e9;
      Counters spent = server.counters().since(before);
      Tally tally = load.stop();
      figures.put(Measure.CLIENT, tally.cpuNanos() / 1e9 / took);
      reading.read(figures, tally, spent, took);
      return figures.failed(tally.failures());
    } catch (IOException e) {
      return figures.failed(Map.of("not measured: " + e.getMessage(), 1L));
    }
  }
}
