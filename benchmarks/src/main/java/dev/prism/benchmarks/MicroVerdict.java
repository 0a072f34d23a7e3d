package dev.prism.benchmarks;

import dev.prism.benchmarks.MicroBaseline.Entry;
import dev.prism.benchmarks.MicroRun.Measurement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What became of one part since its baseline.
 *
 * @param name of the part
 * @param measurement of this run, or null where the run has no such part
 * @param ratio of this run; 0 without a measurement
 * @param baseline or null where there is none
 * @param failures what the gate holds against it; empty: it passes
 */
record MicroVerdict(
    String name,
    @Nullable Measurement measurement,
    double ratio,
    @Nullable Entry baseline,
    List<String> failures) {
  /** How many bytes more an operation may always allocate: what rounding hides. */
  private static final double BYTES_ROUNDING = 1;

  /** Which part of its bytes more an operation may allocate. */
  private static final double BYTES_SHARE = 0.02;

  MicroVerdict {
    failures = List.copyOf(failures);
  }

  /** Whether the gate lets it through. */
  boolean passes() {
    return failures.isEmpty();
  }

  /** Judges every part that the run or the baseline has, those of the run first. */
  static List<MicroVerdict> of(MicroRun run, MicroBaseline baseline) {
    List<MicroVerdict> verdicts = new ArrayList<>();
    for (Measurement each : run.measurements()) {
      Entry entry = baseline.entries().get(each.name());
      double ratio = run.ratio(each);
      List<String> failures =
          entry == null ? List.of("has no baseline") : failures(each, ratio, entry);
      verdicts.add(new MicroVerdict(each.name(), each, ratio, entry, failures));
    }
    baseline
        .entries()
        .forEach(
            (name, entry) -> {
              if (run.measurements().stream().noneMatch(each -> each.name().equals(name))) {
                verdicts.add(new MicroVerdict(name, null, 0, entry, List.of("was not measured")));
              }
            });
    return verdicts;
  }

  private static List<String> failures(Measurement now, double ratio, Entry then) {
    List<String> failures = new ArrayList<>();
    if (ratio > then.ratio() * then.margin()) {
      failures.add(
          String.format(
              Locale.ROOT,
              "takes %.2f x its baseline, %.2f x is allowed",
              ratio / then.ratio(),
              then.margin()));
    }
    double more = Math.max(BYTES_ROUNDING, then.bytes() * BYTES_SHARE);
    if (now.bytes() > then.bytes() + more) {
      failures.add(
          String.format(
              Locale.ROOT,
              "allocates %,.1f B, %,.1f B is allowed",
              now.bytes(),
              then.bytes() + more));
    }
    return failures;
  }
}
