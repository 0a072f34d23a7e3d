package dev.prism.perf.servers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a server has spent since it started, or between two times.
 *
 * @param cpuNanos user and system time, in steps of 10 ms on Linux
 * @param contextSwitches of the threads that live, voluntary or not; NaN where there is no /proc
 * @param allocatedBytes in its heap; NaN where it is not asked
 */
public record Counters(double cpuNanos, double contextSwitches, double allocatedBytes) {
  /** Of a process and its descendants. */
  public static Counters read(ProcessHandle process, double allocatedBytes) {
    List<ProcessHandle> all = Stream.concat(Stream.of(process), process.descendants()).toList();
    return new Counters(
        all.stream().mapToDouble(Counters::cpuNanos).sum(),
        all.stream().mapToDouble(Counters::contextSwitches).sum(),
        allocatedBytes);
  }

  public Counters since(Counters before) {
    return new Counters(
        cpuNanos - before.cpuNanos,
        contextSwitches - before.contextSwitches,
        allocatedBytes - before.allocatedBytes);
  }

  /** The memory that a process holds; NaN where there is no /proc. */
  public static double residentBytes(ProcessHandle process) {
    return field(proc(process).resolve("status"), "VmRSS:") * 1024;
  }

  /** How many threads a process has; NaN where there is no /proc. */
  public static double threads(ProcessHandle process) {
    return field(proc(process).resolve("status"), "Threads:");
  }

  /** User and system time so far, in steps of 10 ms on Linux. */
  public static double cpuNanos(ProcessHandle process) {
    return process.info().totalCpuDuration().orElse(Duration.ZERO).toNanos();
  }

  /** Of the threads that live, voluntary or not; NaN where there is no /proc. */
  public static double contextSwitches(ProcessHandle process) {
    try (Stream<Path> threads = Files.list(proc(process).resolve("task"))) {
      return threads
          .map(thread -> thread.resolve("status"))
          .mapToDouble(
              status ->
                  field(status, "voluntary_ctxt_switches:")
                      + field(status, "nonvoluntary_ctxt_switches:"))
          .filter(Double::isFinite)
          .sum();
    } catch (IOException e) {
      return Double.NaN;
    }
  }

  private static Path proc(ProcessHandle process) {
    return Path.of("/proc", Long.toString(process.pid()));
  }

  private static double field(Path status, String name) {
    try {
      return Files.readString(status)
          .lines()
          .filter(line -> line.startsWith(name))
          .mapToDouble(
              line -> Double.parseDouble(line.substring(name.length()).replace("kB", "").strip()))
          .findFirst()
          .orElse(Double.NaN);
    } catch (IOException e) {
      return Double.NaN; // no /proc, or a thread that has just ended
    }
  }
}
