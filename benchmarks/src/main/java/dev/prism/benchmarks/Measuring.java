package dev.prism.benchmarks;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.prism.perf.load.Load;
import dev.prism.perf.load.Plan;
import dev.prism.perf.load.RequestFrames;
import dev.prism.perf.load.Tally;
import dev.prism.perf.servers.Counters;
import dev.prism.perf.servers.EchoService;
import dev.prism.perf.servers.Server;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** One round of one scenario on one server. Whatever the server does, it ends with figures. */
final class Measuring {
  /** The bytes of an echo's answer, and of each message of a stream. */
  static final int MESSAGE_BYTES = 5 + EchoService.BODY_BYTES;

  /** So long connections settle before a round counts. */
  private static final long SETTLE_NANOS = TimeUnit.MILLISECONDS.toNanos(300);

  /** How many messages a stream has: enough that its beginning and end weigh nothing. */
  private static final int STREAM_MESSAGES = 10_000;

  private Measuring() {}

  /** Echoes; at a rate of 0 in a closed loop. */
  static Plan echo(Server server, boolean tls, int connections, int streams, double rate) {
    RequestFrames request = request(server, tls, EchoService.ECHO);
    return new Plan(
        connections, streams, rate, i -> new Plan.Traffic(request, MESSAGE_BYTES, () -> 0));
  }

  /** Streams of messages on one connection, another when one has ended. */
  static Plan streams(Server server, int streams) {
    RequestFrames request = request(server, false, EchoService.STREAM);
    return Plan.closed(
        1,
        streams,
        i -> new Plan.Traffic(request, STREAM_MESSAGES * MESSAGE_BYTES, () -> STREAM_MESSAGES));
  }

  private static RequestFrames request(Server server, boolean tls, String path) {
    return new RequestFrames(
        tls ? "https" : "http",
        "127.0.0.1:" + server.address(tls).getPort(),
        path,
        Map.of(),
        body());
  }

  /** A request's message, whose digits a load replaces by a number. */
  static byte[] body() {
    byte[] body = new byte[EchoService.BODY_BYTES];
    Arrays.fill(body, (byte) 'x');
    byte[] number = RequestFrames.NUMBER.getBytes(US_ASCII);
    System.arraycopy(number, 0, body, 0, number.length);
    return body;
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
          double messages = (double) tally.dataBytes() / MESSAGE_BYTES;
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
