package dev.prism.benchmarks;

import dev.prism.perf.servers.ProxyCalls;
import dev.prism.perf.servers.ProxyProcess;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * KeyValue through the shipped product: starts {@code ./prism up} on free ports and a new data
 * directory, and measures durable puts and reads at 64 callers and at one, beside how long the disk
 * takes to sync and how many commits a put cost.
 */
public final class KeyValueBench {
  private static final int SYNCS = 400;
  private static final Set<String> OPTIONS = Set.of("backend", "rounds", "seconds", "warmup");

  /** What the memory plugin's heap holds many times. */
  private static final long MEMORY_KEYS = 100_000;

  /**
   * How many batches of writes there were, and how many writes in them: a batch is a commit, a
   * commit one sync.
   */
  private static final Pattern COMMITS =
      Pattern.compile("prism_plugin_batch_size_count\\{.*sqlite.*write.*");

  private static final Pattern WRITES =
      Pattern.compile("prism_plugin_batch_size_sum\\{.*sqlite.*write.*");

  private KeyValueBench() {}

  /**
   * Runs the whole set in about a minute and a half; or, where a backend is named, its comparison
   * with direct use ({@link KeyValueRounds}).
   *
   * @param args {@code seconds=N} of each load or round, default 10, or 5 with a backend; {@code
   *     backend=NAME}, and then {@code rounds=N}, default 5, and {@code warmup=N}, default 20
   */
  public static void main(String[] args) throws Exception {
    Map<String, String> options = new HashMap<>();
    for (String arg : args) {
      String[] pair = arg.split("=", 2);
      if (pair.length < 2 || !OPTIONS.contains(pair[0])) {
        throw new IllegalArgumentException("unknown option " + arg + "; there are " + OPTIONS);
      }
      options.put(pair[0], pair[1]);
    }
    String backend = options.get("backend");
    if (backend == null) {
      embedded(Integer.parseInt(options.getOrDefault("seconds", "10")));
    } else {
      new KeyValueRounds(
              Integer.parseInt(options.getOrDefault("seconds", "5")),
              Integer.parseInt(options.getOrDefault("rounds", "5")),
              Integer.parseInt(options.getOrDefault("warmup", "20")))
          .run(backend);
    }
  }

  private static void embedded(int seconds) throws IOException, InterruptedException {
    Path home = Path.of(System.getProperty("prism.home", "."));
    Path target = Files.createDirectories(home.resolve("benchmarks/target"));
    System.out.printf(
        Locale.ROOT, "fdatasync of 4 KiB appended: p50 %.2f ms%n", syncMillis(target));
    try (ProxyProcess prism = ProxyProcess.start()) {
      String endpoint = prism.endpoint();
      String metrics = prism.metrics();
      load(endpoint, "put", "default", 64, 1, seconds, metrics);
      load(endpoint, "put", "default", 64, 4, seconds, metrics);
      load(endpoint, "put", "default", 1, 1, seconds, metrics);
      load(endpoint, "get", "default", 64, 1, seconds, metrics);
      load(endpoint, "put", "memory", 64, 1, seconds, metrics);
      load(endpoint, "get", "memory", 64, 1, seconds, metrics);
      load(endpoint, "get", "memory", 1, 1, seconds, metrics);
    }
  }

  private static void load(
      String endpoint,
      String op,
      String config,
      int callers,
      int connections,
      int seconds,
      String metrics)
      throws IOException, InterruptedException {
    KeyValueLoad.Options options =
        KeyValueLoad.Options.parse(
            new String[] {
              "endpoint=" + endpoint,
              "op=" + op,
              "config=" + config,
              "callers=" + callers,
              "connections=" + connections,
              "warmup=" + Math.max(3, seconds / 2),
              "seconds=" + seconds,
              "keys=" + (config.equals("memory") ? MEMORY_KEYS : Long.MAX_VALUE)
            });
    double commitsBefore = ProxyCalls.metric(metrics, COMMITS);
    double writesBefore = ProxyCalls.metric(metrics, WRITES);
    System.out.print(KeyValueLoad.measure(options));
    double writes = ProxyCalls.metric(metrics, WRITES) - writesBefore;
    if (writes > 0 && config.equals("default")) {
      System.out.printf(
          Locale.ROOT,
          "; %.3f commits per put",
          (ProxyCalls.metric(metrics, COMMITS) - commitsBefore) / writes);
    }
    System.out.println();
  }

  private static double syncMillis(Path folder) throws IOException {
    Path file = Files.createTempFile(folder, "sync-", ".tmp");
    long[] nanos = new long[SYNCS];
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      ByteBuffer page = ByteBuffer.allocate(4096);
      for (int i = 0; i < SYNCS; i++) {
        page.clear();
        channel.write(page);
        long begun = System.nanoTime();
        channel.force(false);
        nanos[i] = System.nanoTime() - begun;
      }
    } finally {
      Files.delete(file);
    }
    Arrays.sort(nanos);
    return nanos[SYNCS / 2] / 1e6;
  }
}
