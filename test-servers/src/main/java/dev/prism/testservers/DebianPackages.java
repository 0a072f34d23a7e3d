package dev.prism.testservers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Programs out of Debian's packages, unpacked into a folder: nothing is installed, no service
 * starts, and nothing outside that folder is written.
 */
public final class DebianPackages {
  private DebianPackages() {}

  /** Where servers and their files are kept: {@code target/servers} of the project. */
  public static Path servers() {
    return Path.of(System.getProperty("prism.home", "."))
        .toAbsolutePath()
        .resolve("target/servers");
  }

  /**
   * The folder {@code name} of {@link #servers} with the files of these packages as the root folder
   * would have them, unpacked the first time: later calls, of other processes too, find them there.
   *
   * @param packages their names; what they depend on is not added
   * @throws IllegalStateException where apt or dpkg fails, with what they said
   */
  public static synchronized Path unpacked(String name, String... packages) {
    Path root = servers().resolve(name);
    Path done = root.resolve(".unpacked");
    try {
      Files.createDirectories(root);
      try (FileChannel channel =
              FileChannel.open(
                  root.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          FileLock lock = channel.lock()) {
        String wanted = String.join(" ", packages);
        if (Files.exists(done) && Files.readString(done).equals(wanted)) {
          return root;
        }
        Path debs = Files.createDirectories(root.resolve("debs"));
        download(debs, packages);
        try (DirectoryStream<Path> found = Files.newDirectoryStream(debs, "*.deb")) {
          for (Path deb : found) {
            run(debs, List.of("dpkg", "-x", deb.toString(), root.toString()));
          }
        }
        Files.writeString(done, wanted);
        lock.release();
      }
      return root;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** With the machine's lists of packages, or with fresh ones where these do not do. */
  private static void download(Path debs, String... packages) throws IOException {
    List<String> download = new ArrayList<>(List.of("apt-get", "download"));
    download.addAll(List.of(packages));
    try {
      run(debs, download);
    } catch (IllegalStateException e) {
      Path lists = debs.resolve("lists");
      Files.createDirectories(lists.resolve("partial"));
      List<String> own =
          List.of("-o", "Dir::State::Lists=" + lists, "-o", "Dir::Cache=" + debs.resolve("cache"));
      List<String> update = new ArrayList<>(List.of("apt-get", "update"));
      update.addAll(own);
      run(debs, update);
      download.addAll(own);
      run(debs, download);
    }
  }

  private static void run(Path directory, List<String> command) throws IOException {
    Process process =
        new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (process.waitFor() != 0) {
        throw new IllegalStateException(String.join(" ", command) + " failed:\n" + said);
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
