package dev.prism.proxy.route;

import dev.prism.admin.v1.PluginState;
import dev.prism.link.Link;
import dev.prism.plugin.v1.InfoResponse;
import dev.prism.plugin.v1.PluginRole;
import dev.prism.plugin.v1.ProvisionRequest;
import dev.prism.plugin.v1.ProvisionResponse;
import dev.prism.status.PrismException;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The plugins as the router, the metrics and the admin service see them: one or more processes per
 * backend instance of the server's configuration, each with at most one live incarnation. The
 * supervisor implements it. The set of them is fixed while the server runs. Safe for any thread;
 * nothing but {@link Plugin#awaitNext}, {@link Plugin#metrics} and {@link Plugin#provision} blocks.
 */
public interface Plugins {
  /**
   * The processes of one instance, in the order of their numbers; empty where the configuration has
   * no instance of that name.
   */
  List<? extends Plugin> processes(String instance);

  /** The first process of one instance, or null where the configuration has none of that name. */
  default @Nullable Plugin find(String instance) {
    List<? extends Plugin> processes = processes(instance);
    return processes.isEmpty() ? null : processes.getFirst();
  }

  /** Every process, in the configuration's order. */
  Collection<? extends Plugin> all();

  /** Whether calls of every instance and role are served: what readiness follows. */
  boolean ready();

  /**
   * One process of a backend instance over all its incarnations. Asked on every call: holds no
   * lock.
   */
  interface Plugin {
    /** The instance's name. */
    String instance();

    /** Its number among those of the instance, from 0. */
    int process();

    /** What it is started for; at least one. */
    Set<PluginRole> roles();

    /** Whether it serves calls and its backend answers, as far as is known. */
    boolean isReady();

    /** The live incarnation, or null where there is none now. */
    @Nullable Incarnation live();

    /** What it says of itself, or null before it has answered for the first time. */
    @Nullable InfoResponse info();

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

    /**
     * Has the plugin bring a topic of queues into being, or say what it would do. Blocks.
     *
     * @throws CallFailedException with the plugin's own answer, or why there is none
     * @throws PrismException PLUGIN_UNAVAILABLE where it does not run
     */
    ProvisionResponse provision(ProvisionRequest request, long deadlineNanos)
        throws CallFailedException;
  }

  /**
   * One life of a plugin process.
   *
   * @param number 1 for the first, and one more for each that follows
   * @param link its link; DOWN for good once the process is gone
   */
  record Incarnation(long number, Link link) {}

  /**
   * What is known of a plugin at one moment.
   *
   * @param state where it stands
   * @param info what the plugin says of itself, or null before it has answered for the first time
   * @param pid the process; 0 where none runs
   * @param startedAt when this process was started, or null where none runs
   * @param residentBytes resident memory of the process; 0 where not known
   * @param restarts how often a process was started after the first
   * @param incarnation counts the processes, from 1
   * @param lastFailure why the process before ended or is not ready, for an operator; empty where
   *     nothing failed
   * @param lastFailureAt when that was, or null
   */
  record Status(
      PluginState state,
      @Nullable InfoResponse info,
      long pid,
      @Nullable Instant startedAt,
      long residentBytes,
      long restarts,
      long incarnation,
      String lastFailure,
      @Nullable Instant lastFailureAt) {}
}
