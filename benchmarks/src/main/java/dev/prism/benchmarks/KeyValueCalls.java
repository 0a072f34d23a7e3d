package dev.prism.benchmarks;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import dev.prism.benchmarks.load.Calls;
import dev.prism.benchmarks.load.Load;
import dev.prism.benchmarks.load.Plan;
import dev.prism.benchmarks.load.RequestFrames;
import dev.prism.benchmarks.load.Tally;
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
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntFunction;

/**
 * What a load puts into a running proxy and gets from it. Each connection has a session of its own.
 *
 * @param endpoint the proxy's gRPC address
 * @param config the named config of the sessions
 * @param valueBytes of each value
 * @param prefix of every key, so that two runs on one database write distinct keys
 */
record KeyValueCalls(String endpoint, String config, int valueBytes, String prefix) {
  /** How many keys there are to read. */
  private static final int KEYS = 10_000;

  /** Calls in flight while those keys are put. */
  private static final int WRITERS = 64;

  private static final int GRPC_PREFIX = 5;

  /** A put is answered with an etag: no answer is empty. */
  private static final int LEAST_PUT_ANSWER = GRPC_PREFIX + 1;

  /** With keys that no other run has. */
  KeyValueCalls(String endpoint, String config, int valueBytes) {
    this(endpoint, config, valueBytes, Long.toString(System.currentTimeMillis(), 36) + "-");
  }

  InetSocketAddress address() {
    int colon = endpoint.lastIndexOf(':');
    return new InetSocketAddress(
        endpoint.substring(0, colon), Integer.parseInt(endpoint.substring(colon + 1)));
  }

  /** Puts, each of a key of its own until there are so many; then again from the first. */
  Plan puts(int connections, int streams, long keys) {
    return puts(
        connections,
        streams,
        i -> {
          Calls all = numbers(i, connections, Long.MAX_VALUE);
          return () -> all.next() % keys;
        });
  }

  /**
   * Gets, each of a key that {@link #putAll} has put; one that does not find its value is a
   * failure.
   */
  Plan gets(int connections, int streams) {
    return Plan.closed(
        connections,
        streams,
        i -> {
          Calls all = numbers(i, connections, Long.MAX_VALUE);
          return new Plan.Traffic(
              get(session()), GRPC_PREFIX + valueBytes, () -> all.next() % KEYS);
        });
  }

  /** Puts what is to be got. */
  void putAll() throws IOException, InterruptedException {
    try (Load load = Load.open(address(), null, puts(1, WRITERS, i -> numbers(i, 1, KEYS)))) {
      load.start();
      load.await(Long.MAX_VALUE);
      requireNoFailure(load.stop());
    }
  }

  /**
   * Refuses what a failure has spoilt.
   *
   * @throws IllegalStateException when a call failed
   */
  static void requireNoFailure(Tally tally) {
    if (!tally.failures().isEmpty()) {
      throw new IllegalStateException("calls failed: " + tally.failures());
    }
  }

  private Plan puts(int connections, int streams, IntFunction<Calls> numbers) {
    return Plan.closed(
        connections,
        streams,
        i -> new Plan.Traffic(put(session()), LEAST_PUT_ANSWER, numbers.apply(i)));
  }

  private static Calls numbers(long first, int step, long end) {
    AtomicLong next = new AtomicLong(first);
    return () -> {
      long number = next.getAndAdd(step);
      return number < end ? number : -1;
    };
  }

  private String session() {
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

  private RequestFrames put(String token) {
    return request(
        KeyValueServiceGrpc.getPutMethod(),
        token,
        PutRequest.newBuilder()
            .setCollection("load")
            .setKey(prefix + "key-" + RequestFrames.NUMBER)
            .setValue(ByteString.copyFrom(new byte[valueBytes]))
            .build());
  }

  private RequestFrames get(String token) {
    return request(
        KeyValueServiceGrpc.getGetMethod(),
        token,
        GetRequest.newBuilder()
            .setCollection("load")
            .setKey(prefix + "key-" + RequestFrames.NUMBER)
            .build());
  }

  private RequestFrames request(MethodDescriptor<?, ?> method, String token, MessageLite message) {
    return new RequestFrames(
        "http",
        endpoint,
        "/" + method.getFullMethodName(),
        Map.of("prism-session", token),
        message.toByteArray());
  }
}
