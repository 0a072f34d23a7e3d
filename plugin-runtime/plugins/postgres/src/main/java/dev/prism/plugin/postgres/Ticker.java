package dev.prism.plugin.postgres;

import dev.prism.status.PrismException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Does something each second on a thread of its own; a failure waits for the next second. */
final class Ticker implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Ticker.class);
  private static final int TICK_MILLIS = 1000;
  private static final long END_SECONDS = 5;

  private final CountDownLatch stopped = new CountDownLatch(1);
  private final Runnable tick;
  private final Thread thread;

  Ticker(String name, Runnable tick) {
    this.tick = tick;
    this.thread = Thread.ofPlatform().daemon().name(name).unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  /** Whether a tick that takes long is to end. */
  boolean isStopped() {
    return stopped.getCount() == 0;
  }

  private void run() {
    try {
      while (!stopped.await(TICK_MILLIS, TimeUnit.MILLISECONDS)) {
        try {
          tick.run();
        } catch (PrismException e) {
          LOG.debug("upkeep waits: {}", e.reason());
        } catch (RuntimeException e) {
          LOG.error("upkeep failed, and goes on", e);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits for a tick that is running, some seconds at most. */
  @Override
  public void close() {
    stopped.countDown();
    try {
      thread.join(TimeUnit.SECONDS.toMillis(END_SECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
