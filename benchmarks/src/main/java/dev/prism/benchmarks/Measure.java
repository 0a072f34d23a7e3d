package dev.prism.benchmarks;

/** What is measured of a server, and how a person reads it. */
enum Measure {
  CALLS("calls/s", "%,.0f"),
  MESSAGES("messages/s", "%,.0f"),
  P50("p50 us", "%,.0f"),
  P99("p99 us", "%,.0f"),
  P999("p99.9 us", "%,.0f"),
  BEHIND("not begun", "%,.0f"),
  CPU("CPU us/call", "%.2f"),
  CALLERS_CPU("callers' CPU us/call", "%.2f"),
  BATCHES("batches/call", "%.3f"),
  ALLOCATED("bytes/call", "%,.0f"),
  SWITCHES("switches/call", "%.3f"),
  CLIENT("client busy", "%.2f"),
  RESIDENT_EACH("resident bytes/conn", "%,.0f"),
  HEAP_EACH("live heap bytes/conn", "%,.0f"),
  RESIDENT("resident MB", "%,.0f");

  private final String title;
  private final String format;

  Measure(String title, String format) {
    this.title = title;
    this.format = format;
  }

  String title() {
    return title;
  }

  String format() {
    return format;
  }
}
