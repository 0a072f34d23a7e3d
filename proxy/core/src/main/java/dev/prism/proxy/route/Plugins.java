package dev.prism.proxy.route;

import dev.prism.link.Link;
import dev.prism.status.PrismException;
import java.time.Instant;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * The plugins as the router, the metrics and the admin service see them: one per backend instance
 * of the server's configuration, each with at most one live incarnation. The supervisor implements
 * it. The set of instances is fixed while the server runs. Safe for any thread; nothing but {@link
 * Plugin#awaitNext} and {@link Plugin#metrics} blocks.
 */
public interface Plugins {
  /** The plugin of one instance, or null where the configuration has none of that name. */
  @Nullable Plugin find(String instance);

  /** Every plugin, in the configuration's order. */
  Collection<? extends Plugin> all();

  /** Whether every plugin has a link that is up: what readiness follows. */
  boolean ready();

  /**
   * One backend instance's plugin over all its incarnations. Asked on every call: holds no lock.
   */
  interface Plugin {
    /** The instance's name. */
    String instance();

    /** The backend's type, as configured: {@code memory}, {@code sqlite} ... */
    String type();

    /**
     * The live incarnation.
     *
     * @throws PrismException PLUGIN_UNAVAILABLE where there is none now
     */
    Incarnation current();

    /**
     * Waits for an incarnation that came after the one given, and is up. Called on a call's own
     * virtual thread when its link died under it.
     *
     * @param after the number of the incarnation that failed
     * @param deadlineNanos when to give up, on {@link System#nanoTime()}'s clock
     * @throws PrismException PLUGIN_UNAVAILABLE when there was none in time, at once where none
     *     will come (crash loop, shutdown)
     * @throws InterruptedException when the caller's thread is interrupted
     */
    Incarnation awaitNext(long after, long deadlineNanos) throws InterruptedException;

    /** What is known of the plugin now. */
    Status status();

    /**
     * The plugin's own metrics in the Prometheus text format, fetched over the link (RFC 6.2,
     * GetMetrics).
     *
     * @throws PrismException when the plugin does not answer by the deadline
     */
    String metrics(long deadlineNanos);
  }

  /**
   * One life of a plugin process.
   *
   * @param number 1 for the first, and one more for each that follows
   * @param link its link; DOWN for good once the process is gone
   */
  record Incarnation(long number, Link link) {}

  /** Where a plugin stands. */
  enum State {
    /** Started, and not yet ready. */
    STARTING,
    /** Its link is up and it says that it is ready. */
    READY,
    /** It runs but gives no heartbeat, or says that its backend is not ready. */
    STALLED,
    /** It ended and is started again after a pause. */
    BACKING_OFF,
    /** It ended too often in a row; it is tried again, at the longest pause. */
    CRASH_LOOP,
    /** Being drained, or ended with the server. */
    STOPPED
  }

  /**
   * What is known of a plugin at one moment.
   *
   * @param state where it stands
   * @param name the plugin's own name, from GetInfo; empty before the first answer
   * @param version the plugin's own version, from GetInfo; empty before the first answer
   * @param pid the process; 0 where there is none
   * @param startedAt when this incarnation started, or null where there is none
   * @param residentBytes resident memory of the process; 0 where not known
   * @param restarts how often it was started again
   * @param lastError why the last incarnation ended, for an operator; empty where none did
   */
  record Status(
      State state,
      String name,
      String version,
      long pid,
      @Nullable Instant startedAt,
      long residentBytes,
      long restarts,
      String lastError) {}
}
