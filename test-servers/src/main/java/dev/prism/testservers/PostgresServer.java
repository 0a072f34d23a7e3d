package dev.prism.testservers;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.tukaani.xz.XZInputStream;

/**
 * A PostgreSQL server with its durable settings, on a free port of loopback: fsync and
 * synchronous_commit are on. Closing ends it. Where {@code PRISM_TEST_POSTGRES_URL} names a server,
 * tests that need no more than one use that.
 */
public final class PostgresServer implements AutoCloseable {
  /** The superuser, who needs no password but where {@link #secured} started the server. */
  public static final String USER = "postgres";

  private static final String PROGRAMS = "/postgres-linux-x86_64.txz";

  private final Path directory;
  private final Path programs;
  private final int port;
  private final List<String> settings;
  private @Nullable ServerProcess process;

  private PostgresServer(Path directory, Path programs, List<String> settings) {
    this.directory = directory;
    this.programs = programs;
    this.port = ServerProcess.freePort();
    this.settings = settings;
  }

  /** The address of the server that the environment names. */
  public static Optional<String> given() {
    return Optional.ofNullable(System.getenv("PRISM_TEST_POSTGRES_URL"))
        .filter(url -> !url.isBlank());
  }

  /**
   * Starts a server that trusts whoever comes from loopback.
   *
   * @param directory made for it; its data is kept there
   * @param settings further ones, as {@code shared_buffers=64MB}
   */
  public static PostgresServer start(Path directory, String... settings) {
    PostgresServer server =
        new PostgresServer(directory.toAbsolutePath(), programs(), List.of(settings));
    server.init("trust", null);
    server.start();
    return server;
  }

