package dev.prism.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.perf.load.Load;
import dev.prism.perf.load.Plan;
import dev.prism.perf.load.Tally;
import dev.prism.perf.servers.Certificate;
import dev.prism.perf.servers.EchoProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Ten million calls over one connection to an engine in a process of its own. */
@Tag("system")
class SoakTest {
  private static final long CALLS = 10_000_000;
  private static final long WARM = 1_000_000;
  private static final double MAX_GROWTH_BYTES = 8 << 20;

  @TempDir private Path directory;

  @Test
  @Timeout(value = 15, unit = TimeUnit.MINUTES)
  void tenMillionCallsOnOneConnectionAreAllAnsweredAndNothingIsLeftOfThem() throws Exception {
    try (EchoProcess server =
        EchoProcess.start("prism", Certificate.make(directory), /* profile= */ false)) {
      assertThat(run(server, WARM).failures()).isEmpty();
      double heap = server.liveHeapBytes();
      long threads = threads(server);

      Tally tally = run(server, CALLS);

      double grown = server.liveHeapBytes() - heap;
      System.out.printf(
          "soak: %,d calls answered on one connection, live heap %+,.0f bytes, threads %d to %d%n",
          tally.answered(), grown, threads, threads(server));
      assertThat(tally.failures()).isEmpty();
      assertThat(tally.answered()).isEqualTo(CALLS);
      assertThat(grown).isLessThan(MAX_GROWTH_BYTES);
      assertThat(threads(server)).isLessThanOrEqualTo(threads + 2);
    }
  }

  /** As many calls as there are, 64 at a time, each asked for once. */
  private static Tally run(EchoProcess server, long calls) throws Exception {
    AtomicLong left = new AtomicLong(calls);
    Plan echo = Measuring.echo(server, /* tls= */ false, 1, 64, 0);
    Plan plan =
        Plan.closed(
            1,
            64,
            i -> {
              Plan.Traffic traffic = echo.traffic().apply(i);
              return new Plan.Traffic(
                  traffic.request(), traffic.leastAnswer(), () -> left.getAndDecrement() - 1);
            });
    try (Load load = Load.open(server.address(false), null, plan)) {
      load.measure(true);
      load.start();
      while (load.await(TimeUnit.SECONDS.toNanos(1))) {
        // goes on until every call is answered
      }
      return load.stop();
    }
  }

  private static long threads(EchoProcess server) throws Exception {
    return Files.readAllLines(Path.of("/proc/" + server.pid() + "/status")).stream()
        .filter(line -> line.startsWith("Threads:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst()
        .orElseThrow();
  }
}
