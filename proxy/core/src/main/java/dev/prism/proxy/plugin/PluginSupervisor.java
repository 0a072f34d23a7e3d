package dev.prism.proxy.plugin;

import dev.prism.link.ByteBudget;
import dev.prism.link.Hello;
import dev.prism.link.LinkConfig;
import dev.prism.proxy.config.ServerConfig;
import dev.prism.proxy.route.Plugins;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Runs one plugin process per backend instance of the configuration, each watched by a thread of
 * its own, so that none waits for another. Closing it ends them all; if the proxy dies without
 * that, each ends itself when its standard input does (hazard 18).
 */
public final class PluginSupervisor implements Plugins, AutoCloseable {
  /** Large answers that wait to be taken may hold this part of the heap, over all links. */
  private static final int REPLY_SHARE = 3;

  private static final Duration RECORDING_GRACE = Duration.ofMinutes(2);

  private final Map<String, SupervisedPlugin> plugins = new LinkedHashMap<>();

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
      supervisor.plugins.put(
          backend.name(),
          new SupervisedPlugin(backend, command, log, RandomGenerator.getDefault()));
    }
    supervisor.plugins.values().forEach(SupervisedPlugin::start);
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
    for (SupervisedPlugin plugin : plugins.values()) {
      plugin.awaitSettled(deadline);
    }
    return ready();
  }

  @Override
  public @Nullable Plugin find(String instance) {
    return plugins.get(instance);
  }

  @Override
  public Collection<? extends Plugin> all() {
    return Collections.unmodifiableCollection(plugins.values());
  }

  @Override
  public boolean ready() {
    return plugins.values().stream().allMatch(SupervisedPlugin::isReady);
  }

  /**
   * Ends every process: SIGTERM, the configured grace to finish what is in flight, then SIGKILL.
   * Returns when none is left.
   */
  @Override
  public void close() {
    plugins.values().forEach(SupervisedPlugin::stop);
    boolean interrupted = false;
    for (SupervisedPlugin plugin : plugins.values()) {
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
