package dev.prism.benchmarks;

import com.google.protobuf.ByteString;
import dev.prism.keyvalue.v1.GetRequest;
import dev.prism.keyvalue.v1.KeyValueServiceGrpc;
import dev.prism.keyvalue.v1.PutRequest;
import dev.prism.perf.load.Calls;
import dev.prism.perf.load.Load;
import dev.prism.perf.load.Plan;
import dev.prism.perf.load.RequestFrames;
import dev.prism.perf.servers.ProxyCalls;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntFunction;

/**
 * What a load puts into a running proxy and gets from it. Each connection has a session of its own.
 *
 * @param endpoint the proxy's gRPC address
 * @param config the named config of the sessions
 * @param valueBytes of each value
 * @param keys how many there are to read
 * @param prefix of every key, so that two runs on one database write distinct keys
 */
record KeyValueCalls(String endpoint, String config, int valueBytes, long keys, String prefix) {
  /** Calls in flight while those keys are put. */
  private static final int WRITERS = 64;

  private static final int GRPC_PREFIX = 5;

  /** A put is answered with an etag: no answer is empty. */
  private static final int LEAST_PUT_ANSWER = GRPC_PREFIX + 1;

  /** With 10 000 keys to read, which no other run has. */
  KeyValueCalls(String endpoint, String config, int valueBytes) {
    this(endpoint, config, valueBytes, 10_000);
  }

  /** With keys that no other run has. */
  KeyValueCalls(String endpoint, String config, int valueBytes, long keys) {
    this(endpoint, config, valueBytes, keys, Long.toString(System.currentTimeMillis(), 36) + "-");
  }

  /** Puts, each of a key of its own until there are so many; then again from the first. */
  Plan puts(int connections, int streams, long distinct) {
    return puts(
        connections,
        streams,
        i -> {
          Calls all = numbers(i, connections, Long.MAX_VALUE);
          return () -> all.next() % distinct;
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
              get(ProxyCalls.session(endpoint, config)),
              GRPC_PREFIX + valueBytes,
              () -> all.next() % keys);
        });
  }

  /** Puts what is to be got. */
  void putAll() throws IOException, InterruptedException {
    try (Load load =
        Load.open(ProxyCalls.address(endpoint), null, puts(1, WRITERS, i -> numbers(i, 1, keys)))) {
      load.start();
      load.await(Long.MAX_VALUE);
      ProxyCalls.requireNoFailure(load.stop());
    }
  }

  private Plan puts(int connections, int streams, IntFunction<Calls> numbers) {
    return Plan.closed(
        connections,
        streams,
        i ->
            new Plan.Traffic(
                put(ProxyCalls.session(endpoint, config)), LEAST_PUT_ANSWER, numbers.apply(i)));
  }

  private static Calls numbers(long first, int step, long end) {
    AtomicLong next = new AtomicLong(first);
    return () -> {
      long number = next.getAndAdd(step);
      return number < end ? number : -1;
    };
  }

  private RequestFrames put(String token) {
    return ProxyCalls.request(
        endpoint,
        KeyValueServiceGrpc.getPutMethod(),
        token,
        PutRequest.newBuilder()
            .setCollection("load")
            .setKey(prefix + "key-" + RequestFrames.NUMBER)
            .setValue(ByteString.copyFrom(new byte[valueBytes]))
            .build());
  }

  private RequestFrames get(String token) {
    return ProxyCalls.request(
        endpoint,
        KeyValueServiceGrpc.getGetMethod(),
        token,
        GetRequest.newBuilder()
            .setCollection("load")
            .setKey(prefix + "key-" + RequestFrames.NUMBER)
            .build());
  }
}
