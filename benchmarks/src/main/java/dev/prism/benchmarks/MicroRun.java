package dev.prism.benchmarks;

import java.util.Collections;
import java.util.List;

/**
 * What one run measured.
 *
 * @param measurements of each part
 * @param calibrations what the calibration took at several times of the run, nanoseconds; at least
 *     one
 */
record MicroRun(List<Measurement> measurements, List<Double> calibrations) {
  /**
   * What one operation of a part costs.
   *
   * @param name of the part
   * @param nanos it takes
   * @param bytes it allocates
   */
  record Measurement(String name, double nanos, double bytes) {}

  MicroRun {
    measurements = List.copyOf(measurements);
    calibrations = List.copyOf(calibrations);
  }

  /** The median of the calibrations, nanoseconds. */
  double calibration() {
    List<Double> sorted = calibrations.stream().sorted().toList();
    int size = sorted.size();
    return (sorted.get((size - 1) / 2) + sorted.get(size / 2)) / 2;
  }

  /** How much longer the slowest calibration took than the fastest: 0.1 is a tenth. */
  double spread() {
    return Collections.max(calibrations) / Collections.min(calibrations) - 1;
  }

  /** How long the operation takes, in calibrations. */
  double ratio(Measurement measurement) {
    return measurement.nanos() / calibration();
  }
}
