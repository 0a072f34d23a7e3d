package dev.prism.benchmarks;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import dev.prism.keyvalue.v1.GetRequest;
import dev.prism.keyvalue.v1.KeyValueServiceGrpc;
import dev.prism.keyvalue.v1.PutRequest;
import dev.prism.session.v1.CreateSessionRequest;
import dev.prism.session.v1.SessionServiceGrpc;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.HdrHistogram.Histogram;

/**
 * Closed-loop load on a running proxy: each caller sends its next call when the last one was
 * answered. A put writes a key of its own; a get reads one of keys that were put before, and must
 * find its value. Prints calls per second and latency percentiles of what was answered in the
 * measured part.
 */
public final class KeyValueLoad {
  /** How many keys there are to read. */
  private static final int KEYS = 10_000;

  /** Calls in flight while those keys are put. */
  private static final int WRITERS = 64;

  private static final int GRPC_PREFIX = 5;

  /** A put is answered with an etag: no answer is empty. */
  private static final int LEAST_PUT_ANSWER = GRPC_PREFIX + 1;

  private final Options options;
  private volatile boolean measuring;
  private volatile boolean stopping;

  private KeyValueLoad(Options options) {
    this.options = options;
  }

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
    return new KeyValueLoad(options).run();
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

  private Result run() throws IOException, InterruptedException {
    if (options.callers < options.connections) {
      throw new IllegalArgumentException("each connection needs a caller");
    }
    ManagedChannel sessions =
        NettyChannelBuilder.forTarget(options.endpoint).usePlaintext().build();
    List<Http2Connection> connections = new ArrayList<>();
    ExecutorService threads =
        Executors.newThreadPerTaskExecutor(Thread.ofPlatform().name("load-", 0).factory());
    try {
      if (options.op.equals("get")) {
        String token = session(sessions);
        try (Http2Connection connection = Http2Connection.open(address())) {
          connection.run(put(token), WRITERS, LEAST_PUT_ANSWER, new FirstKeys());
        }
      }
      List<Caller> callers = new ArrayList<>();
      CountDownLatch ended = new CountDownLatch(1);
      List<Future<?>> runs = new ArrayList<>();
      for (int i = 0; i < options.connections; i++) {
        String token = session(sessions);
        Http2Connection connection = Http2Connection.open(address());
        connections.add(connection);
        int streams =
            options.callers / options.connections
                + (i < options.callers % options.connections ? 1 : 0);
        boolean get = options.op.equals("get");
        RequestFrames request = get ? get(token) : put(token);
        int leastAnswer = get ? GRPC_PREFIX + options.valueBytes : LEAST_PUT_ANSWER;
        Caller caller = new Caller(i);
        callers.add(caller);
        runs.add(
            threads.submit(
                () -> {
                  try {
                    connection.run(request, streams, leastAnswer, caller);
                    return null;
                  } finally {
                    ended.countDown();
                  }
                }));
      }
      double seconds = 0;
      if (!ended.await(options.warmup, TimeUnit.SECONDS)) {
        long start = System.nanoTime();
        measuring = true;
        ended.await(options.seconds, TimeUnit.SECONDS);
        measuring = false;
        seconds = (System.nanoTime() - start) / 1e9;
      }
      stopping = true;
      for (Future<?> run : runs) {
        await(run);
      }
      Histogram latencies = new Histogram(3);
      callers.forEach(caller -> latencies.add(caller.latencies));
      return new Result(
          options,
          latencies.getTotalCount() / seconds,
          latencies.getTotalCount(),
          latencies.getValueAtPercentile(50),
          latencies.getValueAtPercentile(95),
          latencies.getValueAtPercentile(99),
          latencies.getMaxValue());
    } finally {
      for (Http2Connection connection : connections) {
        connection.close();
      }
      threads.close();
      sessions.shutdownNow();
    }
  }

  private static void await(Future<?> run) throws InterruptedException {
    try {
      run.get(30, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new IllegalStateException("calls are still unanswered 30 s after the end", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("the load broke off: " + e.getCause(), e.getCause());
    }
  }

  private InetSocketAddress address() {
    int colon = options.endpoint.lastIndexOf(':');
    return new InetSocketAddress(
        options.endpoint.substring(0, colon),
        Integer.parseInt(options.endpoint.substring(colon + 1)));
  }

  private String session(ManagedChannel channel) {
    return SessionServiceGrpc.newBlockingStub(channel)
        .createSession(
            CreateSessionRequest.newBuilder()
                .setConfigName(options.config)
                .setClientId("load")
                .build())
        .getSessionToken();
  }

  private RequestFrames put(String token) {
    return request(
        KeyValueServiceGrpc.getPutMethod(),
        token,
        PutRequest.newBuilder()
            .setCollection("load")
            .setKey(options.prefix + "key-" + RequestFrames.NUMBER)
            .setValue(ByteString.copyFrom(new byte[options.valueBytes]))
            .build());
  }

  private RequestFrames get(String token) {
    return request(
        KeyValueServiceGrpc.getGetMethod(),
        token,
        GetRequest.newBuilder()
            .setCollection("load")
            .setKey(options.prefix + "key-" + RequestFrames.NUMBER)
            .build());
  }

  private RequestFrames request(MethodDescriptor<?, ?> method, String token, MessageLite message) {
    return new RequestFrames(
        options.endpoint,
        "/" + method.getFullMethodName(),
        Map.of("prism-session", token),
        message.toByteArray());
  }

  /** One connection's calls: every key of its own for puts, round robin over those put for gets. */
  private final class Caller implements Http2Connection.Calls {
    private final Histogram latencies = new Histogram(3);
    private final long keys = options.op.equals("get") ? KEYS : Long.MAX_VALUE;
    private long number;

    Caller(int connection) {
      number = connection;
    }

    @Override
    public long next() {
      if (stopping) {
        return -1;
      }
      long key = number % keys;
      number += options.connections;
      return key;
    }

    @Override
    public void answered(long nanos) {
      if (measuring) {
        latencies.recordValue(nanos);
      }
    }
  }

  /** Each of the keys that will be read, once. */
  private static final class FirstKeys implements Http2Connection.Calls {
    private long number;

    @Override
    public long next() {
      return number < KEYS ? number++ : -1;
    }

    @Override
    public void answered(long nanos) {}
  }

  /**
   * What to run.
   *
   * @param endpoint the proxy's gRPC address
   * @param op {@code put} or {@code get}
   * @param config the named config of the session
   * @param callers calls in flight, over all connections
   * @param prefix of every key, so that two runs on one database write distinct keys
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
      String prefix) {
    static Options parse(String[] args) {
      String endpoint = "127.0.0.1:8980";
      String op = "put";
      String config = "default";
      int callers = 64;
      int connections = 1;
      int valueBytes = 256;
      int warmup = 5;
      int seconds = 10;
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
          default ->
              throw new IllegalArgumentException(
                  "unknown option "
                      + pair[0]
                      + "; there are endpoint, op, config, callers, connections, value-bytes, warmup, seconds");
        }
      }
      String prefix = Long.toString(System.currentTimeMillis(), 36) + "-";
      return new Options(
          endpoint, op, config, callers, connections, valueBytes, warmup, seconds, prefix);
    }
  }
}
