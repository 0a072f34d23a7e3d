package dev.prism.proxy.plugin;

import dev.prism.admin.v1.PluginState;
import dev.prism.link.Link;
import dev.prism.link.LinkException;
import dev.prism.plugin.v1.InfoResponse;
import dev.prism.plugin.v1.PluginRole;
import dev.prism.plugin.v1.ProvisionRequest;
import dev.prism.plugin.v1.ProvisionResponse;
import dev.prism.plugin.v1.ReadyResponse;
import dev.prism.proxy.config.ServerConfig;
import dev.prism.proxy.route.CallFailedException;
import dev.prism.proxy.route.Outcomes;
import dev.prism.proxy.route.Plugins;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * One process of a backend instance's plugin: a thread of its own starts the process, watches it
 * and starts it again. That thread lives as long as the supervisor, and is the only one that
 * changes what is known; everyone else reads one immutable {@link PluginView}.
 */
final class SupervisedPlugin implements Plugins.Plugin {
  private static final Logger LOG = LoggerFactory.getLogger(SupervisedPlugin.class);

  /** A process that has not said Hello after this long is ended: it hangs. */
  private static final Duration START_LIMIT = Duration.ofSeconds(30);

  /** Between questions for Ready, before the first yes and after it. */
  private static final Duration POLL_STARTING = Duration.ofMillis(20);

  private static final Duration POLL = Duration.ofSeconds(1);

  /** How long a plugin may take to answer Ready before it counts as stalled. */
  private static final Duration READY_LIMIT = Duration.ofSeconds(2);

  /** A link that is down and a process that ends come together; the exit then says why. */
  private static final Duration EXIT_LIMIT = Duration.ofMillis(500);

  private final ServerConfig.Backend backend;
  private final int process;
  private final PluginCommand command;
  private final OutputStream log;
  private final Backoff backoff;
  private final Thread thread;
  private final CountDownLatch stop = new CountDownLatch(1);

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private volatile PluginView view = PluginView.NEW;

  /**
   * @param process its number among those of the backend
   * @param log where the process's output goes
   */
  SupervisedPlugin(
      ServerConfig.Backend backend,
      int process,
      PluginCommand command,
      OutputStream log,
      RandomGenerator random) {
    this.backend = backend;
    this.process = process;
    this.command = command;
    this.log = log;
    this.backoff = new Backoff(random);
    this.thread = Thread.ofPlatform().name("plugin-" + name()).unstarted(this::supervise);
  }

  void start() {
    thread.start();
  }

  /** Begins the end: no further start, and SIGTERM to what runs. Does not wait. */
  void stop() {
    stop.countDown();
    PluginProcess process = view.process();
    if (process != null) {
      process.terminate();
    }
  }

  /** Waits until the process has ended; after the grace it was killed. */
  void awaitStopped() throws InterruptedException {
    thread.join();
  }

  @Override
  public String instance() {
    return backend.name();
  }

  @Override
  public String type() {
    return backend.type();
  }

  @Override
  public int process() {
    return process;
  }

  @Override
  public Set<PluginRole> roles() {
    return backend.processes().get(process);
  }

  /** What people call it: its backend instance's name, and its number where it has others. */
  private String name() {
    return backend.processes().size() == 1 ? backend.name() : backend.name() + "/" + process;
  }

  @Override
  public Plugins.@Nullable Incarnation live() {
    Plugins.Incarnation incarnation = view.incarnation();
    return incarnation == null || incarnation.link().state() == Link.State.DOWN
        ? null
        : incarnation;
  }

  @Override
  public Plugins.Incarnation current() {
    Plugins.Incarnation incarnation = live();
    if (incarnation == null) {
      throw unavailable(view.state());
    }
    return incarnation;
  }

  @Override
  public @Nullable InfoResponse info() {
    return view.info();
  }

  @Override
  public boolean isReady() {
    PluginView now = view;
    Plugins.Incarnation incarnation = now.incarnation();
    return now.state() == PluginState.PLUGIN_STATE_READY
        && incarnation != null
        && incarnation.link().state() == Link.State.UP;
  }

