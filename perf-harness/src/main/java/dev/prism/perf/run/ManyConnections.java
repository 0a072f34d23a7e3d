package dev.prism.perf.run;

import dev.prism.perf.report.Run;
import java.io.IOException;
import java.util.function.Consumer;

/**
 * Ten thousand connections that call now and then, at a rate that bare grpc-netty can serve on this
 * machine: where it cannot, no figure of another server beside it would say anything.
 */
final class ManyConnections {
  static final int CONNECTIONS = 10_000;

  private static final int PROBE_SECONDS = 3;
  private static final int WARMUP_SECONDS = 5;
  private static final double SERVED = 0.95;

  private final Runner runner;
  private final Scenario calls;
  private final Consumer<String> progress;

  ManyConnections(Runner runner, Scenario calls, Consumer<String> progress) {
    this.runner = runner;
    this.calls = calls;
    this.progress = progress;
  }

  /** So many calls a second on each connection, for so long. */
  Scenario load(int callsEach, double seconds) {
    double rate = (double) CONNECTIONS * callsEach;
    return new Scenario(
        "many-connections",
        "%,d connections, %d calls a second on each".formatted(CONNECTIONS, callsEach),
        calls.backend(),
        calls.calls(),
        new Run.Offered(CONNECTIONS, 16, rate, Subject.PAYLOAD, seconds, WARMUP_SECONDS),
        0);
  }

  /**
   * The largest number of calls a second on each connection that a server can be asked for.
   *
   * @param callsEach what to try, the largest first; the last is taken without
   */
  int served(Runner.Target server, int... callsEach) throws IOException, InterruptedException {
    for (int i = 0; i < callsEach.length - 1; i++) {
      Scenario probe = load(callsEach[i], PROBE_SECONDS);
      Run run = runner.run(server, Peers.plan(server, probe), probe, "probe");
      progress.accept(
          "  %s answers %,.0f of %,.0f calls a second"
              .formatted(server.name(), run.callsPerSecond(), probe.offered().rate()));
      if (run.callsPerSecond() >= SERVED * probe.offered().rate()) {
        return callsEach[i];
      }
    }
    return callsEach[callsEach.length - 1];
  }
}
