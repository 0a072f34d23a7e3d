package dev.prism.perf.run;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

/**
 * What a proxy holds that nobody calls.
 *
 * @param streams of HTTP/2 on its data port, and calls that have not ended
 * @param threads of the platform
 * @param bufferBytes direct buffers
 */
record Quiet(double streams, double threads, double bufferBytes) {
  private static final int PATIENCE = 20;

  /** What it holds now. */
  static Quiet of(Runner runner, String metrics) throws IOException, InterruptedException {
    Metrics page = runner.scrape(metrics);
    return new Quiet(
        page.sum("prism_streams", "listener=\"data\"") + page.own("prism_requests_in_flight"),
        page.own("jvm_threads_current"),
        page.sum("jvm_buffer_pool_used_bytes", "pool=\"direct\""));
  }

  /** What it holds when streams are gone, which is waited for some seconds. */
  static Quiet drained(Runner runner, String metrics) throws IOException, InterruptedException {
    Quiet now = of(runner, metrics);
    for (int i = 0; i < PATIENCE && now.streams() > 0; i++) {
      TimeUnit.MILLISECONDS.sleep(500);
      now = of(runner, metrics);
    }
    return now;
  }
}