  @Override
  public Plugins.Incarnation awaitNext(long after, long deadlineNanos) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (true) {
        PluginView now = view;
        Plugins.Incarnation incarnation = now.incarnation();
        if (incarnation != null
            && incarnation.number() > after
            && incarnation.link().state() == Link.State.UP) {
          return incarnation;
        }
        long left = deadlineNanos - System.nanoTime();
        if (left <= 0
            || now.state() == PluginState.PLUGIN_STATE_CRASH_LOOP
            || now.state() == PluginState.PLUGIN_STATE_STOPPED) {
          throw unavailable(now.state());
        }
        // Bounded: a link that stalls and recovers changes its state without telling.
        changed.awaitNanos(Math.min(left, POLL.toNanos()));
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Plugins.Status status() {
    PluginView now = view;
    PluginProcess process = now.process();
    return new Plugins.Status(
        now.state(),
        now.info(),
        process == null ? 0 : process.pid(),
        process == null ? null : process.startedAt(),
        process == null ? 0 : ProcessMemory.residentBytes(process.pid()),
        Math.max(0, now.number() - 1),
        now.number(),
        now.failure(),
        now.failedAt());
  }

  @Override
  public String metrics(long deadlineNanos) {
    try {
      return PluginCalls.metrics(current().link(), deadlineNanos);
    } catch (LinkException e) {
      throw PrismException.of(
          Reason.PLUGIN_UNAVAILABLE,
          "plugin '%s' gives no metrics: %s".formatted(name(), e.getMessage()));
    }
  }

  @Override
  public ProvisionResponse provision(ProvisionRequest request, long deadlineNanos)
      throws CallFailedException {
    try {
      return PluginCalls.provision(current().link(), request, deadlineNanos);
    } catch (LinkException e) {
      throw new CallFailedException(Outcomes.of(e));
    }
  }

  /**
   * Waits until the plugin is ready, or has failed so often that waiting is no use.
   *
   * @throws PluginStartException where it says itself that it cannot run like this
   */
  void awaitSettled(long deadlineNanos) throws PluginStartException, InterruptedException {
    lock.lockInterruptibly();
    try {
      while (true) {
        PluginView now = view;
        if (now.hopeless()) {
          throw new PluginStartException(
              "backend '%s' (%s) cannot start: %s"
                  .formatted(name(), backend.type(), now.failure()));
        }
        long left = deadlineNanos - System.nanoTime();
        if (left <= 0
            || now.state() == PluginState.PLUGIN_STATE_READY
            || now.state() == PluginState.PLUGIN_STATE_CRASH_LOOP
            || now.state() == PluginState.PLUGIN_STATE_STOPPED) {
          return;
        }
        changed.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  private PrismException unavailable(PluginState state) {
    String how =
        switch (state) {
          case PLUGIN_STATE_STARTING -> "is starting; try again";
          case PLUGIN_STATE_CRASH_LOOP -> "keeps failing; its operator has to look";
          case PLUGIN_STATE_STOPPED -> "is stopped";
          default -> "ended and is started again; try again";
        };
    return PrismException.of(
        Reason.PLUGIN_UNAVAILABLE, "the plugin of backend '%s' %s".formatted(name(), how));
  }

  private void supervise() {
    try {
      boolean stopped = false;
      while (!stopped) {
        Ended ended = liveOnce();
        stopped = stopping() || stop.await(pauseAfter(ended).toNanos(), TimeUnit.NANOSECONDS);
      }
    } catch (InterruptedException e) {
      LOG.atError().addKeyValue("plugin", name()).log("supervision was interrupted");
    } finally {
      change(view.stopped());
    }
  }

  private boolean stopping() {
    return stop.getCount() == 0;
  }

  /**
   * How a life ended.
   *
   * @param why for an operator
   * @param hopeless starting the process again as it is will not help
   */
  private record Ended(Duration readyFor, String why, boolean hopeless) {}

  /** Starts a process, serves by it, and returns when it is gone. */
  private Ended liveOnce() throws InterruptedException {
    Watch watch = new Watch(backend.restartStalledAfter());
    PluginProcess started;
    try {
      started = PluginProcess.start(command, backend, process, log);
    } catch (IOException e) {
      return new Ended(Duration.ZERO, String.valueOf(e.getMessage()), true);
    }
    String why;
    try (started) {
      change(view.started(started));
      why = serve(started, watch);
      if (stopping()) {
        started.terminate(); // again: stop() may have come before there was a process to tell
        change(view.stopping());
        if (!started.awaitExit(command.grace())) {
          LOG.atWarn()
              .addKeyValue("plugin", name())
              .log("plugin did not end within {} ms and is killed", command.grace().toMillis());
        }
      }
    }
    Duration readyFor = watch.readyFor(System.nanoTime());
    return why.isEmpty()
        ? new Ended(readyFor, started.lastWords(), started.saysHopeless())
        : new Ended(readyFor, why, false);
  }

  /**
   * From Hello to the end of the process or the link.
   *
   * @return why the process has to be ended; empty where it ended by itself or the supervisor stops
   */
  private String serve(PluginProcess process, Watch watch) throws InterruptedException {
    Link link;
    InfoResponse info;
    try {
      long deadline = System.nanoTime() + START_LIMIT.toNanos();
      link = process.awaitLink(START_LIMIT);
      info = PluginCalls.info(link, deadline);
    } catch (LinkException e) {
      return process.awaitExit(EXIT_LIMIT) ? "" : "it did not say Hello: " + e.getMessage();
    }
    Plugins.Incarnation incarnation = new Plugins.Incarnation(view.number(), link);
    while (process.isAlive() && !stopping()) {
      if (link.state() == Link.State.DOWN) {
        return process.awaitExit(EXIT_LIMIT) ? "" : "it broke the link's protocol";
      }
      Readiness readiness = Readiness.of(link, view.state() == PluginState.PLUGIN_STATE_READY);
      watch.saw(link.state(), readiness.ready(), System.nanoTime());
      if (watch.stalledTooLong(System.nanoTime())) {
        return "it gave no heartbeat for " + backend.restartStalledAfter().toSeconds() + " s";
      }
      if (watch.wasReady()) {
        report(process, incarnation, info, readiness);
      }
      process.awaitExit(watch.wasReady() ? POLL : POLL_STARTING);
    }
    return "";
  }

  /** An answer to Ready, or what stands for it. */
  private record Readiness(boolean ready, String reason) {
    /**
     * Asks. A full link has no room to ask and tells nothing: the plugin beats, and has all the
     * calls that it takes.
     */
    static Readiness of(Link link, boolean wasReady) {
      if (link.state() == Link.State.STALLED) {
        return new Readiness(false, "it gives no heartbeat");
      }
      try {
        ReadyResponse answer = PluginCalls.ready(link, System.nanoTime() + READY_LIMIT.toNanos());
        return new Readiness(answer.getReady(), answer.getReason());
      } catch (LinkException e) {
        return e.kind() == LinkException.Kind.FULL
            ? new Readiness(wasReady, "it is busy")
            : new Readiness(false, "%s: %s".formatted(e.kind(), e.getMessage()));
      }
    }
  }

  private void report(
      PluginProcess process,
      Plugins.Incarnation incarnation,
      InfoResponse info,
      Readiness readiness) {
    boolean wasReady = view.state() == PluginState.PLUGIN_STATE_READY;
    if (readiness.ready() == wasReady || !process.isAlive()) {
      return;
    }
    LoggingEventBuilder event =
        (readiness.ready() ? LOG.atInfo() : LOG.atWarn())
            .addKeyValue("plugin", name())
            .addKeyValue("pid", process.pid())
            .addKeyValue("incarnation", incarnation.number());
    if (readiness.ready()) {
      event.log("plugin is ready");
      change(view.ready(incarnation, info));
    } else {
      event.log("plugin is stalled: {}", readiness.reason());
      change(view.stalled(readiness.reason()));
    }
  }

  private Duration pauseAfter(Ended ended) {
    Duration counted = backoff.afterEnd(ended.readyFor());
    boolean looping = ended.hopeless() || backoff.isCrashLoop();
    Duration pause = ended.hopeless() ? Backoff.LONGEST : counted;
    LOG.atError()
        .addKeyValue("plugin", name())
        .addKeyValue("restart_in_ms", pause.toMillis())
        .log("plugin {}: {}", looping ? "keeps failing" : "ended", ended.why());
    change(
        view.ended(
            looping ? PluginState.PLUGIN_STATE_CRASH_LOOP : PluginState.PLUGIN_STATE_RESTARTING,
            ended.why(),
            ended.hopeless()));
    return pause;
  }

  private void change(PluginView next) {
    lock.lock();
    try {
      view = next;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