  /**
   * Starts a server that speaks TLS alone and asks for a password (SCRAM).
   *
   * @param password the superuser's
   */
  public static PostgresServer secured(Path directory, String password) {
    Path home = directory.toAbsolutePath();
    PostgresServer server =
        new PostgresServer(
            home,
            programs(),
            List.of("ssl=on", "ssl_cert_file=server.crt", "ssl_key_file=server.key"));
    server.init("scram-sha-256", password);
    try {
      SelfSigned.write(home.resolve("data"), "server");
      Files.writeString(
          home.resolve("data/pg_hba.conf"), "hostssl all all 127.0.0.1/32 scram-sha-256\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.start();
    return server;
  }

  /** The certificate that the server of {@link #secured} shows; it is its own root. */
  public Path certificate() {
    return directory.resolve("data/server.crt");
  }

  /** {@code postgres://postgres@127.0.0.1:PORT/postgres}. */
  public String url() {
    return "postgres://%s@127.0.0.1:%d/postgres".formatted(USER, port);
  }

  /** The same for JDBC. */
  public String jdbcUrl() {
    return "jdbc:postgresql://127.0.0.1:%d/postgres?user=%s".formatted(port, USER);
  }

  private void init(String authentication, @Nullable String password) {
    try {
      Files.createDirectories(directory);
      List<String> command = new ArrayList<>(prefix());
      command.addAll(
          List.of(
              programs.resolve("bin/initdb").toString(),
              "--no-sync",
              "--no-instructions",
              "--encoding=UTF8",
              "--locale=C",
              "-A",
              authentication,
              "-U",
              USER,
              "-D",
              "data"));
      if (password != null) {
        Files.writeString(directory.resolve("password"), password + "\n");
        command.add("--pwfile=password");
      }
      run(command, directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts it, again where it was stopped or killed, on the same port and data. */
  public void start() {
    List<String> command = new ArrayList<>(prefix());
    command.addAll(
        List.of(
            programs.resolve("bin/postgres").toString(),
            "-D",
            "data",
            "-h",
            "127.0.0.1",
            "-p",
            Integer.toString(port),
            "-k",
            ""));
    for (String setting : settings) {
      command.add("-c");
      command.add(setting);
    }
    process = ServerProcess.start(directory, Map.of(), command, this::takesConnections);
  }

  /** A request for TLS is answered once connections are taken, with one byte. */
  private boolean takesConnections() throws IOException {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
      socket.setSoTimeout(1000);
      OutputStream out = socket.getOutputStream();
      out.write(new byte[] {0, 0, 0, 8, 4, (byte) 0xd2, 0x16, 0x2f});
      out.flush();
      return socket.getInputStream().read() > 0 && startedUp();
    }
  }

  private boolean startedUp() throws IOException {
    List<String> lines = Files.readAllLines(directory.resolve("data/postmaster.pid"));
    return lines.size() > 7 && lines.get(7).strip().equals("ready");
  }

  private ServerProcess running() {
    ServerProcess running = process;
    if (running == null) {
      throw new IllegalStateException("the server is not running");
    }
    return running;
  }

  /** SIGKILL for all its processes: what a crash leaves. {@link #start} recovers. */
  public void kill() {
    ServerProcess running = running();
    List<ProcessHandle> workers = workers();
    running.kill();
    for (ProcessHandle worker : workers) {
      worker.destroyForcibly();
      worker.onExit().orTimeout(20, TimeUnit.SECONDS).join();
    }
    process = null;
  }

  /** Ends it in order, but not waiting for its clients. */
  public void stop() {
    ServerProcess running = running();
    signal("INT", List.of(running.pid()));
    running.awaitEnd();
    process = null;
  }

  /** SIGSTOP for all its processes: it is there and does nothing. */
  public void pause() {
    signal("STOP", pids());
  }

  /** SIGCONT. */
  public void resume() {
    signal("CONT", pids());
  }

  private List<ProcessHandle> workers() {
    return ProcessHandle.of(running().pid()).stream().flatMap(ProcessHandle::descendants).toList();
  }

  private List<Long> pids() {
    List<Long> pids = new ArrayList<>(List.of(running().pid()));
    workers().forEach(worker -> pids.add(worker.pid()));
    return pids;
  }

  private static void signal(String signal, List<Long> pids) {
    List<String> command = new ArrayList<>(List.of("kill", "-" + signal));
    pids.forEach(pid -> command.add(Long.toString(pid)));
    try {
      // A worker may have ended since it was listed.
      new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start().waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** What it has printed. */
  public String log() {
    return running().log();
  }

  @Override
  public void close() {
    if (process != null) {
      stop();
    }
  }

  /** The server refuses to run as root: in a user namespace of its own it is nobody. */
  private static List<String> prefix() {
    return System.getProperty("user.name", "").equals("root")
        ? List.of("unshare", "--user")
        : List.of();
  }

  /** Unpacks the programs into the build's own folder, once. */
  private static synchronized Path programs() {
    Path parent = Path.of(System.getProperty("prism.home", ".")).resolve("target/servers");
    Path programs = parent.toAbsolutePath().resolve("postgres");
    if (Files.isDirectory(programs)) {
      return programs;
    }
    try (InputStream packed = PostgresServer.class.getResourceAsStream(PROGRAMS)) {
      if (packed == null) {
        throw new IllegalStateException("PostgreSQL's programs are not on the class path");
      }
      Files.createDirectories(parent);
      Path unpacked = Files.createTempDirectory(parent, "postgres-programs-");
      Process tar =
          new ProcessBuilder("tar", "-x", "-C", unpacked.toString())
              .inheritIO()
              .redirectInput(ProcessBuilder.Redirect.PIPE)
              .start();
      try (OutputStream to = tar.getOutputStream()) {
        new XZInputStream(packed).transferTo(to);
      }
      if (tar.waitFor() != 0) {
        throw new IllegalStateException("tar could not unpack PostgreSQL's programs");
      }
      Files.move(unpacked, programs, StandardCopyOption.ATOMIC_MOVE);
      return programs;
    } catch (IOException e) {
      if (Files.isDirectory(programs)) {
        return programs; // another process was faster
      }
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static void run(List<String> command, Path directory) throws IOException {
    Process process =
        new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (process.waitFor() != 0) {
        throw new IllegalStateException(command.getFirst() + " failed:\n" + said);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
