package dev.prism.benchmarks;

import com.google.protobuf.ByteString;
import dev.prism.benchmarks.Backend.Way;
import dev.prism.perf.load.Plan;
import dev.prism.perf.load.RequestFrames;
import dev.prism.perf.servers.ProxyCalls;
import dev.prism.perf.servers.ProxyProcess;
import dev.prism.queue.v1.Message;
import dev.prism.queue.v1.PublishRequest;
import dev.prism.queue.v1.QueueServiceGrpc;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntFunction;
import java.util.regex.Pattern;

/**
 * Publishes durable messages of 256 bytes to a backend, through Prism and without it: 64 blocking
 * callers, and whatever waits goes to the backend together on either side; then 1000 messages a
 * second, each due at its own time. Rounds in turn; medians, their ratio and difference, and the
 * memory that the plugin holds at the end.
 */
public final class QueueBench {
  private static final int CALLERS = 64;
  private static final int PAYLOAD_BYTES = 256;
  private static final int LEAST_ANSWER = 6;
  private static final int QUIET_RATE = 1000;
  private static final int SETTLE_SECONDS = 2;
  private static final int LEAST_TRIAL_SECONDS = 3;
  private static final double MIB = 1 << 20;

  private static final Pattern BATCHES =
      Pattern.compile("prism_plugin_batch_size_count\\{.*publish.*");
  private static final Pattern MESSAGES =
      Pattern.compile("prism_plugin_messages_total\\{.*published.*");

  private QueueBench() {}

  /**
   * Runs the whole set.
   *
   * @param args {@code backend=NAME}, default sqlite; {@code seconds=N} of each round, default 5;
   *     {@code rounds=N}, default 5; {@code warmup=N} seconds of load before them on each side,
   *     while the machines compile, default 20
   */
  public static void main(String[] args) throws Exception {
    String name = "sqlite";
    int seconds = 5;
    int rounds = 5;
    int warmup = 20;
    for (String arg : args) {
      String[] pair = arg.split("=", 2);
      switch (pair[0]) {
        case "backend" -> name = pair[1];
        case "seconds" -> seconds = Integer.parseInt(pair[1]);
        case "rounds" -> rounds = Integer.parseInt(pair[1]);
        case "warmup" -> warmup = Integer.parseInt(pair[1]);
        default ->
            throw new IllegalArgumentException(
                "unknown option "
                    + pair[0]
                    + "; there are backend=NAME, seconds=N, rounds=N and warmup=N");
      }
    }
    try (Backend<Direct> backend = QueueBackends.of(name);
        ProxyProcess proxy = ProxyProcess.start("queue", name, backend.settings())) {
      Way<Direct> fastest = warmUp(backend, proxy, warmup);
      throughput(fastest, proxy, seconds, rounds);
      double resident = proxy.residentBytes(name);
      latency(soonest(backend, seconds), proxy, seconds, rounds);
      System.out.printf(
          Locale.ROOT, "the plugin's resident memory after the load: %.0f MiB%n", resident / MIB);
    }
  }

  /** The fastest way without Prism. */
  private static Way<Direct> warmUp(Backend<Direct> backend, ProxyProcess proxy, int seconds)
      throws Exception {
    List<Way<Direct>> ways = backend.ways();
    Way<Direct> best = ways.getFirst();
    if (seconds == 0 && ways.size() == 1) {
      return best;
    }
    System.out.printf("%d seconds to warm up, without and with Prism%n", seconds);
    double most = 0;
    for (Way<Direct> way : ways) {
      double reached;
      try (Direct without = way.open()) {
        int part = Math.max(LEAST_TRIAL_SECONDS, seconds / ways.size());
        reached = throughput(without, part);
      }
      if (ways.size() > 1) {
        System.out.printf(Locale.ROOT, "%s: %,.0f messages/s%n", way.name(), reached);
      }
      if (reached > most) {
        most = reached;
        best = way;
      }
    }
    if (seconds > 0) {
      Plan plan = Plan.closed(1, CALLERS, publishes(proxy.endpoint(), "warm"));
      ProxyCalls.measure(proxy.endpoint(), plan, 0, seconds);
    }
    return best;
  }

  private static double throughput(Direct without, int seconds) throws InterruptedException {
    return DirectLoad.closed(publish(without), CALLERS, seconds).get(Measure.CALLS);
  }

