package dev.prism.perf.run;

import dev.prism.perf.report.Run;

/** Ten thousand connections that call now and then. */
final class ManyConnections {
  private static final int CONNECTIONS = 10_000;
  private static final int WARMUP_SECONDS = 5;

  /**
   * On fewer processors no server answers 100 000 calls a second on 10 000 connections beside the
   * generator, bare grpc-netty least of all: each connection calls once a second there.
   */
  private static final int LARGE_MACHINE = 8;

  private ManyConnections() {}

  /**
   * The load, for this machine.
   *
   * @param calls what is called
   */
  static Scenario load(Scenario calls, double seconds) {
    int each = Runtime.getRuntime().availableProcessors() < LARGE_MACHINE ? 1 : 10;
    return new Scenario(
        "many-connections",
        "%,d connections, %d calls a second on each".formatted(CONNECTIONS, each),
        calls.backend(),
        calls.calls(),
        new Run.Offered(
            CONNECTIONS, 16, (double) CONNECTIONS * each, Subject.PAYLOAD, seconds, WARMUP_SECONDS),
        0);
  }
}
