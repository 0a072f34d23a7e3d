package dev.prism.perf.gate;

import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One bound of a value: {@code most 10}, {@code least 0.8 of KEY}.
 *
 * @param least whether it bounds the value from below
 * @param factor the bound, or what another value is multiplied by for it
 * @param of the other value's key; empty where the factor is the bound
 */
record Bound(boolean least, double factor, String of) {
  private static final Pattern TEXT =
      Pattern.compile("(least|most) ([0-9]+(?:\\.[0-9]+)?)(?: of ([a-z0-9.-]+))?");

  /**
   * Reads one.
   *
   * @throws IllegalArgumentException in a line for a person
   */
  static Bound parse(String text) {
    Matcher parts = TEXT.matcher(text);
    if (!parts.matches()) {
      throw new IllegalArgumentException(
          "'" + text + "' is no bound: it is 'most NUMBER' or 'least NUMBER', or that 'of KEY'");
    }
    return new Bound(
        parts.group(1).equals("least"),
        Double.parseDouble(parts.group(2)),
        parts.group(3) == null ? "" : parts.group(3));
  }

  /** Whether a value keeps to it; a value that is not known does not. */
  boolean holds(double value, Map<String, Double> values) {
    double bound = of.isEmpty() ? factor : factor * values.getOrDefault(of, Double.NaN);
    return least ? value >= bound : value <= bound;
  }

  /** It in words, with what it comes to. */
  String words(Map<String, Double> values) {
    String sign = least ? "≥ " : "≤ ";
    if (of.isEmpty()) {
      return sign + number(factor);
    }
    return "%s%s (%s × %s)"
        .formatted(sign, number(factor * values.getOrDefault(of, Double.NaN)), number(factor), of);
  }

  static String number(double value) {
    if (Double.isNaN(value)) {
      return "?";
    }
    if (value == Math.rint(value) || Math.abs(value) >= 100) {
      return String.format(Locale.ROOT, "%,.0f", value);
    }
    return String.format(Locale.ROOT, Math.abs(value) < 10 ? "%.2f" : "%.1f", value);
  }
}
