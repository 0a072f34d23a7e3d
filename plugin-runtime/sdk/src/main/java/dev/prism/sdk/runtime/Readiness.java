package dev.prism.sdk.runtime;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks the backend once a second whether it answers, on a thread of its own. */
final class Readiness implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Readiness.class);
  private static final long INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** Two pings may fail to come back before the backend counts as gone. */
  private static final long STALE_NANOS = 3 * INTERVAL_NANOS;

  private static final String SILENT = "the backend does not answer";

  private final Runnable ping;
  private final Thread thread;

  private volatile String problem = "the backend has not been asked yet";
  private volatile long answeredNanos = System.nanoTime();
  private volatile boolean closed;

  /**
   * @param ping throws where the backend does not answer
   */
  Readiness(Runnable ping) {
    this.ping = ping;
    this.thread = Thread.ofPlatform().name("ping").daemon().start(this::run);
  }

  /** Why calls would not be served now; empty where they would. Without the backend's own text. */
  String problem() {
    String last = problem;
    if (!last.isEmpty()) {
      return last;
    }
    return System.nanoTime() - answeredNanos > STALE_NANOS
        ? "the backend has not answered for more than 3 s"
        : "";
  }

  private void run() {
    while (!closed) {
      String before = problem;
      try {
        ping.run();
        answeredNanos = System.nanoTime();
        problem = "";
        if (before.equals(SILENT)) {
          LOG.info("the backend answers again");
        }
      } catch (RuntimeException e) {
        problem = SILENT;
        if (!before.equals(SILENT)) {
          LOG.warn(SILENT, e);
        }
      }
      LockSupport.parkNanos(this, INTERVAL_NANOS);
    }
  }

  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
  }
}
