package dev.prism.cli;

import ch.qos.logback.classic.Level;
import dev.prism.proxy.PrismServer;
import dev.prism.proxy.ServerStartException;
import dev.prism.proxy.config.ConfigErrors;
import dev.prism.proxy.config.Overrides;
import dev.prism.proxy.config.ServerConfig;
import dev.prism.proxy.config.ServerConfigLoader;
import dev.prism.proxy.log.Logging;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Option;

/** {@code prism up}: the proxy and its plugins, until SIGTERM or SIGINT. */
@picocli.CommandLine.Command(
    name = "up",
    header = "Starts the proxy and its plugins, in the foreground.",
    description = {
      "",
      "Prints one line when it serves; logs go to standard error as JSON lines. Ctrl-C or SIGTERM",
      "finishes what is in flight, ends the plugins and exits with status 0.",
      "",
      "Without --config it serves namespace 'default' on embedded SQLite, with files under --data,",
      "and a memory backend beside it, on 127.0.0.1 only.",
      "",
      "Examples:",
      "  prism up",
      "  prism config example > prism.yaml; prism up --config prism.yaml",
      "  prism up --port 0 --admin-port 0 --data /tmp/prism",
      ""
    })
final class UpCommand implements Callable<Integer> {
  private static final Logger LOG = LoggerFactory.getLogger(UpCommand.class);

  private final Console console;

  @Option(names = "--config", paramLabel = "FILE", description = "The configuration, YAML.")
  private @Nullable Path file;

  @Option(
      names = "--port",
      paramLabel = "N",
      description = "Where gRPC is served (default: 8980; 0: a free port).")
  private @Nullable Integer port;

  @Option(
      names = "--admin-port",
      paramLabel = "N",
      description = "Where administration is served, on loopback (default: 8981; 0: a free port).")
  private @Nullable Integer adminPort;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Where embedded backends keep their files (default: ./data).")
  private @Nullable Path data;

  @Option(
      names = "--listen",
      paramLabel = "ADDRESS",
      description = "The address to serve on (default: 127.0.0.1).")
  private @Nullable String listen;

  @Option(
      names = "--insecure",
      description = "Serve on an address that others can reach without asking who they are.")
  private boolean insecure;

  @Option(
      names = "--log-level",
      paramLabel = "LEVEL",
      defaultValue = "INFO",
      description = "The least that is logged: DEBUG, INFO, WARN or ERROR (default: INFO).")
  private String logLevel = "";

  UpCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    ServerConfig config = config(file, new Overrides(port, adminPort, data, listen, insecure));
    Logging.start(console.err(), Level.toLevel(logLevel, Level.INFO));
    Ending ending = Ending.onSignal();
    int status = Command.FAILED;
    try {
      serve(config);
      status = Command.OK;
    } catch (ServerStartException | RuntimeException e) {
      if (ending.isAsked()) {
        LOG.debug("a step of the start was interrupted by the signal", e);
        status = Command.OK;
      } else if (e instanceof RuntimeException unexpected) {
        throw unexpected;
      } else {
        console.err().println("prism: " + e.getMessage());
      }
    } finally {
      ending.with(status);
    }
    return status;
  }

  static ServerConfig config(@Nullable Path file, Overrides overrides) {
    try {
      return ServerConfigLoader.load(file, System.getenv(), overrides);
    } catch (ConfigErrors e) {
      throw new UserError(e.errors().stream().map(Object::toString).toList());
    }
  }

  /** The folder of the product, which the launcher tells. */
  static Path home() {
    String home = System.getenv("PRISM_HOME");
    if (home == null) {
      throw new UserError("PRISM_HOME does not say where the product is: start it with ./prism");
    }
    return Path.of(home);
  }

  private void serve(ServerConfig config) throws ServerStartException {
    try (PrismServer server =
        PrismServer.start(config, home(), Version.OF_PRODUCT, console.err())) {
      String host = config.server().listen();
      console
          .out()
          .printf(
              "prism ready: grpc %s:%d, admin http://127.0.0.1:%d%n",
              host.contains(":") ? "[" + host + "]" : host, server.port(), server.adminPort());
      console.out().flush();
      new CountDownLatch(1).await(); // until the signal's interrupt
    } catch (InterruptedException signal) {
      // What it asks for is done: the server is closed.
    }
  }

  /**
   * How the process ends on a signal: the thread that serves is interrupted, closes the server, and
   * says with what status to exit. A JVM that a signal ends would exit with 143 by itself, after
   * its hooks; halting at the end of ours is what makes it 0.
   */
  private static final class Ending {
    private final CountDownLatch ended = new CountDownLatch(1);
    private final AtomicInteger status = new AtomicInteger();
    private volatile boolean asked;

    static Ending onSignal() {
      Ending ending = new Ending();
      Thread serving = Thread.currentThread();
      Runtime.getRuntime()
          .addShutdownHook(
              Thread.ofPlatform().name("signal").unstarted(() -> ending.after(serving)));
      return ending;
    }

    private void after(Thread serving) {
      asked = true;
      serving.interrupt();
      boolean interrupted = true;
      while (interrupted) {
        try {
          ended.await();
          interrupted = false;
        } catch (InterruptedException e) {
          interrupted = true; // nobody interrupts a hook; and the server must be closed first
        }
      }
      Runtime.getRuntime().halt(status.get());
    }

    /** Whether a signal asked for the end. */
    boolean isAsked() {
      return asked;
    }

    /** Lets a signal that waits, or comes yet, end the process with this status. */
    void with(int exit) {
      status.set(exit);
      ended.countDown();
    }
  }
}
