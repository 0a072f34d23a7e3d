package dev.prism.perf.servers;

import io.grpc.netty.shaded.io.netty.handler.ssl.SslContext;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The shipped product: {@code ./prism up} on free ports, with a data directory of its own. */
public final class ProxyProcess implements Server {
  private static final Pattern READY =
      Pattern.compile(
          "prism ready: grpc 127\\.0\\.0\\.1:(\\d+), admin (http://127\\.0\\.0\\.1:\\d+)");

  private static final Pattern PLUGIN = Pattern.compile("/plugins/([a-z]+)/");
  private static final String[] NONE = {};

  /** The config that {@link #start(String, String, Map)} makes. */
  public static final String CONFIG = "bench";

  private final Process process;
  private final Path data;
  private final int port;
  private final String metrics;

  private ProxyProcess(Process process, Path data, int port, String metrics) {
    this.process = process;
    this.data = data;
    this.port = port;
    this.metrics = metrics;
  }

  /** Starts one and waits until it is ready; what it logs goes to a file. */
  public static ProxyProcess start() throws IOException {
    return start("", Map.of());
  }

  /**
   * As {@link #start()}, with a backend of type and name {@code backend} beside sqlite, and a
   * config {@value #CONFIG} on it.
   *
   * @param pattern {@code queue} or {@code keyvalue}
   * @param settings the backend's
   */
  public static ProxyProcess start(String pattern, String backend, Map<String, String> settings)
      throws IOException {
    StringBuilder yaml = new StringBuilder();
    yaml.append("backends:\n  sqlite:\n    type: sqlite\n");
    if (!backend.equals("sqlite")) {
      yaml.append("  %s:\n    type: %s\n    settings:\n".formatted(backend, backend));
      settings.forEach(
          (name, value) ->
              yaml.append("      %s: '%s'\n".formatted(name, value.replace("'", "''"))));
    }
    yaml.append(
        "configs:\n  %s: {pattern: %s, backend: {type: %s}}\n"
            .formatted(CONFIG, pattern.toUpperCase(Locale.ROOT), backend.toUpperCase(Locale.ROOT)));
    return start(yaml.toString(), Map.of());
  }

  /**
   * Starts one with a configuration.
   *
   * @param configuration in YAML; empty: the default
   * @param environment more of it for the process
   */
  public static ProxyProcess start(String configuration, Map<String, String> environment)
      throws IOException {
    Path home = Path.of(System.getProperty("prism.home", "."));
    Path target = work();
    Path log = target.resolve("bench-prism-up.log");
    Path data = Files.createTempDirectory(target, "bench-data-");
    List<String> command = new ArrayList<>(List.of(home.resolve("prism").toString(), "up"));
    command.addAll(List.of("--port", "0", "--admin-port", "0", "--data", data.toString()));
    if (!configuration.isEmpty()) {
      Path file = target.resolve("bench-prism.yaml");
      Files.writeString(file, configuration);
      command.addAll(List.of("--config", file.toString()));
    }
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(log.toFile());
    builder.environment().putAll(environment);
    Process process = builder.start();
    BufferedReader out = process.inputReader();
    String line = out.readLine();
    Matcher ready = READY.matcher(line == null ? "" : line);
    if (!ready.matches()) {
      process.destroy();
      throw new IllegalStateException("prism up did not get ready: see " + log);
    }
    return new ProxyProcess(
        process, data, Integer.parseInt(ready.group(1)), ready.group(2) + "/observe/metrics");
  }

  @Override
  public String name() {
    return "proxy";
  }

  @Override
  public InetSocketAddress address(boolean tls) {
    if (tls) {
      throw new IllegalArgumentException("the proxy listens in the clear");
    }
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  @Override
  public @Nullable SslContext trust() {
    return null;
  }

  /** The gRPC address as {@code host:port}. */
  public String endpoint() {
    return "127.0.0.1:" + port;
  }

  /** Where what is measured and its logs are kept: in a checkout {@code target/perf}. */
  public static Path work() throws IOException {
    Path home = Path.of(System.getProperty("prism.home", "."));
    return Files.createDirectories(
        Path.of(System.getProperty("prism.perf.work", home.resolve("target/perf").toString())));
  }

  /** Its data directory. */
  public Path data() {
    return data;
  }

  /** Its own process and its plugins', by name: {@code proxy}, {@code plugin sqlite}. */
  public Map<String, ProcessHandle> processes() {
    Map<String, ProcessHandle> processes = new LinkedHashMap<>();
    processes.put("proxy", process.toHandle());
    process
        .toHandle()
        .descendants()
        .forEach(
            child -> {
              Matcher plugin = PLUGIN.matcher(commandLine(child));
              if (plugin.find()) {
                processes.put("plugin " + plugin.group(1), child);
              }
            });
    return processes;
  }

  /** A long one is not known to {@link ProcessHandle.Info}, which reads a page of it. */
  private static String commandLine(ProcessHandle process) {
    try {
      return Files.readString(Path.of("/proc/" + process.pid() + "/cmdline"));
    } catch (IOException e) {
      return String.join(" ", process.info().arguments().orElse(NONE)); // not Linux
    }
  }

  /** Where its metrics are. */
  public String metrics() {
    return metrics;
  }

  /** The memory that a backend's plugin holds. */
  public double residentBytes(String backend) throws IOException, InterruptedException {
    return ProxyCalls.metric(
        metrics,
        Pattern.compile("prism_plugin_resident_memory_bytes\\{.*\"%s\".*".formatted(backend)));
  }

  @Override
  public double compilerMillis() {
    return Double.NaN;
  }

  /** Of the proxy and its plugins. */
  @Override
  public Counters counters() {
    return Counters.read(process.toHandle(), Double.NaN);
  }

  /** Ends it as a person would, and removes its data. */
  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
      delete(data);
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      System.err.println("not removed: " + data + ": " + e.getMessage());
    }
  }

  static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
