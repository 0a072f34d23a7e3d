package dev.prism.perf.report;

/**
 * A point of a distribution.
 *
 * @param percent of what was counted, 0 to 100
 * @param micros took at most this many microseconds
 */
public record Percentile(double percent, double micros) {}
