package dev.prism.proxy.plugin;

import dev.prism.link.ByteBudget;
import dev.prism.link.Hello;
import dev.prism.link.LinkConfig;
import dev.prism.plugin.v1.PluginRole;
import dev.prism.proxy.config.ServerConfig;
import dev.prism.proxy.route.Plugins;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * Runs the plugin processes of each backend instance of the configuration, each watched by a thread
 * of its own, so that none waits for another. Closing it ends them all; if the proxy dies without
 * that, each ends itself when its standard input does (hazard 18).
 */
public final class PluginSupervisor implements Plugins, AutoCloseable {
  /** Large answers that wait to be taken may hold this part of the heap, over all links. */
  private static final int REPLY_SHARE = 3;

  private static final Duration RECORDING_GRACE = Duration.ofMinutes(2);

  private final Map<String, List<SupervisedPlugin>> plugins = new LinkedHashMap<>();
  private final List<SupervisedPlugin> all = new ArrayList<>();

  private PluginSupervisor() {}

  /**
   * Starts every plugin and returns at once.
   *
   * @param home the folder of the product, with {@code plugins/TYPE/*.jar}
   * @param version the proxy's own version, told to the plugins
   * @param log where the processes' own log lines go, as they are
   */
  public static PluginSupervisor start(
      ServerConfig config, Path home, String version, OutputStream log) {
    PluginSupervisor supervisor = new PluginSupervisor();
    ByteBudget replies = new ByteBudget(Runtime.getRuntime().maxMemory() / REPLY_SHARE);
    Hello proxy =
        new Hello(
            Hello.LINK_VERSION,
            "proxy",
            version,
            Set.of(),
            config.server().maxMessageBytes(),
            replies.limit());
    PluginCommand command =
        new PluginCommand(
            home,
            config.data(),
            config.namespaces().values(),
            AotCache.isRecording() ? RECORDING_GRACE : config.server().shutdownGrace(),
            LinkConfig.defaults(replies),
            proxy);
    for (ServerConfig.Backend backend : config.backends().values()) {
      List<SupervisedPlugin> processes = new ArrayList<>();
      for (int i = 0; i < backend.processes().size(); i++) {
        processes.add(new SupervisedPlugin(backend, i, command, log, RandomGenerator.getDefault()));
      }
      supervisor.plugins.put(backend.name(), List.copyOf(processes));
      supervisor.all.addAll(processes);
    }
    supervisor.all.forEach(SupervisedPlugin::start);
    return supervisor;
  }

  /**
   * Waits until every plugin is ready, or keeps failing and so is left to the supervisor while the
   * others serve.
   *
   * @return whether all are ready
   * @throws PluginStartException where one says that it cannot run like this: its configuration or
   *     its data must be seen to first
   */
  public boolean awaitReady(Duration atMost) throws PluginStartException, InterruptedException {
    long deadline = System.nanoTime() + atMost.toNanos();
    for (SupervisedPlugin plugin : all) {
      plugin.awaitSettled(deadline);
    }
    return all.stream().allMatch(SupervisedPlugin::isReady);
  }

  @Override
  public List<? extends Plugin> processes(String instance) {
    return plugins.getOrDefault(instance, List.of());
  }

  @Override
  public Collection<? extends Plugin> all() {
    return Collections.unmodifiableList(all);
  }

  @Override
  public boolean ready() {
    return plugins.values().stream().allMatch(PluginSupervisor::serves);
  }

  /** Whether each role that a process of the instance plays is served by one that is ready. */
  private static boolean serves(List<SupervisedPlugin> processes) {
    Set<PluginRole> played = EnumSet.noneOf(PluginRole.class);
    Set<PluginRole> ready = EnumSet.noneOf(PluginRole.class);
    for (SupervisedPlugin process : processes) {
      played.addAll(process.roles());
      if (process.isReady()) {
        ready.addAll(process.roles());
      }
    }
    return ready.equals(played);
  }

  /**
   * Ends every process: SIGTERM, the configured grace to finish what is in flight, then SIGKILL.
   * Returns when none is left.
   */
  @Override
  public void close() {
    all.forEach(SupervisedPlugin::stop);
    boolean interrupted = false;
    for (SupervisedPlugin plugin : all) {
      while (true) {
        try {
          plugin.awaitStopped();
          break;
        } catch (InterruptedException e) {
          interrupted = true; // no process is left behind, whoever is in a hurry
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
