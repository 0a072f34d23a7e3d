package dev.prism.testservers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Debian packages unpacked under the build's own folder, where they stay for later builds; nothing
 * is installed.
 */
public final class DebianPackage {
  private static final long COMMAND_MINUTES = 5;

  private DebianPackage() {}

  /** Where servers and their files are kept: {@code target/servers} of the project. */
  public static Path servers() {
    return Path.of(System.getProperty("prism.home", "."))
        .toAbsolutePath()
        .resolve("target/servers");
  }

  /**
   * The folder that has the files of these packages as the root folder would, downloaded the first
   * time. Processes that ask at once wait for each other.
   *
   * @throws IllegalStateException where they cannot be had, with what apt said
   */
  public static Path unpacked(String name, String... packages) {
    Path folder = servers().resolve(name);
    Path done = folder.resolve(".done");
    try {
      Files.createDirectories(folder);
      try (FileChannel channel =
              FileChannel.open(
                  servers().resolve(name + ".lock"),
                  StandardOpenOption.CREATE,
                  StandardOpenOption.WRITE);
          FileLock lock = channel.lock()) {
        if (!Files.exists(done) && lock.isValid()) {
          unpack(folder, packages);
          Files.createFile(done);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return folder;
  }

  private static void unpack(Path folder, String... packages) throws IOException {
    List<String> download =
        new ArrayList<>(List.of("apt-get", "-o", "APT::Sandbox::User=root", "download"));
    download.addAll(List.of(packages));
    if (!run(folder, download).isEmpty()) {
      run(folder, List.of("apt-get", "update")); // the lists may be missing or old
      String complaint = run(folder, download);
      if (!complaint.isEmpty()) {
        throw new IllegalStateException("cannot download " + download + ":\n" + complaint);
      }
    }
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(each -> each.toString().endsWith(".deb")).toList()) {
        String complaint = run(folder, List.of("dpkg", "-x", file.toString(), folder.toString()));
        if (!complaint.isEmpty()) {
          throw new IllegalStateException("cannot unpack " + file + ":\n" + complaint);
        }
        Files.delete(file);
      }
    }
  }

  /** What a command that failed has said; empty where it did not fail. */
  private static String run(Path folder, List<String> command) throws IOException {
    Path log = folder.resolve("apt.log");
    Process process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      if (!process.waitFor(COMMAND_MINUTES, TimeUnit.MINUTES)) {
        process.destroyForcibly();
        return "it did not end within " + COMMAND_MINUTES + " minutes";
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
    return process.exitValue() == 0 ? "" : command + ": " + Files.readString(log);
  }
}
