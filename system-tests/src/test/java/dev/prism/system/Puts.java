package dev.prism.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.prism.keyvalue.v1.GetRequest;
import dev.prism.keyvalue.v1.GetResponse;
import dev.prism.keyvalue.v1.KeyValueServiceGrpc.KeyValueServiceBlockingStub;
import dev.prism.keyvalue.v1.PutRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Many callers that put distinct keys and remember which puts were acknowledged, and what every
 * other one was told.
 */
final class Puts implements AutoCloseable {
  private final AtomicInteger next = new AtomicInteger();
  private final Queue<Integer> acknowledged = new ConcurrentLinkedQueue<>();
  private final Queue<Status> refusals = new ConcurrentLinkedQueue<>();
  private final AtomicLong lastAcknowledgedNanos = new AtomicLong();
  private final List<Thread> callers = new ArrayList<>();
  private volatile boolean stopping;

  /** Starts {@code callers} that put {@code total} keys between them, each put with a deadline. */
  static Puts start(
      KeyValueServiceBlockingStub client, int callers, int total, long deadlineMillis) {
    Puts puts = new Puts();
    for (int caller = 0; caller < callers; caller++) {
      puts.callers.add(Thread.startVirtualThread(() -> puts.run(client, total, deadlineMillis)));
    }
    return puts;
  }

  /** Starts {@code callers} that put keys until {@link #finish}, each put with a deadline. */
  static Puts startUntilTold(KeyValueServiceBlockingStub client, int callers, long deadlineMillis) {
    return start(client, callers, Integer.MAX_VALUE, deadlineMillis);
  }

  private void run(KeyValueServiceBlockingStub client, int total, long deadlineMillis) {
    for (int n = next.getAndIncrement(); n < total && !stopping; n = next.getAndIncrement()) {
      PutRequest put =
          PutRequest.newBuilder()
              .setCollection("puts")
              .setKey("key-" + n)
              .setValue(value(n))
              .build();
      try {
        var answer = client.withDeadlineAfter(deadlineMillis, TimeUnit.MILLISECONDS).put(put);
        assertThat(answer.getEtag()).isNotEmpty();
        acknowledged.add(n);
        lastAcknowledgedNanos.accumulateAndGet(System.nanoTime(), Math::max);
      } catch (StatusRuntimeException refused) {
        refusals.add(refused.getStatus());
      }
    }
  }

  private static ByteString value(int n) {
    return ByteString.copyFromUtf8("value of " + n + " " + "x".repeat(n % 300));
  }

  int acknowledgedSoFar() {
    return acknowledged.size();
  }

  List<Status> refusals() {
    return List.copyOf(refusals);
  }

  /** Waits until every caller is through. */
  void join() throws InterruptedException {
    for (Thread caller : callers) {
      assertThat(caller.join(java.time.Duration.ofMinutes(2))).isTrue();
    }
  }

  /** Lets no further put begin, and waits until every caller is through. */
  void finish() throws InterruptedException {
    stopping = true;
    join();
  }

  /** Asserts that every acknowledged put is there, whole, as {@code client} reads it. */
  void assertAllThere(KeyValueServiceBlockingStub client) {
    List<Integer> lost = new ArrayList<>();
    for (int n : acknowledged) {
      GetResponse found =
          client
              .withDeadlineAfter(10, TimeUnit.SECONDS)
              .get(GetRequest.newBuilder().setCollection("puts").setKey("key-" + n).build());
      if (!found.getItem().getValue().equals(value(n))) {
        lost.add(n);
      }
    }
    assertThat(lost).as("acknowledged puts that are lost").isEmpty();
  }

  @Override
  public void close() {
    stopping = true;
  }
}
