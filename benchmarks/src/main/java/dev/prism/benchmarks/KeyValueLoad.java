package dev.prism.benchmarks;

import com.google.protobuf.ByteString;
import dev.prism.keyvalue.v1.GetRequest;
import dev.prism.keyvalue.v1.KeyValueServiceGrpc;
import dev.prism.keyvalue.v1.PutRequest;
import dev.prism.session.v1.CreateSessionRequest;
import dev.prism.session.v1.SessionServiceGrpc;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.HdrHistogram.AtomicHistogram;

/**
 * Closed-loop load on a running proxy: each caller sends its next call when the last one was
 * answered. Every key is written once. Prints calls per second and latency percentiles of what was
 * answered in the measured part.
 */
public final class KeyValueLoad {
  private static final Metadata.Key<String> SESSION =
      Metadata.Key.of("prism-session", Metadata.ASCII_STRING_MARSHALLER);

  private final Options options;
  private final byte[] value;
  private final AtomicLong sequence = new AtomicLong();
  private final AtomicLong answered = new AtomicLong();
  private final AtomicReference<Status> failure = new AtomicReference<>(Status.OK);
  private final AtomicHistogram latencies = new AtomicHistogram(TimeUnit.MINUTES.toNanos(1), 3);
  private volatile boolean measuring;
  private volatile boolean stopping;

  private KeyValueLoad(Options options) {
    this.options = options;
    this.value = new byte[options.valueBytes];
  }

  /**
   * Runs one load.
   *
   * @param args {@code name=value} pairs, see {@link Options}
   */
  public static void main(String[] args) throws InterruptedException {
    System.out.println(measure(Options.parse(args)));
  }

  /** Runs one load to its end. */
  static Result measure(Options options) throws InterruptedException {
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

  private Result run() throws InterruptedException {
    List<ManagedChannel> channels = new ArrayList<>();
    try {
      CountDownLatch done = new CountDownLatch(options.callers);
      MethodDescriptor<byte[], byte[]> method = method();
      for (int connection = 0; connection < options.connections; connection++) {
        ManagedChannel channel =
            NettyChannelBuilder.forTarget(options.endpoint).usePlaintext().directExecutor().build();
        channels.add(channel);
        String token =
            SessionServiceGrpc.newBlockingStub(channel)
                .createSession(
                    CreateSessionRequest.newBuilder()
                        .setConfigName(options.config)
                        .setClientId("load")
                        .build())
                .getSessionToken();
        Metadata headers = new Metadata();
        headers.put(SESSION, token);
        io.grpc.Channel authorized =
            ClientInterceptors.intercept(
                channel, MetadataUtils.newAttachHeadersInterceptor(headers));
        int callers =
            options.callers / options.connections
                + (connection < options.callers % options.connections ? 1 : 0);
        for (int caller = 0; caller < callers; caller++) {
          next(authorized, method, done);
        }
      }
      TimeUnit.SECONDS.sleep(options.warmup);
      long before = answered.get();
      long start = System.nanoTime();
      measuring = true;
      TimeUnit.SECONDS.sleep(options.seconds);
      measuring = false;
      long calls = answered.get() - before;
      double seconds = (System.nanoTime() - start) / 1e9;
      stopping = true;
      if (!done.await(30, TimeUnit.SECONDS)) {
        throw new IllegalStateException("calls are still unanswered 30 s after the end");
      }
      Status failed = failure.get();
      if (!failed.isOk()) {
        throw new IllegalStateException("a call failed: " + failed);
      }
      return new Result(
          options,
          calls / seconds,
          calls,
          latencies.getValueAtPercentile(50),
          latencies.getValueAtPercentile(95),
          latencies.getValueAtPercentile(99),
          latencies.getMaxValue());
    } finally {
      channels.forEach(ManagedChannel::shutdownNow);
    }
  }

  private MethodDescriptor<byte[], byte[]> method() {
    MethodDescriptor<?, ?> descriptor =
        options.op.equals("get")
            ? KeyValueServiceGrpc.getGetMethod()
            : KeyValueServiceGrpc.getPutMethod();
    return MethodDescriptor.<byte[], byte[]>newBuilder()
        .setType(MethodDescriptor.MethodType.UNARY)
        .setFullMethodName(descriptor.getFullMethodName())
        .setRequestMarshaller(new Bytes())
        .setResponseMarshaller(new Bytes())
        .build();
  }

  private byte[] request() {
    String key = "key-" + sequence.getAndIncrement();
    if (options.op.equals("get")) {
      return GetRequest.newBuilder().setCollection("load").setKey(key).build().toByteArray();
    }
    return PutRequest.newBuilder()
        .setCollection("load")
        .setKey(options.prefix + key)
        .setValue(ByteString.copyFrom(value))
        .build()
        .toByteArray();
  }

  private void next(
      io.grpc.Channel channel, MethodDescriptor<byte[], byte[]> method, CountDownLatch done) {
    if (stopping) {
      done.countDown();
      return;
    }
    long begun = System.nanoTime();
    ClientCall<byte[], byte[]> call = channel.newCall(method, CallOptions.DEFAULT);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onClose(Status status, Metadata trailers) {
            if (!status.isOk()) {
              failure.compareAndSet(Status.OK, status);
              stopping = true;
              done.countDown();
              return;
            }
            answered.incrementAndGet();
            if (measuring) {
              latencies.recordValue(System.nanoTime() - begun);
            }
            next(channel, method, done);
          }
        },
        new Metadata());
    call.request(2);
    call.sendMessage(request());
    call.halfClose();
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

  /** Messages as the bytes they are: the load generator's own work is not what is measured. */
  private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] message) {
      return new ByteArrayInputStream(message);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
