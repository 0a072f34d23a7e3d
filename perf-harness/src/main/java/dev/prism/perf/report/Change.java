package dev.prism.perf.report;

/**
 * What became of a figure since the previous report.
 *
 * @param text with its sign; empty where there is nothing to compare with
 * @param trend {@code better}, {@code worse}, or empty where it is too small to call it that
 */
record Change(String text, String trend) {
  static final Change NONE = new Change("", "");

  /** Two runs of the same program on the same machine differ by as much. */
  private static final double NOISE = 0.05;

  static Change of(double now, double before, boolean lessIsBetter) {
    String text = Numbers.change(now, before);
    if (text.isEmpty() || Math.abs(now - before) <= NOISE * Math.abs(before)) {
      return new Change(text, "");
    }
    return new Change(text, now < before == lessIsBetter ? "better" : "worse");
  }

  boolean known() {
    return !text.isEmpty();
  }
}
