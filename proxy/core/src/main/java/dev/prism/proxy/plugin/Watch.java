package dev.prism.proxy.plugin;

import dev.prism.link.Link;
import java.time.Duration;

/**
 * What was seen of one life of a plugin: since when it is ready, and since when it has stalled.
 * Times are {@link System#nanoTime()}'s. Not safe for threads: the plugin's own thread has it.
 */
final class Watch {
  private final long restartStalledAfterNanos;
  private boolean wasReady;
  private long readySince;
  private boolean stalled;
  private long stalledSince;

  Watch(Duration restartStalledAfter) {
    this.restartStalledAfterNanos = restartStalledAfter.toNanos();
  }

  void saw(Link.State link, boolean ready, long now) {
    if (ready && !wasReady) {
      wasReady = true;
      readySince = now;
    }
    boolean stallsNow = link == Link.State.STALLED;
    if (stallsNow && !stalled) {
      stalledSince = now;
    }
    stalled = stallsNow;
  }

  /** Whether the plugin was ready once in this life. */
  boolean wasReady() {
    return wasReady;
  }

  /** How long ago it was first ready; zero where it never was. */
  Duration readyFor(long now) {
    return wasReady ? Duration.ofNanos(now - readySince) : Duration.ZERO;
  }

  /** Whether it has given no heartbeat for so long that it has to be ended. */
  boolean stalledTooLong(long now) {
    return stalled && now - stalledSince >= restartStalledAfterNanos;
  }
}
