package dev.prism.benchmarks;

import com.google.protobuf.ByteString;
import dev.prism.benchmarks.load.Plan;
import dev.prism.benchmarks.load.RequestFrames;
import dev.prism.queue.v1.Message;
import dev.prism.queue.v1.PublishRequest;
import dev.prism.queue.v1.QueueServiceGrpc;
import dev.prism.testservers.RedisServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;

/**
 * Publishes durable messages of 256 bytes to a backend, through Prism and without it: 64 blocking
 * callers, and whatever waits goes to the backend together on either side. Rounds in turn; the
 * medians and their ratio at the end.
 */
public final class QueueBench {
  private static final int CALLERS = 64;
  private static final int PAYLOAD_BYTES = 256;
  private static final int LEAST_ANSWER = 6;
  private static final byte[] KEY = new byte[16];

  private static final Pattern BATCHES =
      Pattern.compile("prism_plugin_batch_size_count\\{.*publish.*");
  private static final Pattern MESSAGES =
      Pattern.compile("prism_plugin_messages_total\\{.*published.*");

  private QueueBench() {}

  /** A backend's server, and how it is reached with and without Prism; closing ends the server. */
  private interface Backend extends AutoCloseable {
    /** The settings of its plugin. */
    Map<String, String> settings();

    Direct direct() throws Exception;

    @Override
    void close();
  }

  private static Backend backend(String name) {
    return switch (name) {
      case "sqlite" -> new Sqlite();
      case "redis" -> new Redis();
      default -> throw new IllegalArgumentException("unknown backend " + name);
    };
  }

  private static final class Sqlite implements Backend {
    @Override
    public Map<String, String> settings() {
      return Map.of();
    }

    @Override
    public Direct direct() throws IOException, SQLException {
      Path home = Path.of(System.getProperty("prism.home", "."));
      Path target = Files.createDirectories(home.resolve("benchmarks/target"));
      Path folder = Files.createTempDirectory(target, "direct-");
      Path file = folder.resolve("direct.db");
      file.toFile().deleteOnExit();
      return new DirectSqlite(file);
    }

    @Override
    public void close() {}
  }

  /** A server that syncs every write before it answers. */
  private static final class Redis implements Backend {
    private final RedisServer server;

    Redis() {
      try {
        Path home = Path.of(System.getProperty("prism.home", "."));
        Path target = Files.createDirectories(home.resolve("benchmarks/target"));
        server = RedisServer.durable(Files.createTempDirectory(target, "redis-"));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public Map<String, String> settings() {
      return Map.of("REDIS_URL", server.url());
    }

    @Override
    public Direct direct() {
      return new DirectRedis(server.port());
    }

    @Override
    public void close() {
      server.close();
    }
  }

  /**
   * Runs the whole set.
   *
   * @param args {@code backend=NAME}, default sqlite; {@code seconds=N} of each round, default 5;
   *     {@code rounds=N}, default 5
   */
  public static void main(String[] args) throws Exception {
    String name = "sqlite";
    int seconds = 5;
    int rounds = 5;
    for (String arg : args) {
      String[] pair = arg.split("=", 2);
      switch (pair[0]) {
        case "backend" -> name = pair[1];
        case "seconds" -> seconds = Integer.parseInt(pair[1]);
        case "rounds" -> rounds = Integer.parseInt(pair[1]);
        default ->
            throw new IllegalArgumentException(
                "unknown option " + pair[0] + "; there are backend=NAME, seconds=N and rounds=N");
      }
    }
    List<Double> direct = new ArrayList<>();
    List<Double> prism = new ArrayList<>();
    try (Backend backend = backend(name);
        ProxyProcess proxy = ProxyProcess.start(name, backend.settings())) {
      for (int round = 1; round <= rounds; round++) {
        direct.add(direct(backend, seconds));
        System.out.printf(
            Locale.ROOT, "round %d, direct: %,.0f messages/s%n", round, direct.getLast());
        double before = ProxyCalls.metric(proxy.metrics(), MESSAGES);
        double batchesBefore = ProxyCalls.metric(proxy.metrics(), BATCHES);
        ProxyCalls.Measured measured =
            ProxyCalls.measure(proxy.endpoint(), publishes(proxy.endpoint(), round), 2, seconds);
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
    }
    System.out.printf(
        Locale.ROOT,
        "%nmedians: direct %,.0f, prism %,.0f messages/s, ratio %.2f%n",
        median(direct),
        median(prism),
        median(prism) / median(direct));
  }

  private static double median(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  private static Plan publishes(String endpoint, int round) {
    return Plan.closed(
        1,
        CALLERS,
        i -> {
          AtomicLong next = new AtomicLong();
          return new Plan.Traffic(
              ProxyCalls.request(
                  endpoint,
                  QueueServiceGrpc.getPublishMethod(),
                  ProxyCalls.session(endpoint, "queue"),
                  PublishRequest.newBuilder()
                      .setTopic("bench-" + round)
                      .setMessage(
                          Message.newBuilder()
                              .setKey(ByteString.copyFromUtf8("key-" + RequestFrames.NUMBER))
                              .setPayload(ByteString.copyFrom(new byte[PAYLOAD_BYTES])))
                      .build()),
              LEAST_ANSWER,
              next::getAndIncrement);
        });
  }

  /** Messages a second that 64 callers publish without Prism. */
  private static double direct(Backend backend, int seconds) throws Exception {
    try (Direct direct = backend.direct()) {
      AtomicLong published = new AtomicLong();
      CountDownLatch ended = new CountDownLatch(CALLERS);
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds + 2L);
      for (int caller = 0; caller < CALLERS; caller++) {
        Thread.startVirtualThread(
            () -> {
              try {
                while (System.nanoTime() < end) {
                  direct.publish(KEY, new byte[PAYLOAD_BYTES]);
                  published.incrementAndGet();
                }
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              } finally {
                ended.countDown();
              }
            });
      }
      Thread.sleep(TimeUnit.SECONDS.toMillis(2)); // to warm up
      long before = published.get();
      long begun = System.nanoTime();
      ended.await();
      return (published.get() - before) / ((System.nanoTime() - begun) / 1e9);
    }
  }
}
