package dev.prism.perf.servers;

import dev.prism.perf.report.Percentile;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.EOFException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

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
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElse("java"));
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(List.of("-XX:+UseG1GC", "-Xms64m", "-Xmx296m"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(DriverCallers.class.getName());
    command.add(directory.resolve("items.db").toString());
    command.addAll(
        List.of(Integer.toString(count), Integer.toString(keys), Integer.toString(payload)));
    ProcessBuilder callers = new ProcessBuilder(command).redirectError(log(directory).toFile());
    DriverProcess driver = new DriverProcess(callers.start(), directory);
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
          new Percentile(Double.parseDouble(numbers[i]), Double.parseDouble(numbers[i + 1]) / 1e3));
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
    try (BufferedWriter end = in) {
      end.flush();
    } catch (IOException e) {
      // It has ended already.
    }
    try {
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    try {
      ProxyProcess.delete(directory);
    } catch (IOException e) {
      System.err.println("perf: cannot remove " + directory + ": " + e);
    }
  }
}
