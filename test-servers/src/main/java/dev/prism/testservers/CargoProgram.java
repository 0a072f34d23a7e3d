package dev.prism.testservers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A server that is a program of crates.io, built by cargo when it is first needed. */
final class CargoProgram {
  private static final long BUILD_MINUTES = 15;

  private CargoProgram() {}

  /**
   * The program {@code binary} of the crate, in the folder {@code name} of {@link
   * DebianPackages#servers()}. Later calls, of other processes too, find it there.
   *
   * @param features what is built into it besides the least
   * @throws IllegalStateException where there is no cargo, or it fails
   */
  static Path installed(String name, String crate, String version, String features, String binary) {
    Path root = DebianPackages.servers().resolve(name);
    Path done = root.resolve(".installed");
    String wanted = crate + " " + version + " " + features;
    try {
      Files.createDirectories(root);
      try (FileChannel channel =
              FileChannel.open(
                  root.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          FileLock _ = channel.lock()) {
        if (!Files.exists(done) || !Files.readString(done).equals(wanted)) {
          install(root, crate, version, features);
          Files.writeString(done, wanted);
        }
      }
      return root.resolve("bin").resolve(binary);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void install(Path root, String crate, String version, String features)
      throws IOException {
    Path log = root.resolve("install.log");
    Process process =
        new ProcessBuilder(
                List.of(
                    "cargo",
                    "install",
                    crate,
                    "--version",
                    version,
                    "--locked",
                    "--no-default-features",
                    "--features",
                    features,
                    "--force",
                    "--root",
                    root.toString()))
            .directory(root.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      if (!process.waitFor(BUILD_MINUTES, TimeUnit.MINUTES) || process.exitValue() != 0) {
        process.destroyForcibly();
        throw new IllegalStateException("cannot install " + crate + "; see " + log);
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
