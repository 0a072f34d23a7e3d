package dev.prism.perf.servers;

import com.google.protobuf.MessageLite;
import dev.prism.perf.load.Load;
import dev.prism.perf.load.Plan;
import dev.prism.perf.load.RequestFrames;
import dev.prism.perf.load.Tally;
import dev.prism.session.v1.CreateSessionRequest;
import dev.prism.session.v1.SessionServiceGrpc;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** What loads on a running proxy share. */
public final class ProxyCalls {
  private ProxyCalls() {}

  /** An endpoint, {@code HOST:PORT}, as an address. */
  public static InetSocketAddress address(String endpoint) {
    int colon = endpoint.lastIndexOf(':');
    return new InetSocketAddress(
        endpoint.substring(0, colon), Integer.parseInt(endpoint.substring(colon + 1)));
  }

  /** Opens a session with a named config, and returns its token. */
  public static String session(String endpoint, String config) {
    ManagedChannel channel = NettyChannelBuilder.forTarget(endpoint).usePlaintext().build();
    try {
      return SessionServiceGrpc.newBlockingStub(channel)
          .createSession(
              CreateSessionRequest.newBuilder().setConfigName(config).setClientId("load").build())
          .getSessionToken();
    } finally {
      channel.shutdownNow();
    }
  }

  /** A request of a session, as frames. */
  public static RequestFrames request(
      String endpoint, MethodDescriptor<?, ?> method, String token, MessageLite message) {
    return new RequestFrames(
        "http",
        endpoint,
        "/" + method.getFullMethodName(),
        Map.of("prism-session", token),
        message.toByteArray());
  }

  /** What a load saw in its measured part. */
  public record Measured(Tally tally, double seconds) {
    /** Answered in a second. */
    public double callsPerSecond() {
      return tally.answered() / seconds;
    }
  }

  /** Runs a load: so long to warm up, and so long to measure. */
  public static Measured measure(String endpoint, Plan plan, int warmupSeconds, int seconds)
      throws IOException, InterruptedException {
    try (Load load = Load.open(address(endpoint), null, plan)) {
      load.start();
      load.await(TimeUnit.SECONDS.toNanos(warmupSeconds));
      long start = System.nanoTime();
      load.measure(true);
      load.await(TimeUnit.SECONDS.toNanos(seconds));
      load.measure(false);
      double measured = (System.nanoTime() - start) / 1e9;
      Tally tally = load.stop();
      requireNoFailure(tally);
      return new Measured(tally, measured);
    }
  }

  /**
   * Refuses what a failure has spoilt.
   *
   * @throws IllegalStateException when a call failed
   */
  public static void requireNoFailure(Tally tally) {
    if (!tally.failures().isEmpty()) {
      throw new IllegalStateException("calls failed: " + tally.failures());
    }
  }

  /** The sum of a metric's samples whose line matches. */
  public static double metric(String url, Pattern line) throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      String body =
          client
              .send(
                  HttpRequest.newBuilder(URI.create(url)).build(),
                  HttpResponse.BodyHandlers.ofString())
              .body();
      return body.lines()
          .filter(sample -> line.matcher(sample).matches())
          .mapToDouble(sample -> Double.parseDouble(sample.substring(sample.lastIndexOf(' ') + 1)))
          .sum();
    }
  }
}
