package dev.prism.plugin.sqlite;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** A fault put under a running process's system calls by strace, until closed (hazard 24). */
final class SyscallFault implements AutoCloseable {
  private final Process strace;

  private SyscallFault(Process strace) {
    this.strace = strace;
  }

  /**
   * Every call of {@code calls} has {@code effect}: {@code error=EIO}, {@code delay_enter=100ms}.
   *
   * <p>Where there is no strace, or the system does not let it attach, the test is skipped, but
   * with {@code CI=true} it fails.
   */
  static SyscallFault in(long pid, String calls, String effect) throws IOException {
    List<String> command =
        List.of(
            "strace",
            "-f",
            "-o",
            "/dev/null", // what it traces; what it has to say itself is on its error output
            "-p",
            Long.toString(pid),
            "-e",
            "trace=" + calls,
            "-e",
            "inject=" + calls + ":" + effect);
    Process strace;
    try {
      strace = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      return unavailable("strace does not start: " + e.getMessage());
    }
    BufferedReader said =
        new BufferedReader(new InputStreamReader(strace.getInputStream(), StandardCharsets.UTF_8));
    List<String> lines = new ArrayList<>();
    for (String line = said.readLine(); line != null; line = said.readLine()) {
      lines.add(line);
      if (line.contains("attached")) {
        return new SyscallFault(strace);
      }
    }
    return unavailable("strace cannot attach: " + lines);
  }

  private static SyscallFault unavailable(String why) {
    if ("true".equals(System.getenv("CI"))) {
      throw new AssertionError(why + "; CI must have strace and the right to use it");
    }
    Assumptions.abort(why);
    throw new AssertionError(why);
  }

  @Override
  public void close() throws IOException {
    strace.destroy(); // SIGTERM: strace lets go of the process first
    try {
      if (!strace.waitFor(10, TimeUnit.SECONDS)) {
        throw new IOException("strace does not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
