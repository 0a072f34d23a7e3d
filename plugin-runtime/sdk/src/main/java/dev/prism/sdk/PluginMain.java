package dev.prism.sdk;

import dev.prism.link.Hello;
import dev.prism.link.ParentDeath;
import dev.prism.link.PluginEnd;
import dev.prism.sdk.log.JsonLogging;
import dev.prism.sdk.runtime.PluginRuntime;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * The process of a plugin: opens the stores, attaches to the link, serves until it is told to stop,
 * finishes what is in flight.
 *
 * <p>It stops on SIGTERM or SIGINT, when the proxy closes the link, and when standard input reaches
 * its end, which is how a child sees that its parent died (hazard 18).
 */
public final class PluginMain {
  /** Exit code: stopped as asked. */
  public static final int EXIT_OK = 0;

  /** Exit code: the plugin or its link broke; the log says why. Starting again may help. */
  public static final int EXIT_FAILED = 1;

  /** Exit code: {@link PluginRefusedException}; starting again does not help. */
  public static final int EXIT_CONFIG = 78;

  private static final Logger LOG = LoggerFactory.getLogger(PluginMain.class);

  /** What stopping may take on top of the drain before the process is ended in any case. */
  private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(5);

  /** What stopping has to finish. */
  private record Serving(PluginRuntime runtime, PluginEnd link, Duration patience) {}

  /** Null until calls may come: there is nothing to finish then. */
  private volatile @Nullable Serving serving;

  /** What the process ends with where it ends by itself. */
  private volatile int status = EXIT_OK;

  private PluginMain() {}

  /**
   * Runs the plugin as this process and ends it; a plugin's {@code main} is this one call.
   *
   * @param args none are known: a plugin is configured by its environment (RFC 6.3)
   */
  public static void run(Plugin plugin, String... args) {
    Thread.setDefaultUncaughtExceptionHandler(PluginMain::lost);
    PluginMain main = new PluginMain();
    // First of all: whoever is told to stop while it opens its stores has stopped as asked, too.
    Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().name("stop").unstarted(main::stop));
    int status = main.serve(plugin, args, System.getenv(), System.in);
    main.status = status;
    System.exit(status);
  }

  private int serve(
      Plugin plugin, String[] args, Map<String, String> environment, InputStream stdin) {
    try {
      if (args.length > 0) {
        throw new PluginConfigException(
            "arguments", "none are known; a plugin is configured by its environment");
      }
      PluginConfig config = PluginConfig.of(environment);
      JsonLogging.level(config.choice("PRISM_LOG_LEVEL", Level.class).orElse(Level.INFO));
      JsonLogging.everyLine("plugin", plugin.name() + "/" + config.instance());
      if (config.process() > 0) {
        JsonLogging.everyLine("process", Integer.toString(config.process()));
      }
      String descriptor = config.required("PRISM_LINK");
      int port = config.integer("PRISM_PLUGIN_PORT", 0, 1, 65535);
      Duration patience = Duration.ofSeconds(config.integer("PRISM_DRAIN_SECONDS", 10, 0, 300));
      PluginRuntime runtime = PluginRuntime.start(plugin, config, InstantSource.system());
      PluginEnd link = PluginEnd.attach(descriptor, hello(plugin, runtime), runtime);
      if (port > 0) {
        LOG.info("health and metrics over gRPC on 127.0.0.1:{}", runtime.serveStandalone(port));
      }
      serving = new Serving(runtime, link, patience);
      return serve(plugin, link, stdin);
    } catch (PluginRefusedException e) {
      LOG.atError().setCause(e.getCause()).log(e.getMessage());
      return EXIT_CONFIG;
    } catch (IOException | RuntimeException e) {
      LOG.error("the plugin cannot serve", e);
      return EXIT_FAILED;
    }
  }

  private static Hello hello(Plugin plugin, PluginRuntime runtime) {
    return new Hello(
        Hello.LINK_VERSION,
        plugin.name(),
        plugin.version(),
        Set.of(),
        runtime.budget().maxMessageBytes(),
        runtime.budget().maxPendingBytes());
  }

  private static int serve(Plugin plugin, PluginEnd link, InputStream stdin) throws IOException {
    Thread.ofPlatform().name("parent").daemon().start(() -> awaitEnd(stdin));
    if (!ParentDeath.kills()) {
      LOG.debug("the kernel does not tell of the parent's death; the end of standard input does");
    }
    HeapPace.keep();
    LOG.atInfo()
        .addKeyValue("version", plugin.version())
        .addKeyValue("pid", ProcessHandle.current().pid())
        .log("serving");
    link.run();
    LOG.info("the link was closed");
    return EXIT_OK;
  }

  /** A thread that others wait for is gone: a new process serves them sooner than this one. */
  private static void lost(Thread thread, Throwable failure) {
    LOG.error("thread {} died; so does the process", thread.getName(), failure);
    Runtime.getRuntime().halt(EXIT_FAILED);
  }

  /** Ends the process when the parent has gone. */
  private static void awaitEnd(InputStream stdin) {
    try {
      stdin.transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      LOG.warn("standard input cannot be read; taken as its end", e);
    }
    LOG.info("standard input has ended: the parent is gone");
    System.exit(EXIT_OK);
  }

  /**
   * Runs when the virtual machine is told to exit, by a signal or by {@link System#exit}. It halts
   * itself, because a virtual machine that a signal ended would exit with 143.
   */
  private void stop() {
    Serving served = serving;
    boolean finished = served == null || finish(served);
    Runtime.getRuntime().halt(finished ? status : EXIT_FAILED);
  }

  /** Whether all calls were answered in time. */
  private static boolean finish(Serving served) {
    Duration patience = served.patience();
    Thread.ofPlatform()
        .name("stop-watch")
        .daemon()
        .start(
            () -> {
              try {
                Thread.sleep(patience.plus(CLOSE_PATIENCE));
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              Runtime.getRuntime().halt(EXIT_FAILED);
            });
    boolean finished = served.runtime().drain(patience);
    if (!finished) {
      LOG.warn("{} calls were not answered in {}", served.runtime().pending(), patience);
    }
    served.link().close();
    served.runtime().close();
    LOG.info("stopped");
    return finished;
  }
}
