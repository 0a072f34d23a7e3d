package dev.prism.perf.report;

import java.util.Locale;

/** Figures as the page writes them: thousands apart, three digits that say something, a unit. */
final class Numbers {
  /** Of a narrow space that no line is broken at. */
  private static final char THOUSANDS = '\u202f';

  static final String NONE = "–";

  private Numbers() {}

  /** A figure for a table; a dash where it is not known. */
  static String plain(double value) {
    if (!Double.isFinite(value)) {
      return NONE;
    }
    double size = Math.abs(value);
    if (value == Math.rint(value) || size >= 100) {
      return format("%,.0f", value);
    }
    return format(size < 10 ? "%.2f" : "%.1f", value);
  }

  /** How many. */
  static String count(long times) {
    return String.format(Locale.ROOT, "%,d", times).replace(',', THOUSANDS);
  }

  /** Microseconds in the unit that suits them. */
  static String latency(double micros) {
    if (!Double.isFinite(micros)) {
      return NONE;
    }
    if (micros < 999.5) {
      return digits(micros) + " µs";
    }
    return micros < 999_500 ? digits(micros / 1e3) + " ms" : digits(micros / 1e6) + " s";
  }

  /** A figure for an axis, where thousands are k. */
  static String brief(double value) {
    if (Math.abs(value) >= 1e6) {
      return trimmed(value / 1e6) + "M";
    }
    return Math.abs(value) >= 1e4 ? trimmed(value / 1e3) + "k" : trimmed(value);
  }

  /** Microseconds for an axis, whose marks are round. */
  static String tick(double micros) {
    if (micros < 1e3) {
      return trimmed(micros) + " µs";
    }
    return micros < 1e6 ? trimmed(micros / 1e3) + " ms" : trimmed(micros / 1e6) + " s";
  }

  /** Bytes as megabytes of a million, which the RFC's bounds are taken to be. */
  static String megabytes(double bytes) {
    return plain(Math.rint(bytes / 1e6));
  }

  /** Per cent. */
  static String percent(double share) {
    return format("%.1f", share) + " %";
  }

  /** How much a figure differs from an earlier one, with its sign; empty where one is not known. */
  static String change(double now, double before) {
    if (!Double.isFinite(now) || !Double.isFinite(before)) {
      return "";
    }
    if (before == 0) {
      return now == 0 ? "±0 %" : "was 0";
    }
    double percent = (now - before) / Math.abs(before) * 100;
    String size = format(Math.abs(percent) < 99.95 ? "%.1f" : "%,.0f", Math.abs(percent));
    return size.equals("0.0") ? "±0 %" : (percent < 0 ? "−" : "+") + size + " %";
  }

  /** A bound's words, whose thousands have commas, as the page has figures; signs keep theirs. */
  static String respaced(String text) {
    return text.replaceAll("(?<=\\d),(?=\\d{3})", String.valueOf(THOUSANDS))
        .replaceAll("([≤≥]) (?=\\d)", "$1\u00a0")
        .replaceAll("(?<=\\d) ×", "\u00a0×");
  }

  private static String digits(double value) {
    return format(value < 9.995 ? "%.2f" : value < 99.95 ? "%.1f" : "%,.0f", value);
  }

  private static String trimmed(double value) {
    return value == Math.rint(value)
        ? format("%,.0f", value)
        : format("%.2f", value).replaceAll("0+$", "");
  }

  private static String format(String how, double value) {
    return String.format(Locale.ROOT, how, value).replace(',', THOUSANDS);
  }
}
