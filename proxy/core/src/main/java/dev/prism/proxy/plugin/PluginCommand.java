package dev.prism.proxy.plugin;

import dev.prism.link.Hello;
import dev.prism.link.LinkConfig;
import dev.prism.plugin.v1.PluginRole;
import dev.prism.proxy.config.ServerConfig;
import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.stream.Collectors;

/**
 * What a plugin process is started with: its command line, its whole environment and its link.
 *
 * @param home the folder of the product, with {@code plugins/TYPE/*.jar}
 * @param data where the instances keep their files, a folder each
 * @param namespaces whose topics the plugins are told of
 * @param grace how long a plugin may take to finish what it has when it is stopped
 * @param link how much a link holds
 * @param proxy what the proxy says of itself on a link
 */
record PluginCommand(
    Path home,
    Path data,
    Collection<ServerConfig.Namespace> namespaces,
    Duration grace,
    LinkConfig link,
    Hello proxy) {
  /** The attribute of a jar's manifest that names the class whose {@code main} is a plugin. */
  static final Attributes.Name MAIN = new Attributes.Name("Prism-Plugin-Main");

  /**
   * The attribute of the same manifest with flags of the JVM for this plugin, apart by spaces,
   * where it knows better than {@link #FLAGS}: they come after those.
   */
  static final Attributes.Name OPTIONS = new Attributes.Name("Prism-Plugin-Options");

  /**
   * Ctrl-C and a closed terminal tell every process of the terminal at once: a plugin leaves it to
   * the proxy, which has calls to finish first, and then sends SIGTERM. What is ignored stays
   * ignored through exec, and a JVM keeps it so.
   */
  private static final String DEAF = "trap '' INT HUP; exec \"$@\"";

  private static final Path SHELL = Path.of("/bin/sh");

  /**
   * Flags of every plugin's JVM. They keep it under 100 MB (RFC 10.3); the class path comes after
   * them.
   */
  private static final List<String> FLAGS =
      List.of(
          // One small heap, few threads that allocate: the smallest collector in memory and
          // start-up.
          "-XX:+UseSerialGC",
          // What C2 has worked with goes back to the system: 10 MB that nothing needs any more.
          "-XX:TrimNativeHeapInterval=500",
          // Four bytes less an object, of a heap of small ones.
          "-XX:+UseCompactObjectHeaders",
          "-Xms12m",
          // Half of the young generation for survivors, which is room for the calls under way: the
          // serial collector has a tenth, and what did not fit stayed in the old generation.
          "-XX:NewSize=5m",
          "-XX:MaxNewSize=5m",
          "-XX:SurvivorRatio=2",
          // After a collection the old generation has up to two thirds more than is alive in it.
          "-XX:MinHeapFreeRatio=20",
          "-XX:MaxHeapFreeRatio=40",
          // Four messages of 16 MiB, each as bytes, as a message and in the driver.
          "-Xmx192m",
          // C2 takes memory with the square of what it compiles at once, 39 MB for one method of
          // SQLite's: inlining less, a loaded plugin has 6 to 25 MB less, and is as fast.
          "-XX:FreqInlineSize=60",
          "-XX:InlineSmallCode=700",
          "-Xss512k",
          // Each thread touches as much stack below its own, for native code: 40 KiB, not 80.
          "-XX:StackShadowPages=10",
          "-XX:ReservedCodeCacheSize=32m",
          // Out of memory leaves a JVM in pieces: better a new process.
          "-XX:+ExitOnOutOfMemoryError",
          // No file of counters in /tmp.
          "-XX:-UsePerfData",
          // Agrona's ring buffers.
          "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
          // memfd, mmap and futex through the Foreign Function API; JDBC drivers with native parts.
          "--enable-native-access=ALL-UNNAMED",
          // protobuf still uses sun.misc.Unsafe; without this a warning is printed on every start.
          "--sun-misc-unsafe-memory-access=allow");

  /** The jars of a backend type, sorted; empty where the product has no such plugin. */
  List<Path> jars(String type) throws IOException {
    Path folder = home.resolve("plugins").resolve(type);
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    List<Path> jars = new ArrayList<>();
    try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, "*.jar")) {
      found.forEach(jars::add);
    }
    jars.sort(null);
    return jars;
  }

  /**
   * The command line: the proxy's own JDK, {@link #FLAGS}, the plugin's own, its jars and its main
   * class.
   *
   * @throws IOException where the product has no plugin of that type
   */
  List<String> line(String type) throws IOException {
    List<Path> jars = jars(type);
    if (jars.isEmpty()) {
      throw new IOException(
          "there is no plugin for it: no jars in " + home.resolve("plugins").resolve(type));
    }
    List<String> line = new ArrayList<>();
    if (Files.isExecutable(SHELL)) {
      line.addAll(List.of(SHELL.toString(), "-c", DEAF, "plugin"));
    }
    line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    Attributes plugin = manifest(jars);
    line.addAll(FLAGS);
    if (plugin.get(OPTIONS) instanceof String options) {
      line.addAll(List.of(options.strip().split(" +", -1)));
    }
    line.addAll(AotCache.flags(home, type));
    line.add("-cp");
    line.add(String.join(File.pathSeparator, jars.stream().map(Path::toString).toList()));
    line.add(plugin.getValue(MAIN));
    return line;
  }

  /** The main attributes of the jar that has the plugin. */
  private static Attributes manifest(List<Path> jars) throws IOException {
    for (Path jar : jars) {
      try (JarFile file = new JarFile(jar.toFile(), false)) {
        Manifest manifest = file.getManifest();
        if (manifest != null && manifest.getMainAttributes().containsKey(MAIN)) {
          return manifest.getMainAttributes();
        }
      }
    }
    throw new IOException(
        "no jar in %s has %s in its manifest".formatted(jars.getFirst().getParent(), MAIN));
  }

  /**
   * The environment, all of it: a plugin sees the names of RFC 6.3 and its own settings, and
   * nothing that happens to be in the proxy's environment.
   *
   * @param process which of the backend's processes it is
   * @param descriptor how the process finds its link
   * @throws IOException where a file that is a part of it cannot be written
   */
  Map<String, String> environment(ServerConfig.Backend backend, int process, String descriptor)
      throws IOException {
    Map<String, String> environment = new LinkedHashMap<>(backend.settings());
    environment.putAll(TopicsVariable.of(namespaces, backend.name(), data));
    environment.put("PRISM_BACKEND_TYPE", backend.type());
    environment.put("PRISM_INSTANCE", backend.name());
    environment.put("PRISM_PROCESS", Integer.toString(process));
    Set<PluginRole> roles = backend.processes().get(process);
    if (!roles.equals(ServerConfig.Backend.ALL_ROLES)) {
      environment.put("PRISM_PLUGIN_ROLE", names(roles));
    }
    environment.put("PRISM_POOL_SIZE", Integer.toString(backend.pool().size()));
    environment.put(
        "PRISM_POOL_ACQUIRE_TIMEOUT_MS", Long.toString(backend.pool().acquireTimeout().toMillis()));
    environment.put("PRISM_DATA_DIR", dataFolder(backend).toString());
    environment.put("PRISM_DRAIN_SECONDS", Long.toString(grace.toSeconds()));
    environment.put("PRISM_LINK", descriptor);
    // By default glibc has eight a processor, and each keeps what was freed.
    environment.put("MALLOC_ARENA_MAX", "2");
    return environment;
  }

  private static String names(Set<PluginRole> roles) {
    return roles.stream()
        .map(role -> role.name().substring("PLUGIN_ROLE_".length()).toLowerCase(Locale.ROOT))
        .collect(Collectors.joining(","));
  }

  /** Where the instance keeps its files. */
  Path dataFolder(ServerConfig.Backend backend) {
    return data.resolve(backend.name()).toAbsolutePath();
  }
}
