package dev.prism.benchmarks;

import java.util.List;
import java.util.Map;

/**
 * A part with a cost on the path of every call, and the benchmark that measures it.
 *
 * @param name as the report and the baseline call it
 * @param method the benchmark's class and method
 * @param parameters of the benchmark
 */
record MicroPart(String name, String method, Map<String, String> parameters) {
  /** What all others are compared with. */
  static final MicroPart CALIBRATION =
      new MicroPart("calibration", "dev.prism.benchmarks.CalibrationBenchmark.mix", Map.of());

  /** All that are measured. */
  static final List<MicroPart> ALL =
      List.of(
          of("frame write", "dev.prism.link.FrameBenchmark.write"),
          of("frame read header", "dev.prism.link.FrameBenchmark.readHeader"),
          of("frame read body", "dev.prism.link.FrameBenchmark.readBody"),
          of("ring, one thread", "dev.prism.link.LaneBenchmark.call"),
          ring("ring call 256 B", "call", 256),
          ring("ring call 8 KiB", "call", 8192),
          ring("ring stream of 1000", "stream", 256),
          of("session lookup", "dev.prism.benchmarks.SessionBenchmark.authenticate"),
          of("rate limiter", "dev.prism.benchmarks.GateBenchmark.rateLimits"),
          of("resource scanner, one", "dev.prism.benchmarks.GateBenchmark.oneResource"),
          of("resource scanner, four", "dev.prism.benchmarks.GateBenchmark.severalResources"),
          trie("wildcard trie of 100", 100),
          trie("wildcard trie of 100000", 100_000),
          of("filter to SQL", "dev.prism.sdk.runtime.FilterBenchmark.toSql"),
          of("HPACK request, seen", "dev.prism.grpc.engine.HeaderBenchmark.requestSeenBefore"),
          of(
              "HPACK request, deadline",
              "dev.prism.grpc.engine.HeaderBenchmark.requestWithDeadline"),
          of("HPACK answer", "dev.prism.grpc.engine.HeaderBenchmark.answer"),
          of("HPACK failure", "dev.prism.grpc.engine.HeaderBenchmark.failure"));

  private static MicroPart of(String name, String method) {
    return new MicroPart(name, method, Map.of());
  }

  private static MicroPart ring(String name, String method, int bodyBytes) {
    return new MicroPart(
        name,
        "dev.prism.benchmarks.RingBenchmark." + method,
        Map.of("bodyBytes", Integer.toString(bodyBytes)));
  }

  private static MicroPart trie(String name, int patterns) {
    return new MicroPart(
        name,
        "dev.prism.benchmarks.PatternBenchmark.trie",
        Map.of("patterns", Integer.toString(patterns)));
  }
}
