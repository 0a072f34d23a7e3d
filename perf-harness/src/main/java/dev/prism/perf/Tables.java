package dev.prism.perf;

import dev.prism.perf.gate.Verdict;
import dev.prism.perf.report.Run;
import dev.prism.perf.report.TextTable;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What was measured, for a terminal. */
final class Tables {
  private Tables() {}

  static void runs(List<Run> runs, PrintStream to) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(
        List.of(
            "scenario",
            "server",
            "calls/s",
            "p50 µs",
            "p99 µs",
            "p99.9 µs",
            "CPU µs/call",
            "failed"));
    for (Run run : runs) {
      double cpu = run.costs().values().stream().mapToDouble(Run.Cost::cpuMicros).sum();
      rows.add(
          List.of(
              run.scenario()
                  + (run.group().startsWith("sweep")
                      ? String.format(
                          Locale.ROOT,
                          " (%,d connections, %,.0f/s)",
                          run.load().connections(),
                          run.load().rate())
                      : ""),
              run.server(),
              number(run.callsPerSecond()),
              number(run.micros(50)),
              number(run.micros(99)),
              number(run.micros(99.9)),
              number(cpu),
              number(run.failures().values().stream().mapToDouble(Long::doubleValue).sum())));
    }
    TextTable.print(rows, /* numbers= */ true, to);
  }

  static void verdicts(List<Verdict> verdicts, PrintStream to) {
    if (verdicts.isEmpty()) {
      return;
    }
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("gate", "value", "RFC", "", "own bar", ""));
    for (Verdict verdict : verdicts) {
      rows.add(
          List.of(
              verdict.title(),
              number(verdict.value()) + " " + verdict.unit(),
              verdict.rfc(),
              verdict.rfc().isEmpty() ? "" : verdict.rfcHolds() ? "pass" : "FAIL",
              verdict.own(),
              verdict.own().isEmpty()
                  ? ""
                  : verdict.ownHolds() ? "pass" : verdict.required() ? "FAIL" : "short"));
    }
    to.println();
    TextTable.print(rows, /* numbers= */ false, to);
    long failed = verdicts.stream().filter(each -> !each.passes()).count();
    to.println(
        failed == 0
            ? "every gate passes"
            : failed + (failed == 1 ? " gate does not pass" : " gates do not pass"));
  }

  private static String number(double value) {
    if (Double.isNaN(value)) {
      return "-";
    }
    return String.format(Locale.ROOT, Math.abs(value) < 100 ? "%,.2f" : "%,.0f", value);
  }
}