  private static DirectLoad.Call publish(Direct without) {
    return number ->
        without.publish(
            ("key-" + number).getBytes(StandardCharsets.US_ASCII), new byte[PAYLOAD_BYTES]);
  }

  /** The way without Prism that answers soonest where little is to do. */
  private static Way<Direct> soonest(Backend<Direct> backend, int seconds) throws Exception {
    List<Way<Direct>> ways = backend.ways();
    Way<Direct> best = ways.getFirst();
    if (ways.size() == 1) {
      return best;
    }
    double least = Double.MAX_VALUE;
    for (Way<Direct> way : ways) {
      try (Direct without = way.open()) {
        double median = DirectLoad.medianMillis(publish(without), QUIET_RATE, seconds);
        System.out.printf(
            Locale.ROOT, "%s: %.2f ms at %d messages/s%n", way.name(), median, QUIET_RATE);
        if (median < least) {
          least = median;
          best = way;
        }
      }
    }
    return best;
  }

  private static void throughput(Way<Direct> way, ProxyProcess proxy, int seconds, int rounds)
      throws Exception {
    List<Double> direct = new ArrayList<>();
    List<Double> prism = new ArrayList<>();
    for (int round = 1; round <= rounds; round++) {
      try (Direct without = way.open()) {
        direct.add(throughput(without, seconds));
      }
      System.out.printf(
          Locale.ROOT, "round %d, %s: %,.0f messages/s%n", round, way.name(), direct.getLast());
      double before = ProxyCalls.metric(proxy.metrics(), MESSAGES);
      double batchesBefore = ProxyCalls.metric(proxy.metrics(), BATCHES);
      Plan plan = Plan.closed(1, CALLERS, publishes(proxy.endpoint(), "bench-" + round));
      ProxyCalls.Measured measured =
          ProxyCalls.measure(proxy.endpoint(), plan, SETTLE_SECONDS, seconds);
      prism.add(measured.callsPerSecond());
      System.out.printf(
          Locale.ROOT,
          "round %d, prism: %,.0f messages/s, p50 %.2f p99 %.2f ms, %.3f batches a message%n",
          round,
          measured.callsPerSecond(),
          measured.tally().latencies().getValueAtPercentile(50) / 1e6,
          measured.tally().latencies().getValueAtPercentile(99) / 1e6,
          (ProxyCalls.metric(proxy.metrics(), BATCHES) - batchesBefore)
              / (ProxyCalls.metric(proxy.metrics(), MESSAGES) - before));
    }
    System.out.printf(
        Locale.ROOT,
        "%nmedians: direct %,.0f, prism %,.0f messages/s, ratio %.2f%n",
        median(direct),
        median(prism),
        median(prism) / median(direct));
  }

  private static void latency(Way<Direct> way, ProxyProcess proxy, int seconds, int rounds)
      throws Exception {
    List<Double> direct = new ArrayList<>();
    List<Double> prism = new ArrayList<>();
    for (int round = 1; round <= rounds; round++) {
      try (Direct without = way.open()) {
        direct.add(DirectLoad.medianMillis(publish(without), QUIET_RATE, seconds));
      }
      Plan plan = new Plan(1, 1024, QUIET_RATE, publishes(proxy.endpoint(), "quiet-" + round));
      prism.add(
          ProxyCalls.measure(proxy.endpoint(), plan, SETTLE_SECONDS, seconds)
                  .tally()
                  .latencies()
                  .getValueAtPercentile(50)
              / 1e6);
    }
    System.out.printf(
        Locale.ROOT,
        "medians at %d messages/s: direct %.2f ms, prism %.2f ms, added %.2f ms%n",
        QUIET_RATE,
        median(direct),
        median(prism),
        median(prism) - median(direct));
  }

  private static double median(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  private static IntFunction<Plan.Traffic> publishes(String endpoint, String topic) {
    return i -> {
      AtomicLong next = new AtomicLong();
      return new Plan.Traffic(
          ProxyCalls.request(
              endpoint,
              QueueServiceGrpc.getPublishMethod(),
              ProxyCalls.session(endpoint, ProxyProcess.CONFIG),
              PublishRequest.newBuilder()
                  .setTopic(topic)
                  .setMessage(
                      Message.newBuilder()
                          .setKey(ByteString.copyFromUtf8("key-" + RequestFrames.NUMBER))
                          .setPayload(ByteString.copyFrom(new byte[PAYLOAD_BYTES])))
                  .build()),
          LEAST_ANSWER,
          next::getAndIncrement);
    };
  }
}
