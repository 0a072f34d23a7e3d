package dev.prism.perf.run;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.prism.perf.servers.Counters;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/**
 * Flight Recorder in a process that runs, between two times. What it records costs some percent.
 */
final class Recording {
  private static final String NAME = "prism-perf";

  private final ProcessHandle process;
  private final Path folder;
  private final double cpuNanos;

  private Recording(ProcessHandle process, Path folder) {
    this.process = process;
    this.folder = folder;
    cpuNanos = Counters.cpuNanos(process);
  }

  /**
   * Begins.
   *
   * @param folder for the settings and the recording
   */
  static Recording start(ProcessHandle process, Path folder)
      throws IOException, InterruptedException {
    Path settings = folder.resolve("profile.jfc");
    try (InputStream in = Recording.class.getResourceAsStream("profile.jfc")) {
      Files.write(settings, Objects.requireNonNull(in, "profile.jfc").readAllBytes());
    }
    tell(process, "JFR.start", "name=" + NAME, "settings=" + settings);
    return new Recording(process, folder);
  }

  /** Ends it, and says what it shows. */
  Profile stop() throws IOException, InterruptedException {
    double cpuSeconds = (Counters.cpuNanos(process) - cpuNanos) / 1e9;
    Path file = folder.resolve("profile.jfr");
    Files.deleteIfExists(file);
    tell(process, "JFR.stop", "name=" + NAME, "filename=" + file);
    return Profile.read(file, cpuSeconds);
  }

  private static void tell(ProcessHandle process, String... command)
      throws IOException, InterruptedException {
    ProcessBuilder jcmd =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
            Long.toString(process.pid()));
    jcmd.command().addAll(List.of(command));
    Process running = jcmd.redirectErrorStream(true).start();
    String said = new String(running.getInputStream().readAllBytes(), UTF_8);
    if (running.waitFor() != 0) {
      throw new IOException(command[0] + " failed: " + said.strip());
    }
  }
}
