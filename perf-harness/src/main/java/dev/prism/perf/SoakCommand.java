package dev.prism.perf;

import dev.prism.perf.gate.Verdict;
import dev.prism.perf.report.Run;
import dev.prism.perf.run.Soak;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ./prism bench soak}: the mixed load for hours, and what has drifted by then. */
@Command(
    name = "soak",
    mixinStandardHelpOptions = true,
    usageHelpAutoWidth = true,
    description =
        "Puts the scenario 'mixed' on the product for hours, a minute a round, and reports how memory, latency, threads"
            + " and streams have drifted from the second quarter to the last. Exit code 1 where one grew over its bound.")
final class SoakCommand implements Callable<Integer> {
  private final Bench bench;

  @Option(
      names = "--hours",
      paramLabel = "N",
      defaultValue = "1",
      description = "How long; parts of an hour, too. Default: ${DEFAULT-VALUE}.")
  private double hours;

  SoakCommand(Bench bench) {
    this.bench = bench;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (!(hours > 0 && hours <= 1000)) {
      throw new IllegalArgumentException("--hours is over 0 and at most 1000");
    }
    Progress progress = new Progress(System.err);
    Soak soak = Soak.run((long) (hours * 3600), progress::step);
    List<Run> runs = soak.rounds();
    List<Verdict> verdicts = soak.drift();
    bench.report(runs, soak.values(), verdicts, Map.of(), hoursOption());
    return verdicts.stream().allMatch(Verdict::passes) ? 0 : 1;
  }

  private String hoursOption() {
    return String.format(Locale.ROOT, "soak --hours %s", hours);
  }
}
