package dev.prism.testservers;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A server that is a folder of jars from Maven Central. They are gathered when they are first
 * needed, so that who only builds the product does not load them.
 */
final class MavenFolder {
  private static final long GATHER_MINUTES = 10;
  private static final String DONE = ".gathered";

  private MavenFolder() {}

  /** The folder of the server that {@code test-servers/NAME/pom.xml} lists the jars of. */
  static Path gathered(String name) throws IOException, InterruptedException {
    Path home = Path.of(System.getProperty("prism.home", ".")).toAbsolutePath().normalize();
    Path servers = Files.createDirectories(home.resolve("target/servers"));
    Path folder = servers.resolve(name);
    // Several test processes may come at once; the channel's end is the lock's.
    try (FileChannel channel =
        FileChannel.open(
            servers.resolve(name + ".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      channel.lock();
      Path pom = home.resolve("test-servers").resolve(name).resolve("pom.xml");
      Path done = folder.resolve(DONE);
      if (!Files.exists(done)
          || Files.getLastModifiedTime(done).compareTo(Files.getLastModifiedTime(pom)) < 0) {
        gather(servers, name, pom);
        Files.write(done, List.of());
      }
    }
    return folder;
  }

  private static void gather(Path servers, String name, Path pom)
      throws IOException, InterruptedException {
    Path log = servers.resolve(name + ".log");
    ProcessBuilder maven =
        new ProcessBuilder("mvn", "-q", "-B", "-ntp", "-f", pom.toString(), "generate-resources")
            .directory(servers.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    maven.environment().put("JAVA_HOME", System.getProperty("java.home"));
    Process process = maven.start();
    if (!process.waitFor(GATHER_MINUTES, TimeUnit.MINUTES) || process.exitValue() != 0) {
      process.destroyForcibly();
      throw new IllegalStateException("cannot gather the jars of " + name + "; see " + log);
    }
  }
}
