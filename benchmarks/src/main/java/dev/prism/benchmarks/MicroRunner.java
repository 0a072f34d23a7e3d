package dev.prism.benchmarks;

import dev.prism.benchmarks.MicroRun.Measurement;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Runs the microbenchmarks one after the other, each in JVMs of its own, with calibrations between.
 */
final class MicroRunner {
  /**
   * The proxy's options, a heap that does not grow while it is measured, and a compiler that is
   * waited for: beside other programs it would still be at work after the warm-up.
   */
  private static final String[] JVM = {
    "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
    "-XX:-UsePerfData",
    "-XX:+UseCompactObjectHeaders",
    "-XX:+UseSerialGC",
    "-Xms384m",
    "-Xmx384m",
    "-Xbatch"
  };

  /** Parts between two calibrations. */
  private static final int BETWEEN = 4;

  /** What JMH's profiler of collections calls the bytes of an operation. */
  private static final String ALLOCATED_BYTES = "gc.alloc.rate.norm";

  /**
   * Of many short iterations a cheap one counts: what else the machine does, even to its caches,
   * makes iterations dearer.
   */
  private static final double PERCENTILE = 10;

  private final Effort effort;
  private final PrintStream progress;

  /**
   * How long each benchmark runs.
   *
   * @param forks JVMs, one after the other
   * @param warmupMillis of each JVM, before what counts
   * @param iterations of each JVM
   * @param iterationMillis of each iteration
   */
  record Effort(int forks, int warmupMillis, int iterations, int iterationMillis) {}

  MicroRunner(Effort effort, PrintStream progress) {
    this.effort = effort;
    this.progress = progress;
  }

  /**
   * Measures the parts.
   *
   * @throws RunnerException when a benchmark fails
   */
  MicroRun run(List<MicroPart> parts) throws RunnerException {
    List<Measurement> measurements = new ArrayList<>();
    List<Double> calibrations = new ArrayList<>();
    for (MicroPart part : parts) {
      if (measurements.size() % BETWEEN == 0) {
        calibrations.add(measure(MicroPart.CALIBRATION).nanos());
      }
      measurements.add(measure(part));
    }
    calibrations.add(measure(MicroPart.CALIBRATION).nanos());
    return new MicroRun(measurements, calibrations);
  }

  private Measurement measure(MicroPart part) throws RunnerException {
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .include("^" + Pattern.quote(part.method()) + "$")
            .mode(Mode.AverageTime)
            .timeUnit(TimeUnit.NANOSECONDS)
            .forks(effort.forks())
            .warmupIterations(1)
            .warmupTime(TimeValue.milliseconds(effort.warmupMillis()))
            .measurementIterations(effort.iterations())
            .measurementTime(TimeValue.milliseconds(effort.iterationMillis()))
            .addProfiler(GCProfiler.class)
            .addProfiler(ProcessorTime.class)
            .jvmArgs(JVM)
            .shouldFailOnError(true)
            .verbosity(VerboseMode.SILENT);
    part.parameters().forEach((name, value) -> options.param(name, value));
    RunResult result = new Runner(options.build()).runSingle();
    Measurement measured =
        new Measurement(
            part.name(), low(result, ProcessorTime.LABEL), low(result, ALLOCATED_BYTES));
    progress.printf(
        Locale.ROOT,
        "%-24s %,12.1f ns %,10.1f B%n",
        measured.name(),
        measured.nanos(),
        measured.bytes());
    return measured;
  }

  private static double low(RunResult result, String profiled) {
    Result<?> iterations =
        Objects.requireNonNull(result.getSecondaryResults().get(profiled), profiled);
    return iterations.getStatistics().getPercentile(PERCENTILE);
  }
}
