package dev.prism.perf.report;

import dev.prism.perf.gate.Verdict;
import java.util.List;
import java.util.Map;

/**
 * Everything one invocation measured. Its JSON form has these names.
 *
 * @param digest SHA-256 over the jars of the product that was measured, in hex
 * @param about machine, system, JVM, its flags, commit, date and options, by name
 * @param verdicts of the gates, in the file's order; empty where none were asked for
 * @param values what the gates are judged by, by key
 * @param runs in the order in which they were made
 * @param parts where a call's processor time in the proxy goes: of all samples of a profile so many
 *     per cent, by part; empty where no profile was made
 */
public record Report(
    String digest,
    Map<String, String> about,
    List<Verdict> verdicts,
    Map<String, Double> values,
    List<Run> runs,
    Map<String, Double> parts) {}
