package dev.prism.benchmarks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.openjdk.jmh.runner.RunnerException;

/**
 * The gate of the microbenchmarks, {@code ./prism bench micro}: runs each beside a calibration and
 * compares times and allocations with {@code benchmarks/baseline.yaml}. docs/benchmarks.md says how
 * to read it.
 */
public final class Micro {
  /** All parts take some three minutes so. */
  private static final MicroRunner.Effort EFFORT = new MicroRunner.Effort(2, 2000, 25, 40);

  private static final List<String> OPTIONS = List.of("--gate", "--record", "--json");

  private Micro() {}

  /**
   * Runs all of them.
   *
   * @param args {@code --gate}: exit with 1 where a part fails; {@code --record}: take what was
   *     measured as the baseline from now on; {@code --json}: the result for programs
   */
  public static void main(String[] args) throws IOException, RunnerException {
    Path home = Path.of(System.getProperty("prism.home", "."));
    Path file = home.resolve("benchmarks").resolve("baseline.yaml");
    MicroBaseline baseline;
    try {
      checkOptions(args);
      baseline =
          Files.exists(file) ? MicroBaseline.read(file) : new MicroBaseline(Map.of(), Map.of());
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      System.exit(2);
      return;
    }
    List<String> options = List.of(args);
    Map<String, String> origin = origin(home);
    MicroRun run = new MicroRunner(EFFORT, System.err).run(MicroPart.ALL);
    if (options.contains("--record")) {
      baseline = MicroBaseline.of(run, origin, baseline);
      baseline.write(file);
    }
    warnOfOthers(origin, baseline.origin());
    List<MicroVerdict> verdicts = MicroVerdict.of(run, baseline);
    if (options.contains("--json")) {
      System.out.println(MicroReport.json(run, verdicts, origin, baseline));
    } else {
      MicroReport.table(run, verdicts, System.out);
    }
    if (options.contains("--gate") && !verdicts.stream().allMatch(MicroVerdict::passes)) {
      System.exit(1);
    }
  }

  private static void checkOptions(String[] args) {
    for (String option : args) {
      if (!OPTIONS.contains(option)) {
        throw new IllegalArgumentException(
            "unknown option " + option + "; there are " + String.join(", ", OPTIONS));
      }
    }
  }

  /** Ratios of another kind of machine or another compiler are not those of this one. */
  private static void warnOfOthers(Map<String, String> here, Map<String, String> baseline) {
    for (String each : List.of("machine", "jdk")) {
      String recorded = baseline.get(each);
      if (recorded != null && !recorded.equals(here.get(each))) {
        System.err.printf(
            "The baseline's %s is %s and not %s: times may not compare.%n",
            each, recorded, here.get(each));
      }
    }
  }

  /** Where and of what this run is. */
  private static Map<String, String> origin(Path home) throws IOException {
    Map<String, String> origin = new LinkedHashMap<>();
    origin.put(
        "machine", processor() + ", " + Runtime.getRuntime().availableProcessors() + " processors");
    origin.put("jdk", Runtime.version().toString());
    origin.put("commit", commit(home));
    origin.put("date", LocalDate.now(ZoneOffset.UTC).toString());
    return origin;
  }

  private static String processor() throws IOException {
    Path about = Path.of("/proc/cpuinfo");
    if (Files.exists(about)) {
      try (Stream<String> lines = Files.lines(about)) {
        return lines
            .filter(line -> line.startsWith("model name"))
            .map(line -> line.substring(line.indexOf(':') + 1).strip())
            .findFirst()
            .orElse(System.getProperty("os.arch"));
      }
    }
    return System.getProperty("os.arch");
  }

  private static String commit(Path home) {
    try {
      Process git =
          new ProcessBuilder("git", "describe", "--always", "--dirty")
              .directory(home.toFile())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      String said = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      return said.isEmpty() ? "unknown" : said;
    } catch (IOException e) {
      return "unknown"; // no git here
    }
  }
}
