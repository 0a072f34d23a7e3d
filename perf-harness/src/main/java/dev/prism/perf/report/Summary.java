package dev.prism.perf.report;

import dev.prism.perf.gate.Verdict;
import java.util.List;
import java.util.function.Predicate;

/**
 * The whole in a sentence.
 *
 * @param outcome {@code pass}, {@code short} (where a goal is missed that need not be met), {@code
 *     fail}, or {@code none}
 * @param failures what fails, each with what it was and what was asked for
 * @param scores how many of each kind of gate hold, and how many runs went well
 */
record Summary(String outcome, String sentence, List<Failure> failures, List<Score> scores) {
  record Failure(String gate, String title, String why) {}

  record Score(String title, long held, long all) {}

  static Summary of(Report report) {
    List<Verdict> verdicts = report.verdicts();
    long required = count(verdicts, Verdict::required);
    List<Score> scores =
        List.of(
            score("RFC gates", verdicts, Summary::hasRfc, Verdict::rfcHolds),
            score(
                required == 0 ? "Prism’s own bars" : "Own bars, required",
                verdicts,
                each -> hasOwn(each) && (each.required() || required == 0),
                Verdict::ownHolds),
            score(
                "Own bars, goals",
                verdicts,
                each -> required > 0 && hasOwn(each) && !each.required(),
                Verdict::ownHolds),
            new Score(
                "Runs without a failed call",
                report.runs().stream().filter(each -> each.failures().isEmpty()).count(),
                report.runs().size()));
    List<Failure> failures =
        verdicts.stream().filter(each -> !each.passes()).map(Summary::failure).toList();
    long fallen = count(verdicts, each -> !each.passes());
    long missed = count(verdicts, each -> hasOwn(each) && !each.ownHolds());
    return new Summary(
        verdicts.isEmpty() ? "none" : fallen > 0 ? "fail" : missed > 0 ? "short" : "pass",
        verdicts.isEmpty() ? "No gates were judged." : sentence(verdicts),
        failures,
        scores.stream().filter(each -> each.all() > 0).toList());
  }

  private static String sentence(List<Verdict> verdicts) {
    long gates = count(verdicts, Summary::hasRfc);
    long broken = count(verdicts, each -> !each.rfcHolds());
    long must = count(verdicts, each -> each.required() && !each.ownHolds());
    long own = count(verdicts, Summary::hasOwn);
    long missed = count(verdicts, each -> hasOwn(each) && !each.ownHolds() && !each.required());
    String first =
        gates == 0
            ? "No RFC gate was judged"
            : broken == 0
                ? "All RFC gates pass"
                : broken
                    + " of "
                    + gates
                    + (gates == 1 ? " RFC gate" : " RFC gates")
                    + verb(broken);
    String second =
        must == 0
            ? ""
            : "; "
                + must
                + " of Prism’s own bars that "
                + (must == 1 ? "is" : "are")
                + " required"
                + verb(must);
    String third =
        missed > 0
            ? "; %d of %d of Prism’s own bars %s short"
                .formatted(missed, own, missed == 1 ? "is" : "are")
            : own > 0 && must == 0 ? "; all of Prism’s own bars hold" : "";
    return first + second + third + ".";
  }

  private static String verb(long count) {
    return count == 1 ? " fails" : " fail";
  }

  private static Failure failure(Verdict verdict) {
    String was =
        Double.isNaN(verdict.value())
            ? "not measured"
            : Numbers.plain(verdict.value()) + " " + verdict.unit();
    String asked =
        verdict.rfcHolds()
            ? "Prism requires " + Numbers.respaced(verdict.own())
            : "the RFC asks for " + Numbers.respaced(verdict.rfc());
    return new Failure(verdict.gate(), verdict.title(), was.strip() + "; " + asked);
  }

  private static Score score(
      String title, List<Verdict> verdicts, Predicate<Verdict> which, Predicate<Verdict> holds) {
    return new Score(title, count(verdicts, which.and(holds)), count(verdicts, which));
  }

  private static long count(List<Verdict> verdicts, Predicate<Verdict> which) {
    return verdicts.stream().filter(which).count();
  }

  private static boolean hasRfc(Verdict verdict) {
    return !verdict.rfc().isEmpty();
  }

  private static boolean hasOwn(Verdict verdict) {
    return !verdict.own().isEmpty();
  }
}
