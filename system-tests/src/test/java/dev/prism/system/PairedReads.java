package dev.prism.system;

import dev.prism.keyvalue.v1.GetRequest;
import dev.prism.keyvalue.v1.GetResponse;
import dev.prism.keyvalue.v1.KeyValueServiceGrpc;
import dev.prism.keyvalue.v1.KeyValueServiceGrpc.KeyValueServiceBlockingStub;
import dev.prism.keyvalue.v1.KeyValueServiceGrpc.KeyValueServiceStub;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * Reads through two proxies in the same seconds, for the ratio of their latencies: what else goes
 * on upon the machine meets both alike. Reads are sent at random times, whether or not those before
 * were answered, and of each two in a row one goes to either proxy: a hiccup of the machine, which
 * is what most of the slowest have in common, takes as many of both. They are few enough that the
 * processors are mostly idle.
 */
final class PairedReads {
  private static final int READS_PER_SECOND = 900;
  private static final int WARMING_CALLERS = 8;
  private static final long SECOND_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final List<KeyValueServiceBlockingStub> clients;
  private final GetRequest request;
  private final Random random = new Random(1);

  PairedReads(
      KeyValueServiceBlockingStub first, KeyValueServiceBlockingStub second, GetRequest request) {
    this.clients = List.of(first, second);
    this.request = request;
  }

  /** The 99th percentiles of what the reads of each proxy took, in nanoseconds. */
  record Slowest(long first, long second) {
    double ratio() {
      return (double) first / second;
    }
  }

  /** Reads as fast as it goes for {@code seconds}, so that both proxies are compiled. */
  void warm(int seconds) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    List<Thread> callers = new ArrayList<>();
    for (int i = 0; i < WARMING_CALLERS; i++) {
      KeyValueServiceBlockingStub client = clients.get(i % 2);
      callers.add(
          Thread.startVirtualThread(
              () -> {
                while (System.nanoTime() - end < 0) {
                  client.withDeadlineAfter(10, TimeUnit.SECONDS).get(request);
                }
              }));
    }
    for (Thread caller : callers) {
      caller.join();
    }
  }

  /** Reads for about {@code seconds}. */
  Slowest read(int seconds) throws InterruptedException {
    int pairs = seconds * READS_PER_SECOND;
    long[][] latencies = new long[2][pairs];
    CountDownLatch answered = new CountDownLatch(2 * pairs);
    AtomicReference<Throwable> failure = new AtomicReference<>();
    long due = System.nanoTime();
    for (int pair = 0; pair < pairs; pair++) {
      int first = random.nextInt(2);
      for (int side : new int[] {first, 1 - first}) {
        due +=
            (long) (-Math.log(1 - random.nextDouble()) * SECOND_NANOS / (2.0 * READS_PER_SECOND));
        for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
          LockSupport.parkNanos(left);
        }
        read(clients.get(side), latencies[side], pair, answered, failure);
      }
    }
    answered.await();
    if (failure.get() != null) {
      throw new AssertionError("a read failed", failure.get());
    }
    return new Slowest(percentile99(latencies[0]), percentile99(latencies[1]));
  }

  private void read(
      KeyValueServiceBlockingStub client,
      long[] latencies,
      int index,
      CountDownLatch answered,
      AtomicReference<Throwable> failure) {
    KeyValueServiceStub stub =
        KeyValueServiceGrpc.newStub(client.getChannel())
            .withExecutor(Runnable::run)
            .withDeadlineAfter(10, TimeUnit.SECONDS);
    long begun = System.nanoTime();
    stub.get(
        request,
        new StreamObserver<>() {
          @Override
          public void onNext(GetResponse answer) {
            latencies[index] = System.nanoTime() - begun;
          }

          @Override
          public void onError(Throwable refused) {
            failure.set(refused);
            answered.countDown();
          }

          @Override
          public void onCompleted() {
            answered.countDown();
          }
        });
  }

  private static long percentile99(long[] latencies) {
    Arrays.sort(latencies);
    return latencies[latencies.length * 99 / 100];
  }
}
