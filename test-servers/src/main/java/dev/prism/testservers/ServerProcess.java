package dev.prism.testservers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * One server of a backend, a process of its own that listens on loopback. Closing it ends it. A
 * server that was stopped or killed can be started again on the same port and files by starting
 * another with the same command.
 */
public final class ServerProcess implements AutoCloseable {
  private static final Duration READY_LIMIT = Duration.ofSeconds(60);
  private static final Duration END_LIMIT = Duration.ofSeconds(20);
  private static final int PROBE_MILLIS = 20;

  private final Process process;
  private final Path log;

  /** Whether the server answers now; throws or is false while it does not. */
  @FunctionalInterface
  public interface Probe {
    boolean isReady() throws Exception;
  }

  private ServerProcess(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  /**
   * Starts a server and waits until it is ready.
   *
   * @param directory where it runs, and where {@code server.log} gets what it prints
   * @throws IllegalStateException where it ends, or is not ready within a minute, with its log
   */
  public static ServerProcess start(
      Path directory, Map<String, String> environment, List<String> command, Probe ready) {
    Path log = directory.resolve("server.log");
    Process process;
    try {
      Files.createDirectories(directory);
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .directory(directory.toFile())
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
      builder.environment().putAll(environment);
      process = builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    ServerProcess server = new ServerProcess(process, log);
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
    server.await(ready);
    return server;
  }

  private void await(Probe ready) {
    long end = System.nanoTime() + READY_LIMIT.toNanos();
    while (!isReady(ready)) {
      if (!process.isAlive() || System.nanoTime() > end) {
        process.destroyForcibly();
        throw new IllegalStateException("the server did not get ready; it said:\n" + log());
      }
      try {
        Thread.sleep(PROBE_MILLIS);
      } catch (InterruptedException e) {
        process.destroyForcibly();
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
    }
  }

  private static boolean isReady(Probe ready) {
    try {
      return ready.isReady();
    } catch (Exception e) {
      return false; // whatever it is, the server does not answer yet
    }
  }

  /** Whether something accepts connections on a port of loopback. */
  public static boolean listens(int port) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** A port of loopback that nothing used a moment ago. */
  public static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The process's id. */
  public long pid() {
    return process.pid();
  }

  /** What the server has printed, in every start in this directory. */
  public String log() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** SIGSTOP: it is there and does nothing. */
  public void pause() {
    signal("STOP");
  }

  /** SIGCONT. */
  public void resume() {
    signal("CONT");
  }

  private void signal(String signal) {
    try {
      Process kill = new ProcessBuilder("kill", "-" + signal, Long.toString(pid())).start();
      if (kill.waitFor() != 0) {
        throw new IllegalStateException("kill -" + signal + " " + pid() + " failed");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** SIGKILL, and waits for the end. */
  public void kill() {
    process.destroyForcibly();
    awaitEnd();
  }

  /** SIGTERM, and after some seconds SIGKILL; waits for the end. */
  @Override
  public void close() {
    process.destroy();
    awaitEnd();
  }

  /** Waits for the end that a signal has begun, and after some seconds sends SIGKILL. */
  void awaitEnd() {
    try {
      if (!process.waitFor(END_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
