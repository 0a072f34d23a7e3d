package dev.prism.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.prism.perf.servers.Counters;
import dev.prism.perf.servers.EchoService;
import dev.prism.perf.servers.Server;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * nghttp2's load generator, an independent second opinion: a closed loop that knows HTTP/2 but not
 * gRPC. It does not see a call's gRPC status: that answers are as long as they should be is checked
 * by the bytes it received.
 */
final class H2load {
  private static final Pattern RATE = Pattern.compile("finished in [^,]+, ([0-9.]+) req/s");
  private static final Pattern REQUESTS =
      Pattern.compile("(\\d+) succeeded, (\\d+) failed, (\\d+) errored, (\\d+) timeout");
  private static final Pattern DATA = Pattern.compile("\\((\\d+)\\) data");
  private static final int GRPC_PREFIX = 5;

  private H2load() {}

  static boolean isInstalled() {
    try {
      return new ProcessBuilder("h2load", "--version")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /**
   * Runs one load.
   *
   * @param body a file with a request's message and gRPC's prefix
   */
  static Figures measure(
      Server server, boolean tls, int connections, int streams, int seconds, Path body)
      throws IOException, InterruptedException {
    InetSocketAddress address = server.address(tls);
    Counters before = server.counters();
    Process process =
        new ProcessBuilder(
                "h2load",
                "-t1",
                "-D" + seconds,
                "-c" + connections,
                "-m" + streams,
                "-d" + body,
                "-Hcontent-type: application/grpc",
                "-Hte: trailers",
                (tls ? "https" : "http") + "://127.0.0.1:" + address.getPort() + EchoService.ECHO)
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    process.waitFor();
    Counters spent = server.counters().since(before);
    Figures figures = new Figures();
    Matcher rate = RATE.matcher(said);
    Matcher requests = REQUESTS.matcher(said);
    Matcher data = DATA.matcher(said);
    if (!rate.find() || !requests.find() || !data.find()) {
      return figures.failed(Map.of("h2load did not say what it saw", 1L));
    }
    double succeeded = Double.parseDouble(requests.group(1));
    figures.put(Measure.CALLS, Double.parseDouble(rate.group(1))).putCost(spent, succeeded);
    for (String what : List.of("failed", "errored", "timeout")) {
      long count =
          Long.parseLong(requests.group(List.of("failed", "errored", "timeout").indexOf(what) + 2));
      if (count > 0) {
        figures.failed(Map.of("h2load: " + what, count));
      }
    }
    double echoed = Double.parseDouble(data.group(1)) / (EchoService.BODY_BYTES + GRPC_PREFIX);
    // What is in flight at the end is in the one count and not in the other.
    double missing = succeeded - echoed - (double) connections * streams;
    if (missing > 0) {
      figures.failed(Map.of("h2load: answers without their message", (long) missing));
    }
    return figures;
  }
}
