package dev.prism.benchmarks;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.prism.perf.load.Load;
import dev.prism.perf.load.Plan;
import dev.prism.perf.servers.EchoProcess;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.Map;

/** What connections cost a server that has not had any before: a process started for each round. */
final class IdleConnections {
  /** What a process has open besides connections, and some to spare. */
  private static final int OTHER_FILES = 200;

  private IdleConnections() {}

  /**
   * Looks whether a process may have so many connections; those that it starts get the same limit.
   *
   * @throws IllegalArgumentException when it may not, with what to do
   */
  static void require(int connections) {
    if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system
        && system.getMaxFileDescriptorCount() < connections + OTHER_FILES) {
      throw new IllegalArgumentException(
          connections
              + " connections need as many open files and "
              + OTHER_FILES
              + " more, and the limit is "
              + system.getMaxFileDescriptorCount()
              + ": raise it (ulimit -n "
              + (connections + OTHER_FILES)
              + ") or ask for fewer (connections=N)");
    }
  }

  /** Opens connections that carry nothing, and takes what the server has grown by. */
  static Figures measure(EchoProcess server, int connections) throws InterruptedException {
    Figures figures = new Figures();
    try {
      double heap = server.liveHeapBytes();
      double resident = server.residentBytes();
      Load load =
          Load.open(server.address(false), null, Measuring.echo(server, false, connections, 1, 0));
      try {
        double grown = server.liveHeapBytes() - heap;
        figures.put(Measure.HEAP_EACH, grown / connections);
        figures.put(Measure.RESIDENT_EACH, (server.residentBytes() - resident) / connections);
      } finally {
        load.close();
      }
    } catch (IOException e) {
      figures.failed(Map.of("not measured: " + e.getMessage(), 1L));
    }
    return figures;
  }

  /** Calls at a fixed rate on many connections; what the server holds by the end. */
  static Figures underLoad(EchoProcess server, int connections, int callsEach, double seconds)
      throws InterruptedException {
    Plan plan = Measuring.echo(server, false, connections, 16, (double) connections * callsEach);
    return Measuring.calls(server, false, plan, seconds)
        .put(Measure.RESIDENT, server.residentBytes() / 1e6);
  }
}
