package dev.prism.perf.run;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordedStackTrace;
import jdk.jfr.consumer.RecordingFile;

/**
 * What a recording of a proxy under load shows.
 *
 * @param parts of the processor time that the process has used, the share of each part of the
 *     product, in percent; what no Java thread has used is the JVM's
 * @param blocked how often a thread between a request's receipt and the ring waited for a lock or a
 *     monitor, or kept its carrier
 * @param places where it did, most often first, with how often
 */
record Profile(Map<String, Double> parts, long blocked, List<String> places) {
  /** The part whose share has a bound (RFC 10.3). */
  static final String GATE_AND_ROUTER = "gate and router";

  private static final String JVM = "JVM: compiler, collector, and what was not sampled";

  /** Each sample stands for so much of a thread's processor time: see {@code profile.jfc}. */
  private static final double SAMPLE_SECONDS = 0.005;

  private static final int MOST_PLACES = 10;
  private static final int FRAMES_SHOWN = 6;

  /** By the beginning of a class's name, the most special first. */
  private static final List<Map.Entry<String, String>> PARTS =
      List.of(
          Map.entry("dev.prism.proxy.gate.", GATE_AND_ROUTER),
          Map.entry("dev.prism.proxy.route.", GATE_AND_ROUTER),
          Map.entry("dev.prism.proxy.session.", GATE_AND_ROUTER),
          Map.entry("dev.prism.proxy.auth.", GATE_AND_ROUTER),
          Map.entry("dev.prism.proxy.call.", "calls"),
          Map.entry("dev.prism.proxy.metrics.", "metrics"),
          Map.entry("io.prometheus.", "metrics"),
          Map.entry("dev.prism.proxy.", "other of the proxy"),
          Map.entry("dev.prism.link.", "link"),
          Map.entry("dev.prism.grpc.", "gRPC engine"),
          Map.entry("io.grpc.", "gRPC engine"),
          Map.entry("io.helidon.", "sockets"),
          Map.entry("sun.nio.ch.", "sockets"),
          Map.entry("java.util.concurrent.ForkJoin", "scheduling of virtual threads"),
          Map.entry("java.lang.VirtualThread", "scheduling of virtual threads"),
          Map.entry("jdk.internal.vm.Continuation", "scheduling of virtual threads"));

  /** Frames of what runs between the receipt of a request and its place on the ring. */
  private static final List<String> CALL_PATH =
      List.of("dev.prism.proxy.service.", "dev.prism.proxy.gate.", "dev.prism.proxy.route.");

  /**
   * Reads a recording.
   *
   * @param cpuSeconds that the process has used meanwhile
   */
  static Profile read(Path recording, double cpuSeconds) throws IOException {
    Map<String, Long> samples = new HashMap<>();
    Map<String, Long> places = new HashMap<>();
    long blocked = 0;
    try (RecordingFile file = new RecordingFile(recording)) {
      while (file.hasMoreEvents()) {
        RecordedEvent event = file.readEvent();
        List<String> frames = frames(event.getStackTrace());
        if (event.getEventType().getName().equals("jdk.CPUTimeSample")) {
          samples.merge(part(frames), 1L, Long::sum);
        } else if (frames.stream().anyMatch(frame -> startsWith(frame, CALL_PATH))) {
          blocked++;
          places.merge(place(event, frames), 1L, Long::sum);
        }
      }
    }
    Map<String, Double> shares = new TreeMap<>();
    samples.forEach((part, count) -> shares.put(part, count * SAMPLE_SECONDS / cpuSeconds * 100));
    double known = shares.values().stream().mapToDouble(Double::doubleValue).sum();
    shares.merge(JVM, Math.max(0, 100 - known), Double::sum);
    return new Profile(shares, blocked, most(places));
  }

  private static List<String> frames(RecordedStackTrace trace) {
    List<String> frames = new ArrayList<>();
    if (trace != null) {
      for (RecordedFrame frame : trace.getFrames()) {
        frames.add(frame.getMethod().getType().getName() + "." + frame.getMethod().getName());
      }
    }
    return frames;
  }

  /** The part of the innermost frame that is of one: what it calls of the JDK is its own. */
  private static String part(List<String> frames) {
    for (String frame : frames) {
      for (Map.Entry<String, String> part : PARTS) {
        if (frame.startsWith(part.getKey())) {
          return part.getValue();
        }
      }
    }
    return JVM;
  }

  private static boolean startsWith(String frame, List<String> prefixes) {
    return prefixes.stream().anyMatch(frame::startsWith);
  }

  private static String place(RecordedEvent event, List<String> frames) {
    return event.getEventType().getName()
        + ": "
        + frames.stream().limit(FRAMES_SHOWN).collect(Collectors.joining(" < "));
  }

  private static List<String> most(Map<String, Long> places) {
    return places.entrySet().stream()
        .sorted(Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder()))
        .limit(MOST_PLACES)
        .map(place -> place.getValue() + " × " + place.getKey())
        .toList();
  }
}
