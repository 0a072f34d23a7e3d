package dev.prism.perf;

import dev.prism.perf.gate.Gates;
import dev.prism.perf.gate.Verdict;
import dev.prism.perf.report.Report;
import dev.prism.perf.report.ReportJson;
import dev.prism.perf.report.ReportPage;
import dev.prism.perf.report.Run;
import dev.prism.perf.run.Runner;
import dev.prism.perf.run.Scenario;
import dev.prism.perf.run.Scenarios;
import dev.prism.perf.run.StandardSet;
import dev.prism.perf.run.Subject;
import dev.prism.perf.servers.ProxyProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ./prism bench}: see its {@code --help}. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    usageHelpAutoWidth = true,
    description = {
      "Measures the product on this machine: starts it on free ports of the loopback, puts loads on it, and writes a"
          + " report.",
      "Without a name: the standard set, what the release gates are about, in some ten minutes."
    },
    footerHeading =
        "%nDetailed comparisons, each with options of its own: engine, keyvalue, queue, link, micro, jmh.%n",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:measured; with --gate: every gate passes",
      "1:with --gate: a gate does not pass",
      "2:wrong arguments, or nothing could be measured"
    })
public final class Bench implements Callable<Integer> {
  @Parameters(
      arity = "0..*",
      paramLabel = "SCENARIO",
      description = "One or more of: ${COMPLETION-CANDIDATES}. Default: the standard set.",
      completionCandidates = ScenarioNames.class)
  private List<String> names = List.of();

  @Option(names = "--gate", description = "Judge the standard set by the gates.")
  private boolean gate;

  @Option(
      names = "--short",
      description = "Measure what the gates ask for alone, in some three minutes.")
  private boolean shortened;

  @Option(names = "--seconds", paramLabel = "N", description = "Of each SCENARIO's measurement.")
  private int seconds;

  @Option(
      names = "--connections",
      paramLabel = "N",
      description = "Of each SCENARIO; default: its own.")
  private int connections;

  @Option(
      names = "--streams",
      paramLabel = "N",
      description = "Calls in flight on each connection, at most; default: the SCENARIO's own.")
  private int streams;

  @Option(
      names = "--rate",
      paramLabel = "N",
      description =
          "Calls a second over all connections, in an open loop; default: the SCENARIO's own.")
  private int rate;

  @Option(
      names = "--output",
      paramLabel = "DIR",
      description = "Where report.html and report.json are written. Default: target/perf.")
  private @Nullable Path output;

  @Option(
      names = "--previous",
      paramLabel = "FILE",
      description = "A report.json to compare with. Default: what is in DIR from the last time.")
  private @Nullable Path previous;

  /** What scenarios there are. */
  static final class ScenarioNames extends ArrayList<String> {
    private static final long serialVersionUID = 1;

    ScenarioNames() {
      super(Scenarios.shipped().keySet());
    }
  }

  /**
   * Runs the command.
   *
   * @param args see {@code --help}
   */
  public static void main(String[] args) {
    Bench bench = new Bench();
    CommandLine line =
        new CommandLine(bench)
            .addSubcommand(new SoakCommand(bench))
            .setCommandName("prism bench")
            .setExecutionExceptionHandler(
                (e, _, _) -> {
                  System.err.println("prism bench: " + e.getMessage());
                  return 2;
                });
    System.exit(line.execute(args));
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    Progress progress = new Progress(System.err);
    List<Run> runs;
    Map<String, Double> values = Map.of();
    Map<String, Double> parts = Map.of();
    List<Verdict> verdicts = List.of();
    if (names.isEmpty()) {
      StandardSet set =
          new StandardSet(
              shortened ? StandardSet.Lengths.SHORT : StandardSet.Lengths.STANDARD,
              Map.of(),
              progress::step);
      set.run();
      runs = set.runs();
      values = set.values();
      parts = set.parts();
      verdicts = Gates.shipped().judge(values);
    } else {
      runs = scenarios(progress);
    }
    report(runs, values, verdicts, parts, options());
    boolean passes = verdicts.stream().allMatch(Verdict::passes);
    return gate && !passes ? 1 : 0;
  }

  /** Writes what was measured to the files and to the terminal. */
  void report(
      List<Run> runs,
      Map<String, Double> values,
      List<Verdict> verdicts,
      Map<String, Double> parts,
      String options)
      throws IOException {
    Path home = Path.of(System.getProperty("prism.home", "."));
    Path built = home.resolve("target/prism"); // of a checkout: an archive is the product itself
    write(
        new Report(
            About.digest(Files.exists(built) ? built : home),
            About.here(home, options),
            verdicts,
            values,
            runs,
            parts));
    Tables.runs(runs, System.out);
    Tables.verdicts(verdicts, System.out);
  }

  private List<Run> scenarios(Progress progress) throws IOException, InterruptedException {
    Map<String, Scenario> all = Scenarios.shipped();
    List<Scenario> wanted = new ArrayList<>();
    for (String name : names) {
      Scenario scenario = all.get(name);
      if (scenario == null) {
        throw new IllegalArgumentException(
            "there is no scenario '%s'; there are %s"
                .formatted(name, String.join(", ", all.keySet())));
      }
      wanted.add(scenario.with(offered(scenario.offered())));
    }
    List<Run> runs = new ArrayList<>();
    try (Runner runner = new Runner();
        Subject subject = Subject.start(Map.of())) {
      for (Scenario scenario : wanted) {
        progress.step(scenario.title());
        runs.add(runner.run(subject, scenario, "standard"));
      }
    }
    return runs;
  }

  private Run.Offered offered(Run.Offered own) {
    return new Run.Offered(
        connections > 0 ? connections : own.connections(),
        streams > 0 ? streams : own.streams(),
        rate > 0 ? rate : own.rate(),
        own.payloadBytes(),
        seconds > 0 ? seconds : own.seconds(),
        own.warmupSeconds());
  }

  private String options() {
    return (gate ? "--gate " : "")
        + (shortened ? "--short " : "")
        + given("--seconds", seconds)
        + given("--connections", connections)
        + given("--streams", streams)
        + given("--rate", rate)
        + String.join(" ", names);
  }

  private static String given(String option, int value) {
    return value > 0 ? String.format(Locale.ROOT, "%s %d ", option, value) : "";
  }

  private void write(Report report) throws IOException {
    Path folder = output == null ? ProxyProcess.work() : Files.createDirectories(output);
    Path json = folder.resolve("report.json");
    @Nullable Report last =
        previous == null ? left(json) : ReportJson.read(Files.readString(previous));
    Files.writeString(folder.resolve("report.html"), ReportPage.html(report, last));
    Files.writeString(json, ReportJson.write(report));
    System.out.println("report: " + folder.resolve("report.html").toAbsolutePath());
  }

  /** The report of the last time; null where there is none, or one of an older form. */
  private static @Nullable Report left(Path json) throws IOException {
    if (!Files.exists(json)) {
      return null;
    }
    try {
      return ReportJson.read(Files.readString(json));
    } catch (IllegalArgumentException e) {
      System.err.println("not compared with the last report: " + e.getMessage());
      return null;
    }
  }
}
