package dev.prism.perf;

import java.io.PrintStream;
import java.util.Locale;

/** Says what is being measured, with the time since the beginning. */
final class Progress {
  private final PrintStream to;
  private final long begun = System.nanoTime();

  Progress(PrintStream to) {
    this.to = to;
  }

  void step(String what) {
    long seconds = (System.nanoTime() - begun) / 1_000_000_000;
    to.printf(Locale.ROOT, "[%d:%02d] %s%n", seconds / 60, seconds % 60, what);
  }
}
