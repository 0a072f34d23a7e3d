package dev.prism.perf.servers;

import dev.prism.perf.report.Percentile;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** {@link DriverCallers} in a process of their own, with the JVM options that the proxy has. */
public final class DriverProcess implements AutoCloseable {
  private final Process process;
  private final Path directory;
  private final BufferedReader out;
  private final BufferedWriter in;

  /**
   * What callers saw.
   *
   * @param calls that were answered
   * @param seconds that they took
   */
  public record Answer(long calls, double seconds, List<Percentile> latency) {}

  private DriverProcess(Process process, Path directory) {
    this.process = process;
    this.directory = directory;
    this.out = process.inputReader();
    this.in = process.outputWriter();
  }

  /**
   * Starts one and waits until its keys are written.
   *
   * @param work where its database goes, and its log
   */
  public static DriverProcess start(Path work, int count, int keys, int payload)
      throws IOException {
    Path directory = Files.createTempDirectory(work, "driver-");
    Process callers =
        PeerJvm.start(
            DriverCallers.class,
            log(directory),
            List.of(),
            directory.resolve("items.db").toString(),
            Integer.toString(count),
            Integer.toString(keys),
            Integer.toString(payload));
    DriverProcess driver = new DriverProcess(callers, directory);
    try {
      driver.line();
      return driver;
    } catch (IOException e) {
      driver.process.destroyForcibly();
      throw e; // the log is left
    }
  }

  /** Its process. */
  public ProcessHandle process() {
    return process.toHandle();
  }

  /** Has all callers call for so long. */
  public Answer run(boolean puts, double seconds) throws IOException {
    in.write((puts ? "put " : "get ") + seconds);
    in.newLine();
    in.flush();
    String[] numbers = line().split(" ", -1);
    List<Percentile> latency = new ArrayList<>();
    for (int i = 2; i < numbers.length; i += 2) {
      latency.add(
          new Percentile(Double.parseDouble(numbers[i]), Double.parseDouble(numbers[i + 1])));
    }
    return new Answer(Long.parseLong(numbers[0]), Double.parseDouble(numbers[1]), latency);
  }

  private String line() throws IOException {
    String line = out.readLine();
    if (line == null) {
      throw new EOFException("the callers of the driver ended; " + log(directory) + " may say why");
    }
    return line;
  }

  private static Path log(Path directory) {
    return directory.resolve("driver.log");
  }

  @Override
  public void close() {
    PeerJvm.end(process, in);
    try {
      ProxyProcess.delete(directory);
    } catch (IOException e) {
      System.err.println("perf: cannot remove " + directory + ": " + e);
    }
  }
}
