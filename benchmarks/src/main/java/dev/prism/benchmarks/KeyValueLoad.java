package dev.prism.benchmarks;

import dev.prism.perf.load.Plan;
import dev.prism.perf.servers.ProxyCalls;
import java.io.IOException;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/**
 * Closed-loop load on a running proxy: each caller sends its next call when the last one was
 * answered. A put writes a key of its own; a get reads one of keys that were put before, and must
 * find its value. Prints calls per second and latency percentiles of what was answered in the
 * measured part.
 */
public final class KeyValueLoad {
  private KeyValueLoad() {}

  /**
   * Runs one load.
   *
   * @param args {@code name=value} pairs, see {@link Options}
   */
  public static void main(String[] args) throws IOException, InterruptedException {
    System.out.println(measure(Options.parse(args)));
  }

  /** Runs one load to its end. */
  static Result measure(Options options) throws IOException, InterruptedException {
    if (options.callers % options.connections != 0) {
      throw new IllegalArgumentException("each connection needs as many callers as the others");
    }
    KeyValueCalls calls = new KeyValueCalls(options.endpoint, options.config, options.valueBytes);
    int streams = options.callers / options.connections;
    Plan plan;
    if (options.op.equals("get")) {
      calls.putAll();
      plan = calls.gets(options.connections, streams);
    } else {
      plan = calls.puts(options.connections, streams, options.keys);
    }
    ProxyCalls.Measured measured =
        ProxyCalls.measure(options.endpoint, plan, options.warmup, options.seconds);
    Histogram latencies = measured.tally().latencies();
    return new Result(
        options,
        measured.callsPerSecond(),
        measured.tally().answered(),
        latencies.getValueAtPercentile(50),
        latencies.getValueAtPercentile(95),
        latencies.getValueAtPercentile(99),
        latencies.getMaxValue());
  }

  /** What a load saw; latencies in nanoseconds. */
  record Result(
      Options options, double callsPerSecond, long calls, long p50, long p95, long p99, long max) {
    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%-4s %-8s %5d B, %3d callers on %d connection(s): %,8.0f calls/s; p50 %6.2f p95 %6.2f p99 %6.2f max %7.2f ms",
          options.op,
          options.config,
          options.valueBytes,
          options.callers,
          options.connections,
          callsPerSecond,
          p50 / 1e6,
          p95 / 1e6,
          p99 / 1e6,
          max / 1e6);
    }
  }

  /**
   * What to run.
   *
   * @param endpoint the proxy's gRPC address
   * @param op {@code put} or {@code get}
   * @param config the named config of the session
   * @param callers calls in flight, over all connections
   * @param keys of how many keys puts are, each in its turn
   */
  record Options(
      String endpoint,
      String op,
      String config,
      int callers,
      int connections,
      int valueBytes,
      int warmup,
      int seconds,
      long keys) {
    static Options parse(String[] args) {
      String endpoint = "127.0.0.1:8980";
      String op = "put";
      String config = "default";
      int callers = 64;
      int connections = 1;
      int valueBytes = 256;
      int warmup = 5;
      int seconds = 10;
      long keys = Long.MAX_VALUE;
      for (String arg : args) {
        String[] pair = arg.split("=", 2);
        String given = pair.length == 2 ? pair[1] : "";
        switch (pair[0]) {
          case "endpoint" -> endpoint = given;
          case "op" -> op = given;
          case "config" -> config = given;
          case "callers" -> callers = Integer.parseInt(given);
          case "connections" -> connections = Integer.parseInt(given);
          case "value-bytes" -> valueBytes = Integer.parseInt(given);
          case "warmup" -> warmup = Integer.parseInt(given);
          case "seconds" -> seconds = Integer.parseInt(given);
          case "keys" -> keys = Long.parseLong(given);
          default ->
              throw new IllegalArgumentException(
                  "unknown option "
                      + pair[0]
                      + "; there are endpoint, op, config, callers, connections, value-bytes, warmup, seconds, keys");
        }
      }
      return new Options(
          endpoint, op, config, callers, connections, valueBytes, warmup, seconds, keys);
    }
  }
}
