package dev.prism.perf.report;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleFunction;
import java.util.stream.DoubleStream;

/**
 * An axis of a chart.
 *
 * @param title what it shows, and the unit
 * @param low the value at its beginning
 * @param high the value at its end
 * @param logarithmic whether each factor of 10 is as long as the next
 * @param ticks what is written along it
 */
record Axis(String title, double low, double high, boolean logarithmic, List<Tick> ticks) {
  private static final double[] NAMED = {50, 90, 99, 99.9, 99.99, 99.999};

  record Tick(double value, String label) {}

  /** Where a value is, from 0 to 1. */
  double place(double value) {
    double share =
        logarithmic
            ? Math.log10(value / low) / Math.log10(high / low)
            : (value - low) / (high - low);
    return Math.clamp(share, 0, 1);
  }

  /** A percentile's place on the axis of percentiles: how many nines it has. */
  static double nines(double percent) {
    return -Math.log10(1 - percent / 100);
  }

  /** Percentiles up to 99.999, each further nine as long as the one before. */
  static Axis percentiles() {
    List<Tick> ticks = new ArrayList<>();
    for (double percent : NAMED) {
      ticks.add(new Tick(nines(percent), String.valueOf(percent).replace(".0", "")));
    }
    return new Axis("percentile of calls, %", 0, 5, false, ticks);
  }

  /** Latencies, logarithmic. */
  static Axis latencies(String title, DoubleStream micros) {
    return logarithmic(title + " (log)", micros, Numbers::tick);
  }

  /** From the round figure below the least value to the one above the largest. */
  static Axis logarithmic(String title, DoubleStream values, DoubleFunction<String> label) {
    double[] given = values.filter(each -> Double.isFinite(each) && each > 0).toArray();
    double low = round(DoubleStream.of(given).min().orElse(1), true);
    double high = round(DoubleStream.of(given).max().orElse(10), false);
    if (high / low < 9.99) {
      high = low * 10;
    }
    // Over more the marks between them would touch.
    double[] steps = Math.log10(high / low) > 2.5 ? new double[] {1} : new double[] {1, 2, 5};
    List<Tick> ticks = new ArrayList<>();
    for (double decade = Math.pow(10, Math.floor(Math.log10(low) + 1e-9));
        decade <= high * 1.001;
        decade *= 10) {
      for (double step : steps) {
        double value = step * decade;
        if (value >= low * 0.999 && value <= high * 1.001) {
          ticks.add(new Tick(value, label.apply(value)));
        }
      }
    }
    return new Axis(title, low, high, true, ticks);
  }

  /** From 0 to a round figure above the largest value. */
  static Axis linear(String title, DoubleStream values) {
    double highest = highest(values);
    double step = step(highest);
    return linear(title, Math.ceil(highest / step + 0.05) * step, step);
  }

  /** From 0 to the largest value. */
  static Axis whole(String title, DoubleStream values) {
    double highest = highest(values);
    return linear(title, highest, step(highest));
  }

  private static double highest(DoubleStream values) {
    return values.filter(each -> Double.isFinite(each) && each > 0).max().orElse(1);
  }

  private static Axis linear(String title, double high, double step) {
    List<Tick> ticks = new ArrayList<>();
    for (int i = 0; i * step <= high * 1.001; i++) {
      ticks.add(new Tick(i * step, Numbers.brief(i * step)));
    }
    return new Axis(title, 0, high, false, ticks);
  }

  /** About four steps to the highest, each 1, 2 or 5 times a power of 10. */
  private static double step(double highest) {
    return round(highest / 5, false);
  }

  private static double round(double value, boolean down) {
    double decade = Math.pow(10, Math.floor(Math.log10(value) + 1e-9));
    double digit = value / decade;
    if (down) {
      return decade * (digit >= 4.999 ? 5 : digit >= 1.999 ? 2 : 1);
    }
    return decade * (digit <= 1.001 ? 1 : digit <= 2.001 ? 2 : digit <= 5.001 ? 5 : 10);
  }
}
