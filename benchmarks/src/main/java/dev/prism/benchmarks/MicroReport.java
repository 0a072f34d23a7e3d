package dev.prism.benchmarks;

import com.google.gson.GsonBuilder;
import dev.prism.benchmarks.MicroBaseline.Entry;
import dev.prism.benchmarks.MicroRun.Measurement;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Says what a run of the microbenchmarks showed, to people and to programs. */
final class MicroReport {
  private static final String ROW = "%-24s %12s %10s %10s %6s %10s %10s  %s%n";

  private MicroReport() {}

  /** A row for each part, and what the times were divided by. */
  static void table(MicroRun run, List<MicroVerdict> verdicts, PrintStream to) {
    to.printf(ROW, "", "ns/op", "ratio", "baseline", "x", "B/op", "baseline", "");
    for (MicroVerdict each : verdicts) {
      Measurement now = each.measurement();
      Entry then = each.baseline();
      to.printf(
          ROW,
          each.name(),
          now == null ? "-" : text("%,.1f", now.nanos()),
          now == null ? "-" : text("%.3g", each.ratio()),
          then == null ? "-" : text("%.3g", then.ratio()),
          now == null || then == null ? "-" : text("%.2f", each.ratio() / then.ratio()),
          now == null ? "-" : text("%,.1f", now.bytes()),
          then == null ? "-" : text("%,.0f", then.bytes()),
          each.passes() ? "pass" : "FAIL: " + String.join("; ", each.failures()));
    }
    to.printf(
        Locale.ROOT,
        "ratio: in calibrations of %,.0f ns, the median of %d in this run, the slowest %.0f %% over the fastest%n",
        run.calibration(),
        run.calibrations().size(),
        run.spread() * 100);
  }

  private static String text(String format, double number) {
    return String.format(Locale.ROOT, format, number);
  }

  /**
   * One JSON object with what the table has.
   *
   * @param origin of this run
   * @param baseline what it is judged by
   */
  static String json(
      MicroRun run,
      List<MicroVerdict> verdicts,
      Map<String, String> origin,
      MicroBaseline baseline) {
    Map<String, Object> all = new LinkedHashMap<>(origin);
    all.put("calibration_ns", run.calibrations());
    all.put("calibration_spread", run.spread());
    all.put("baseline", baseline.origin());
    all.put("parts", verdicts.stream().map(MicroReport::part).toList());
    return new GsonBuilder().disableHtmlEscaping().create().toJson(all);
  }

  private static Map<String, @Nullable Object> part(MicroVerdict verdict) {
    Measurement now = verdict.measurement();
    Map<String, @Nullable Object> part = new LinkedHashMap<>();
    part.put("name", verdict.name());
    if (now != null) {
      part.put("ns", now.nanos());
      part.put("ratio", verdict.ratio());
      part.put("bytes", now.bytes());
    }
    part.put("baseline", verdict.baseline());
    part.put("pass", verdict.passes());
    part.put("failures", verdict.failures());
    return part;
  }
}
