package dev.prism.perf.report;

import dev.prism.perf.gate.Verdict;
import org.jspecify.annotations.Nullable;

/**
 * A gate in the table.
 *
 * @param outcome {@code pass}, {@code short} or {@code fail}, of the whole row
 * @param rfc the specification's bound
 * @param own Prism's own
 */
record GateRow(
    String gate,
    String title,
    String value,
    String unit,
    String outcome,
    Bar rfc,
    Bar own,
    Change change,
    String remark) {
  /**
   * A bound and whether it holds.
   *
   * @param words empty where there is none
   * @param outcome as the row's
   * @param said that in a word
   */
  record Bar(String words, String outcome, String said) {
    boolean set() {
      return !words.isEmpty();
    }
  }

  static GateRow of(Verdict verdict, @Nullable Report previous) {
    boolean measured = Double.isFinite(verdict.value());
    Bar rfc = bar(verdict.rfc(), verdict.rfcHolds(), true);
    Bar own = bar(verdict.own(), verdict.ownHolds(), verdict.required());
    return new GateRow(
        verdict.gate(),
        verdict.title(),
        measured ? Numbers.plain(verdict.value()) : "not measured",
        measured ? verdict.unit() : "",
        !verdict.passes() ? "fail" : verdict.ownHolds() ? "pass" : "short",
        rfc,
        own,
        change(verdict, previous),
        Numbers.respaced(verdict.remark()));
  }

  private static Bar bar(String words, boolean holds, boolean required) {
    if (holds) {
      return new Bar(Numbers.respaced(words), "pass", "holds");
    }
    return new Bar(
        Numbers.respaced(words), required ? "fail" : "short", required ? "fails" : "short");
  }

  private static Change change(Verdict verdict, @Nullable Report previous) {
    if (previous == null) {
      return Change.NONE;
    }
    String bound = verdict.rfc().isEmpty() ? verdict.own() : verdict.rfc();
    return previous.verdicts().stream()
        .filter(each -> each.gate().equals(verdict.gate()))
        .findFirst()
        .map(each -> Change.of(verdict.value(), each.value(), !bound.startsWith("≥")))
        .orElse(Change.NONE);
  }
}
