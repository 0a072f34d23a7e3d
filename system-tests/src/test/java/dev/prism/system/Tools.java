package dev.prism.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Other people's programs, which tests run on Prism. They are kept in a folder that outlives a
 * test, so that the second run does not build them again.
 */
final class Tools {
  static final Path FOLDER = Prism.HOME.resolve("system-tests/target/tools");

  /** What a program left: its status and what it printed, standard error too. */
  record Ended(int status, String out, String err) {}

  private Tools() {}

  /** Skips the test where a program is not installed; fails it where CI must have it. */
  static void needs(String tool) {
    boolean found =
        List.of(System.getenv("PATH").split(":")).stream()
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, tool)));
    if ("true".equals(System.getenv("CI"))) {
      assertThat(found).as(tool + ", which CI must have").isTrue();
    }
    assumeTrue(found, tool + " is not installed");
  }

  /** Builds a Go program, such as {@code example.com/cmd/name@v1.2.3}, and says where it is. */
  static Path go(String program) throws IOException, InterruptedException {
    needs("go");
    String path = program.substring(0, program.indexOf('@'));
    Path folder = FOLDER.resolve(program.replace('/', '_'));
    Files.createDirectories(folder);
    run(
        folder,
        Map.of("GOBIN", folder.toString(), "GOFLAGS", "-mod=mod"),
        "go",
        "install",
        program);
    return folder.resolve(path.substring(path.lastIndexOf('/') + 1));
  }

  /** Runs a program that must succeed within ten minutes, and gives what it printed. */
  static String run(Path folder, Map<String, String> environment, String... command)
      throws IOException, InterruptedException {
    Ended ended = end(folder, environment, command);
    assertThat(ended.status()).as(String.join(" ", command) + "\n" + ended.err()).isZero();
    return ended.out();
  }

  /** Runs a program that must end within ten minutes. */
  static Ended end(Path folder, Map<String, String> environment, String... command)
      throws IOException, InterruptedException {
    Files.createDirectories(FOLDER);
    Path out = Files.createTempFile(FOLDER, "run-", ".out");
    Path err = Files.createTempFile(FOLDER, "run-", ".err");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().putAll(environment);
    Process process = builder.start();
    if (!process.waitFor(10, TimeUnit.MINUTES)) {
      process.destroyForcibly();
      throw new IllegalStateException("still running after ten minutes: " + List.of(command));
    }
    Ended ended = new Ended(process.exitValue(), Files.readString(out), Files.readString(err));
    Files.delete(out);
    Files.delete(err);
    return ended;
  }
}
