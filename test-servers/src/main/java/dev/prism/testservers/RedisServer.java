package dev.prism.testservers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A Redis server on a free port of loopback, Debian's build. Closing it ends it. Where {@code
 * PRISM_TEST_REDIS_URL} names a server, tests that need no more than one use that.
 */
public final class RedisServer implements AutoCloseable {
  /** The ACL user of {@link #secured}, who may do what the Redis plugin does, and no more. */
  public static final String USER = "prism";

  private static final String PROGRAM = "usr/bin/redis-check-rdb";

  private final Path directory;
  private final int port;
  private final List<String> settings;
  private final boolean tls;
  private @Nullable ServerProcess process;

  private RedisServer(Path directory, int port, List<String> settings, boolean tls) {
    this.directory = directory.toAbsolutePath();
    this.port = port;
    this.settings = settings;
    this.tls = tls;
  }

  /** The address of the server that the environment names. */
  public static Optional<String> given() {
    return Optional.ofNullable(System.getenv("PRISM_TEST_REDIS_URL")).filter(url -> !url.isBlank());
  }

  /**
   * Starts a server that syncs every write before it answers.
   *
   * @param directory made for it; its data is kept there
   * @param settings further ones, as {@code --maxmemory 64mb}
   */
  public static RedisServer durable(Path directory, String... settings) {
    List<String> all =
        new ArrayList<>(List.of("--appendonly", "yes", "--appendfsync", "always", "--save", ""));
    all.addAll(List.of(settings));
    int port = ServerProcess.freePort();
    all.addAll(List.of("--port", Integer.toString(port)));
    RedisServer server = new RedisServer(directory, port, all, false);
    server.start();
    return server;
  }

  /**
   * As {@link #durable}, but it speaks TLS alone, asks clients for a certificate of its own root,
   * and knows one user, {@value #USER}.
   *
   * @param rules what else the user may do, as an ACL has it: {@code ~* &* +@all}
   */
  public static RedisServer secured(Path directory, String password, String rules) {
    Path home = directory.toAbsolutePath();
    int port = ServerProcess.freePort();
    try {
      Files.createDirectories(home);
      SelfSigned.write(home, "server");
      Files.writeString(
          home.resolve("users.acl"),
          "user default off\nuser %s on >%s %s\n".formatted(USER, password, rules));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    List<String> settings =
        List.of(
            "--appendonly", "yes",
            "--appendfsync", "always",
            "--save", "",
            "--port", "0",
            "--tls-port", Integer.toString(port),
            "--tls-cert-file", "server.crt",
            "--tls-key-file", "server.key",
            "--tls-ca-cert-file", "server.crt",
            "--aclfile", "users.acl");
    RedisServer server = new RedisServer(home, port, settings, true);
    server.start();
    return server;
  }

  /** Starts it, again where it was stopped or killed, on the same port and data. */
  public void start() {
    Path programs = programs();
    List<String> command = new ArrayList<>();
    command.add(programs.resolve("usr/bin/redis-server").toString());
    command.addAll(List.of("--bind", "127.0.0.1", "--dir", directory.toString()));
    command.addAll(settings);
    Map<String, String> environment = new LinkedHashMap<>();
    environment.put("LD_LIBRARY_PATH", programs.resolve("usr/lib/x86_64-linux-gnu").toString());
    process = ServerProcess.start(directory, environment, command, this::answers);
  }

  /** Over TLS: takes connections. Otherwise: has read its files too. */
  private boolean answers() throws IOException {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
      if (tls) {
        return true;
      }
      socket.setSoTimeout(1000);
      socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
      byte[] answer = socket.getInputStream().readNBytes(7);
      return new String(answer, StandardCharsets.US_ASCII).equals("+PONG\r\n");
    }
  }

  /**
   * Debian's program is called redis-check-rdb, and is a server where it is called redis-server.
   */
  private static synchronized Path programs() {
    Path folder =
        DebianPackages.unpacked("redis", "redis-tools", "liblzf1", "libjemalloc2", "libatomic1");
    Path server = folder.resolve("usr/bin/redis-server");
    try {
      if (!Files.exists(server)) {
        Files.createSymbolicLink(server, folder.resolve(PROGRAM));
      }
    } catch (IOException e) {
      if (!Files.exists(server)) { // or another process was faster
        throw new UncheckedIOException(e);
      }
    }
    return folder;
  }

  /** {@code redis://127.0.0.1:PORT}, or with {@code rediss}. */
  public String url() {
    return (tls ? "rediss" : "redis") + "://127.0.0.1:" + port;
  }

  public int port() {
    return port;
  }

  /** The certificate of {@link #secured}, which is its own root, in PEM. */
  public Path certificate() {
    return directory.resolve("server.crt");
  }

  /** Its key, in PEM; clients may use both. */
  public Path key() {
    return directory.resolve("server.key");
  }

  /** The process, while it runs. */
  public ServerProcess process() {
    ServerProcess running = process;
    if (running == null) {
      throw new IllegalStateException("the server is not running");
    }
    return running;
  }

  /** SIGKILL: what a crash leaves. {@link #start} reads it again. */
  public void kill() {
    process().kill();
    process = null;
  }

  @Override
  public void close() {
    if (process != null) {
      process.close();
      process = null;
    }
  }
}
