package dev.prism.testservers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A NATS server with JetStream, Debian's, on a free port of loopback; or the one that {@code
 * PRISM_TEST_NATS_URL} names, which cannot be stopped from here.
 */
public final class NatsServer implements AutoCloseable {
  private static final String EXTERNAL = "PRISM_TEST_NATS_URL";

  private final String url;
  private final int port;
  private final Path directory;
  private @Nullable ServerProcess process;

  private NatsServer(String url, int port, Path directory) {
    this.url = url;
    this.port = port;
    this.directory = directory;
  }

  /** The one that the environment names, or a new and empty one. */
  public static NatsServer start() {
    String external = System.getenv(EXTERNAL);
    return external == null || external.isBlank()
        ? startOwn("")
        : new NatsServer(external, 0, Path.of("."));
  }

  /**
   * A new and empty one.
   *
   * @param more lines for its configuration file: users, TLS
   */
  public static NatsServer startOwn(String more) {
    try {
      Path parent = Files.createDirectories(DebianPackages.servers().resolve("data"));
      Path directory = Files.createTempDirectory(parent, "nats-");
      int port = ServerProcess.freePort();
      Files.writeString(
          directory.resolve("nats.conf"),
          """
          listen: "127.0.0.1:%d"
          max_payload: 2MB
          jetstream { store_dir: "%s" }
          %s
          """
              .formatted(port, directory.resolve("store"), more));
      NatsServer server = new NatsServer("nats://127.0.0.1:" + port, port, directory);
      server.startAgain();
      return server;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts it where it was stopped or killed: on the same port, with what it has kept. */
  public void startAgain() {
    Path binary = DebianPackages.unpacked("nats", "nats-server").resolve("usr/sbin/nats-server");
    process =
        ServerProcess.start(
            directory,
            Map.of(),
            List.of(binary.toString(), "-c", directory.resolve("nats.conf").toString()),
            () -> ServerProcess.listens(port));
  }

  /** Where it is, {@code nats://HOST:PORT}. */
  public String url() {
    return url;
  }

  /** The process; fails for one that was not started here. */
  public ServerProcess process() {
    ServerProcess running = process;
    if (running == null) {
      throw new IllegalStateException("the server that " + EXTERNAL + " names is not ours");
    }
    return running;
  }

  @Override
  public void close() {
    ServerProcess running = process;
    if (running != null) {
      running.close();
    }
  }
}
