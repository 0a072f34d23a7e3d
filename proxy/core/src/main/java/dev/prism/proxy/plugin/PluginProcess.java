package dev.prism.proxy.plugin;

import dev.prism.link.Link;
import dev.prism.link.LinkException;
import dev.prism.link.ShmLinkServer;
import dev.prism.proxy.config.ServerConfig;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;

/**
 * One life of a plugin process, with its link and its output. The link is closed the moment the
 * process ends, so that calls in flight fail at once; closing this ends the process, whatever it
 * does. Standard input is a pipe that nothing is written to: its end tells the plugin that the
 * proxy is gone (hazard 18).
 */
final class PluginProcess implements AutoCloseable {
  /**
   * The exit status of a plugin that must not be started again as it is: its configuration is
   * wrong, or its data is corrupt, of a newer version, or held by another process (EX_CONFIG of
   * sysexits.h). Its last line says which.
   */
  static final int EXIT_CONFIGURATION = 78;

  private final Process process;
  private final ShmLinkServer link;
  private final PluginOutput output;
  private final Thread reader;
  private final Instant startedAt;

  private PluginProcess(
      Process process, ShmLinkServer link, PluginOutput output, Thread reader, Instant startedAt) {
    this.process = process;
    this.link = link;
    this.output = output;
    this.reader = reader;
    this.startedAt = startedAt;
  }

  /**
   * Starts a process for {@code backend}. To be called by a thread that lives as long as the
   * process may: where the plugin asks the kernel to be told of its parent's death, the kernel
   * means the thread that started it.
   *
   * @param number which of the backend's processes it is
   * @param log where the process's output goes
   * @throws IOException where there is no such plugin, or it cannot be started
   */
  @SuppressWarnings("FutureReturnValueIgnored") // the exit's own action; nothing to wait for
  static PluginProcess start(
      PluginCommand command, ServerConfig.Backend backend, int number, OutputStream log)
      throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command.line(backend.type()));
    ShmLinkServer link = ShmLinkServer.create(command.link(), command.proxy());
    try {
      builder.environment().clear();
      builder.environment().putAll(command.environment(backend, number, link.descriptor()));
      builder.redirectErrorStream(true);
      Process process = builder.start();
      process.onExit().thenRun(link::close);
      PluginOutput output = new PluginOutput(process.getInputStream(), log);
      Thread reader =
          Thread.ofPlatform().name("plugin-output-" + backend.name()).daemon().start(output);
      return new PluginProcess(process, link, output, reader, Instant.now());
    } catch (IOException e) {
      link.close();
      throw e;
    }
  }

  /** Waits for the plugin's Hello. */
  Link awaitLink(Duration timeout) throws LinkException {
    return link.await(timeout);
  }

  long pid() {
    return process.pid();
  }

  Instant startedAt() {
    return startedAt;
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Waits for the end of the process, at most as long as given; says whether it has ended. */
  boolean awaitExit(Duration atMost) throws InterruptedException {
    return process.waitFor(atMost.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** Asks the process to finish what it has and end (SIGTERM). Its output stays open. */
  void terminate() {
    process.toHandle().destroy();
  }

  /** Ends the process (SIGKILL), as nothing but the kernel can. */
  void kill() {
    process.toHandle().destroyForcibly();
  }

  /** Whether the process, which has ended, said that starting it again as it is will not help. */
  boolean saysHopeless() {
    return process.exitValue() == EXIT_CONFIGURATION;
  }

  /**
   * Why the process, which has ended, did so, for an operator: its last line and, where that line
   * is not meant to explain it, its exit.
   */
  String lastWords() {
    int status = process.exitValue();
    String how =
        status > 128 ? "ended by signal " + (status - 128) : "exited with status " + status;
    String line = LogLine.message(output.lastLine());
    return line.isEmpty() ? how : saysHopeless() ? line : how + ", its last line: " + line;
  }

  /** Ends the process where it still runs, and waits until all it wrote has been passed on. */
  @Override
  public void close() {
    link.close();
    kill();
    boolean interrupted = false;
    try {
      process.waitFor();
      reader.join(Duration.ofSeconds(1)); // longer only where a grandchild holds the pipe
    } catch (InterruptedException e) {
      interrupted = true;
    }
    try {
      process.getOutputStream().close();
    } catch (IOException e) {
      // The pipe's other end is gone with the process.
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
