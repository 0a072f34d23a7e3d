package dev.prism.perf;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** On what it was measured, and what was. */
final class About {
  /** The folders that are the product; an archive has a Java and this harness beside them. */
  private static final Set<String> PARTS = Set.of("proxy", "plugins");

  private About() {}

  /** Machine, system, JVM, commit and date, by name. What cannot be found out is left out. */
  static Map<String, String> here(Path home, String options) {
    Map<String, String> about = new LinkedHashMap<>();
    about.put("date", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    put(about, "commit", commit(home));
    about.put("processors", Integer.toString(Runtime.getRuntime().availableProcessors()));
    put(about, "processor", line(Path.of("/proc/cpuinfo"), "model name"));
    put(about, "memory", line(Path.of("/proc/meminfo"), "MemTotal"));
    about.put(
        "system",
        System.getProperty("os.name")
            + " "
            + System.getProperty("os.version")
            + " "
            + System.getProperty("os.arch"));
    about.put("java", System.getProperty("java.vendor.version", "") + " " + Runtime.version());
    about.put("options", options);
    return about;
  }

  private static void put(Map<String, String> about, String name, String value) {
    if (!value.isEmpty()) {
      about.put(name, value);
    }
  }

  private static String line(Path file, String name) {
    try (Stream<String> lines = Files.lines(file)) {
      return lines
          .filter(line -> line.startsWith(name))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse("");
    } catch (IOException e) {
      return ""; // not Linux
    }
  }

  /** The commit of a checkout; empty in an archive, whose digest says what it is. */
  private static String commit(Path home) {
    if (!Files.exists(home.resolve(".git"))) {
      return "";
    }
    try {
      Process git =
          new ProcessBuilder("git", "-C", home.toString(), "describe", "--always", "--dirty")
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      String commit = new String(git.getInputStream().readAllBytes(), UTF_8);
      return git.waitFor(10, TimeUnit.SECONDS) ? commit.strip() : "";
    } catch (IOException e) {
      return ""; // no git
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "";
    }
  }

  /** SHA-256 over the product's jars: their names and what is in them, in order. */
  static String digest(Path product) throws IOException {
    try (Stream<Path> files = Files.walk(product)) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      List<Path> jars =
          files
              .filter(file -> file.toString().endsWith(".jar"))
              .filter(file -> PARTS.contains(product.relativize(file).getName(0).toString()))
              .sorted()
              .toList();
      for (Path jar : jars) {
        digest.update(product.relativize(jar).toString().getBytes(UTF_8));
        digest.update(Files.readAllBytes(jar));
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JDK has it
    }
  }
}
