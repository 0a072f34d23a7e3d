package dev.prism.plugin.sqlite;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.prism.conformance.CallFailedException;
import dev.prism.sdk.keyvalue.UnitResult;
import dev.prism.status.PrismException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A store in a process of its own, so that system calls can fail beneath it and it can be killed.
 * Its commands are {@code put KEY VALUE} and {@code get KEY}; each is answered by one line.
 */
final class StoreProcess implements AutoCloseable {
  private static final String ANSWER = "answer: ";

  private final Process process;
  private final PrintWriter commands;
  private final BufferedReader answers;

  StoreProcess(Path file) throws IOException {
    process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx64m",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                StoreProcess.class.getName(),
                file.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    commands = new PrintWriter(process.getOutputStream(), true, UTF_8);
    answers = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
    answer();
  }

  public static void main(String[] args) throws IOException {
    PrintStream out = new PrintStream(System.out, true, UTF_8);
    SqliteStore store;
    try {
      store = Fixtures.open(Path.of(args[0]));
    } catch (DatabaseRefusedException e) {
      out.println(ANSWER + e.reason());
      return;
    }
    out.println(ANSWER + "open");
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      out.println(ANSWER + obey(store, line.split(" ", 3)));
    }
    // No close: the end of a process is the crash that the tests are about.
    Runtime.getRuntime().halt(0);
  }

  private static String obey(SqliteStore store, String[] words) {
    try {
      if (words[0].equals("get")) {
        return String.valueOf(Fixtures.value(store, words[1]));
      }
      UnitResult result =
          Fixtures.write(store, Fixtures.unit(Fixtures.put(words[1], Fixtures.bytes(words[2]))));
      return switch (result) {
        case UnitResult.Failed failed -> CallFailedException.reason(failed.status());
        default -> "done";
      };
    } catch (PrismException e) {
      return e.reason().name();
    }
  }

  String put(String key, String value) throws IOException {
    commands.println("put " + key + " " + value);
    return answer();
  }

  String get(String key) throws IOException {
    commands.println("get " + key);
    return answer();
  }

  private String answer() throws IOException {
    for (String line = answers.readLine(); line != null; line = answers.readLine()) {
      if (line.startsWith(ANSWER)) {
        return line.substring(ANSWER.length());
      }
    }
    throw new IOException("the process ended");
  }

  long pid() {
    return process.pid();
  }

  /** What a second process on the same file says. */
  static String firstWord(Path file) throws IOException {
    Process second =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                StoreProcess.class.getName(),
                file.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(second.getInputStream(), UTF_8))) {
      List<String> said = lines.lines().filter(line -> line.startsWith(ANSWER)).toList();
      return said.getFirst().substring(ANSWER.length());
    }
  }

  /** Ends the process with SIGKILL. */
  @Override
  public void close() {
    process.destroyForcibly();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        throw new IllegalStateException("the process does not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
