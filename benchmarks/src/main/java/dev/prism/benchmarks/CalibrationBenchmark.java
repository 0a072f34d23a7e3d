package dev.prism.benchmarks;

import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What the other microbenchmarks' times are divided by: a fixed mix of arithmetic, allocation and
 * waiting for the cache that has nothing of Prism in it, so that the ratio says something of Prism
 * and little of the machine. Whoever changes it has to record the baseline again.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class CalibrationBenchmark {
  private static final int HASHED_BYTES = 4096;

  /** 256 KiB of places: more than the first cache holds, less than the second. */
  private static final int PLACES = 1 << 16;

  private static final int HOPS = 512;
  private static final int NODES = 64;
  private static final int CARRIED_BYTES = 256;

  private final byte[] hashed = new byte[HASHED_BYTES];
  private final int[] next = new int[PLACES];
  private int place;

  /** A link of a list, with something to carry. */
  private static final class Node {
    private final byte[] carried = new byte[CARRIED_BYTES];
    private final @Nullable Node before;

    private Node(@Nullable Node before) {
      this.before = before;
    }
  }

  /** Always the same bytes, and always the same way through all of the places. */
  public CalibrationBenchmark() {
    Random random = new Random(1);
    random.nextBytes(hashed);
    for (int i = 0; i < PLACES; i++) {
      next[i] = i;
    }
    for (int i = PLACES - 1; i > 0; i--) { // Sattolo's shuffle: one cycle
      int other = random.nextInt(i);
      int swapped = next[i];
      next[i] = next[other];
      next[other] = swapped;
    }
  }

  /** Each of the three takes about as long as the others. */
  @Benchmark
  public long mix() {
    return hash() + list() + hop();
  }

  /** FNV-1a, whose steps wait for each other: no instruction does several at once. */
  private long hash() {
    long hash = 0xcbf29ce484222325L;
    for (byte b : hashed) {
      hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
    }
    return hash;
  }

  private long list() {
    Node last = null;
    for (int i = 0; i < NODES; i++) {
      last = new Node(last);
      last.carried[i] = (byte) i;
    }
    long sum = 0;
    for (Node node = last; node != null; node = node.before) {
      sum += node.carried.length + node.carried[1];
    }
    return sum;
  }

  private long hop() {
    int at = place;
    for (int i = 0; i < HOPS; i++) {
      at = next[at];
    }
    place = at;
    return at;
  }
}
