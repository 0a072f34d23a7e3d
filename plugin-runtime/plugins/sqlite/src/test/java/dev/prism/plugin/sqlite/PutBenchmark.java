package dev.prism.plugin.sqlite;

import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.sdk.keyvalue.Item;
import dev.prism.sdk.keyvalue.Key;
import dev.prism.sdk.keyvalue.Unit;
import dev.prism.sdk.keyvalue.Write;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/**
 * The store in a tight loop: durable puts of distinct keys in batches, then reads. Run it as
 * docs/sqlite.md shows.
 *
 * <p>Arguments: directory, seconds a figure, batch size, value bytes, keys in order or at random.
 */
final class PutBenchmark {
  private PutBenchmark() {}

  public static void main(String[] args) throws IOException {
    Path directory = Path.of(args[0]);
    int seconds = Integer.parseInt(args[1]);
    int batch = Integer.parseInt(args[2]);
    byte[] value = new byte[Integer.parseInt(args[3])];
    boolean ordered = args[4].equals("ordered");
    new Random(1).nextBytes(value);
    System.out.printf("fdatasync of 4 KiB: median %.0f us%n", syncMicros(directory));
    Path file = directory.resolve("benchmark.db");
    var settings = new SqliteSettings(file, 4, 0);
    try (SqliteStore store = SqliteStore.open(settings, InstantSource.system())) {
      SplittableRandom random = new SplittableRandom(7);
      long sequence = 0;
      for (int round = 0; round < 3; round++) {
        long cpu = cpuNanos();
        long begin = System.nanoTime();
        long end = begin + TimeUnit.SECONDS.toNanos(seconds);
        List<Long> latencies = new ArrayList<>();
        long puts = 0;
        long now = begin;
        while (now < end) {
          List<Unit> units = new ArrayList<>(batch);
          for (int i = 0; i < batch; i++) {
            long id = ordered ? sequence++ : random.nextLong();
            units.add(put(key(id), value));
          }
          long from = System.nanoTime();
          store.write("default", units);
          now = System.nanoTime();
          latencies.add(now - from);
          puts += batch;
        }
        long[] sorted = latencies.stream().mapToLong(Long::longValue).sorted().toArray();
        System.out.printf(
            "put: %,.0f/s, %.1f us of CPU each, batches of %d: p50 %.0f us, p99 %.0f us, max %.1f ms; log %,d KiB,"
                + " database %,d KiB%n",
            puts * 1e9 / (now - begin),
            (cpuNanos() - cpu) / 1e3 / puts,
            batch,
            sorted[sorted.length / 2] / 1e3,
            sorted[(int) (sorted.length * 0.99)] / 1e3,
            sorted[sorted.length - 1] / 1e6,
            Files.size(file.resolveSibling("benchmark.db-wal")) / 1024,
            Files.size(file) / 1024);
      }
      reads(store, seconds, 1, sequence);
      reads(store, seconds, batch, sequence);
    }
  }

  private static void reads(SqliteStore store, int seconds, int batch, long keys) {
    SplittableRandom random = new SplittableRandom(9);
    long begin = System.nanoTime();
    long end = begin + TimeUnit.SECONDS.toNanos(seconds);
    long reads = 0;
    long found = 0;
    while (System.nanoTime() < end) {
      List<Key> wanted = new ArrayList<>(batch);
      for (int i = 0; i < batch; i++) {
        String key = key(random.nextLong(Math.max(1, keys)));
        wanted.add(new Key("bench", key, key));
      }
      for (Item item : store.read("default", Consistency.STRONG, wanted, Long.MAX_VALUE)) {
        found += item == null ? 0 : 1;
      }
      reads += batch;
    }
    System.out.printf(
        "get: %,.0f/s in batches of %d (%d %% found)%n",
        reads * 1e9 / (System.nanoTime() - begin), batch, found * 100 / reads);
  }

  /** Formatting would cost as much as the put. */
  private static String key(long id) {
    return "key-" + Long.toHexString(id | Long.MIN_VALUE);
  }

  private static Unit put(String key, byte[] value) {
    return new Unit(
        List.of(
            new Write.Put(
                new Key("bench", key, key),
                value,
                "",
                Map.of(),
                new Write.Expiry.Never(),
                new Write.Condition.None())),
        false,
        null);
  }

  private static long cpuNanos() {
    return ProcessHandle.current().info().totalCpuDuration().orElseThrow().toNanos();
  }

  private static double syncMicros(Path directory) throws IOException {
    Path file = directory.resolve("sync.tmp");
    long[] times = new long[200];
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      ByteBuffer page = ByteBuffer.allocate(4096);
      for (int i = 0; i < times.length; i++) {
        channel.write(page.clear(), 0);
        long from = System.nanoTime();
        channel.force(false);
        times[i] = System.nanoTime() - from;
      }
    }
    Files.delete(file);
    Arrays.sort(times);
    return times[times.length / 2] / 1e3;
  }
}
