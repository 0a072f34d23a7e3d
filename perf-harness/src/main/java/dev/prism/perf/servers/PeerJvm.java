package dev.prism.perf.servers;

import java.io.BufferedWriter;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The JVM of a peer: this one's class path, the options that the proxy has. */
final class PeerJvm {
  private static final long END_SECONDS = 30;

  /** As ./prism starts the proxy. */
  private static final List<String> HEAP = List.of("-XX:+UseG1GC", "-Xms64m", "-Xmx296m");

  private PeerJvm() {}

  /**
   * Starts one, whose standard input and output are pipes.
   *
   * @param log where its standard error goes
   * @param options more of the JVM's
   */
  static Process start(Class<?> main, Path log, List<String> options, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElse("java"));
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(HEAP);
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    Collections.addAll(command, arguments);
    return new ProcessBuilder(command).redirectError(log.toFile()).start();
  }

  /** Closes its standard input, which ends it, and waits for that. */
  static void end(Process process, BufferedWriter in) {
    try (BufferedWriter end = in) {
      end.flush();
    } catch (IOException e) {
      // It has ended already.
    }
    try {
      if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
