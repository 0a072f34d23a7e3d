package dev.prism.perf.report;

import dev.prism.perf.gate.Verdict;
import java.util.List;
import java.util.Locale;

/** Verdicts of a sample report: of every kind of gate one, and at half the speed some that fail. */
final class SampleVerdicts {
  private SampleVerdicts() {}

  static List<Verdict> of(double speed, Run many, Run manyNetty) {
    double most = 1.5 * manyNetty.micros(99);
    return List.of(
        most("overhead-p50", "overhead at 10 000 calls/s, P50", 61 / speed, "µs", 2000, 100),
        most("overhead-p95", "overhead at 10 000 calls/s, P95", 188.4 / speed, "µs", 5000, 300),
        most("overhead-p99", "overhead at 10 000 calls/s, P99", 1240 / speed, "µs", 10_000, 1000),
        most("reply-p99", "reply to socket at 10 000 calls/s, P99", 312 / speed, "µs", 0, 500),
        least(
            "one-connection", "calls per second on one connection", 88_310 * speed, 10_000, 97_120),
        least("one-proxy", "calls per second, one proxy", 131_200 * speed, 79_450, 127_120),
        most("many-failed", "10 000 connections for a minute, calls that failed", 0, "calls", 1, 0),
        most("many-p99", "10 000 connections, P99", many.micros(99), "µs", 0, most),
        most("proxy-memory", "proxy, resident, with 10 000 connections", 352, "MB", 500, 400),
        most("plugin-memory", "the largest plugin, resident", 88 / Math.sqrt(speed), "MB", 100, 90),
        most("gate-and-router", "processor time of gate and router", 7.1, "%", 10, 10),
        required("bytes-per-call", "bytes allocated in the proxy for each call", 1318, "B", 1500),
        required("drained-threads", "threads more than before the load", 1, "threads", 4),
        required("silent-allocation", "allocated while nothing happens", 11.4, "KB/s", 64),
        new Verdict(
            "lock-free",
            "monitors entered, threads pinned, locks waited for between receipt and ring",
            speed < 0.5 ? Double.NaN : 0,
            "events per 1000 calls",
            "",
            true,
            "≤ 0",
            speed >= 0.5,
            false,
            "Counted by the flight recorder, which sees those of 20 µs and more."));
  }

  private static Verdict most(
      String gate, String title, double value, String unit, double rfc, double own) {
    return new Verdict(
        gate,
        title,
        value,
        unit,
        rfc == 0 ? "" : words("≤", rfc),
        rfc == 0 || value <= rfc,
        words("≤", own),
        value <= own,
        false,
        "");
  }

  private static Verdict least(String gate, String title, double value, double rfc, double own) {
    return new Verdict(
        gate,
        title,
        value,
        "calls/s",
        words("≥", rfc),
        value >= rfc,
        words("≥", own) + " (0.80 × " + gate + ".netty)",
        value >= own,
        false,
        "");
  }

  private static Verdict required(
      String gate, String title, double value, String unit, double own) {
    return new Verdict(gate, title, value, unit, "", true, words("≤", own), value <= own, true, "");
  }

  private static String words(String sign, double bound) {
    return String.format(Locale.ROOT, "%s %,.0f", sign, bound);
  }
}
