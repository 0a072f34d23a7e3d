package dev.prism.system;

import com.google.gson.Gson;
import dev.prism.admin.v1.AdminServiceGrpc;
import dev.prism.admin.v1.ListPluginsRequest;
import dev.prism.admin.v1.PluginProcess;
import dev.prism.admin.v1.PluginState;
import dev.prism.config.v1.BackendConfig;
import dev.prism.config.v1.BackendType;
import dev.prism.config.v1.ClientConfig;
import dev.prism.keyvalue.v1.KeyValueServiceGrpc;
import dev.prism.keyvalue.v1.KeyValueServiceGrpc.KeyValueServiceBlockingStub;
import dev.prism.session.v1.CreateSessionRequest;
import dev.prism.session.v1.CreateSessionResponse;
import dev.prism.session.v1.SessionServiceGrpc;
import dev.prism.type.v1.AccessPattern;
import io.grpc.ClientInterceptor;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A proxy started as a person starts it, {@code ./prism up}, on free ports, with a client on it.
 * Closing ends it and asserts nothing; tests that care for how it ends call {@link #terminate} or
 * {@link #kill}.
 */
final class Prism implements AutoCloseable {
  static final Path HOME = Path.of(System.getProperty("prism.home"));
  private static final String PROGRAM = HOME.resolve("prism").toString();
  static final Metadata.Key<String> SESSION =
      Metadata.Key.of("prism-session", Metadata.ASCII_STRING_MARSHALLER);
  private static final Pattern READY =
      Pattern.compile(
          "prism ready: grpc 127\\.0\\.0\\.1:(\\d+), admin http://127\\.0\\.0\\.1:(\\d+)");
  private static final Duration START_LIMIT = Duration.ofSeconds(60);

  private final Process process;
  private final Path log;
  private final int port;
  private final int adminPort;
  private final Duration startTime;
  private final ManagedChannel channel;
  private final ManagedChannel adminChannel;
  private final List<ManagedChannel> ownChannels = new ArrayList<>();

  private Prism(Process process, Path log, int port, int adminPort, Duration startTime) {
    this.process = process;
    this.log = log;
    this.port = port;
    this.adminPort = adminPort;
    this.startTime = startTime;
    this.channel = channel(port);
    this.adminChannel = channel(adminPort);
  }

  /** A new, empty, private directory under the build's own folder. */
  static Path newDirectory(String name) {
    try {
      Path parent = Files.createDirectories(HOME.resolve("system-tests/target/data"));
      return Files.createTempDirectory(parent, name + "-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Starts {@code ./prism up} on {@code data} with further arguments, and waits until it is ready.
   */
  static Prism up(Path data, String... arguments) throws IOException {
    return up(Map.of(), List.of(PROGRAM), data, arguments);
  }

  /** As {@link #up(Path, String...)}, with further environment variables. */
  static Prism up(Map<String, String> environment, Path data, String... arguments)
      throws IOException {
    return up(environment, List.of(PROGRAM), data, arguments);
  }

  /**
   * Starts it with sqlite for its own state and a backend of type and name {@code backend}.
   *
   * @param settings the backend's
   */
  static Prism upWith(String backend, Map<String, String> settings) throws IOException {
    return upWith(Map.of(backend, settings));
  }

  /** As {@link #upWith(String, Map)}, with several backends, by their types. */
  static Prism upWith(Map<String, Map<String, String>> settings) throws IOException {
    return upWith(newDirectory(String.join("-", settings.keySet())), settings, "default");
  }

  /** As {@link #upWith(Map)}, on {@code data}, with these namespaces. */
  static Prism upWith(Path data, Map<String, Map<String, String>> settings, String... namespaces)
      throws IOException {
    Map<String, Map<String, ?>> backends = new LinkedHashMap<>();
    backends.put("sqlite", Map.of("type", "sqlite"));
    settings.forEach(
        (backend, its) -> backends.put(backend, Map.of("type", backend, "settings", its)));
    Map<String, Map<String, ?>> tenants = new LinkedHashMap<>();
    for (String namespace : namespaces) {
      tenants.put(namespace, Map.of());
    }
    return upFrom(data, Map.of("backends", backends, "namespaces", tenants));
  }

  /** Starts it on {@code data} with this configuration. */
  static Prism upFrom(Path data, Map<String, ?> configuration) throws IOException {
    // JSON is YAML
    Path config = data.resolveSibling(data.getFileName() + ".yaml");
    Files.writeString(config, new Gson().toJson(configuration));
    return up(data, "--config", config.toString());
  }

  /** As {@link #up(Path, String...)}, the command line led by {@code prefix}. */
  static Prism up(List<String> prefix, Path data, String... arguments) throws IOException {
    List<String> program = new ArrayList<>(prefix);
    program.add(PROGRAM);
    return upOf(program, data, arguments);
  }

  /** As {@link #up(Path, String...)}, of another program than this checkout's. */
  static Prism upOf(List<String> program, Path data, String... arguments) throws IOException {
    return up(Map.of(), program, data, arguments);
  }

  private static Prism up(
      Map<String, String> environment, List<String> program, Path data, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(program);
    command.addAll(List.of("up", "--port", "0", "--admin-port", "0"));
    command.addAll(List.of("--data", data.toString()));
    command.addAll(List.of(arguments));
    Path log = Files.createTempFile(HOME.resolve("system-tests/target/data"), "up-", ".log");
    LoggedBeforeFailure.to(log);
    long begun = System.nanoTime();
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(log.toFile());
    builder.environment().putAll(environment);
    Process process = builder.start();
    BufferedReader out = process.inputReader();
    Thread watchdog =
        Thread.startVirtualThread(
            () -> {
              try {
                Thread.sleep(START_LIMIT);
                process.destroyForcibly();
              } catch (InterruptedException expected) {
                Thread.currentThread().interrupt();
              }
            });
    try {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        Matcher ready = READY.matcher(line);
        if (ready.matches()) {
          return new Prism(
              process,
              log,
              Integer.parseInt(ready.group(1)),
              Integer.parseInt(ready.group(2)),
              Duration.ofNanos(System.nanoTime() - begun));
        }
      }
    } finally {
      watchdog.interrupt();
    }
    throw new IllegalStateException(
        "prism up did not get ready; it said:\n" + Files.readString(log));
  }

  /** How a short command ended. */
  record Ended(int status, String out, String err) {}

  /** Runs {@code ./prism ARGUMENTS} to its end, with a bound of a minute. */
  static Ended run(String... arguments) throws IOException, InterruptedException {
    return run(Map.of(), arguments);
  }

  /** As {@link #run(String...)}, with further environment variables. */
  static Ended run(Map<String, String> environment, String... arguments)
      throws IOException, InterruptedException {
    return run(environment, Path.of("/dev/null"), arguments);
  }

  /** As {@link #run(String...)}, with a file as standard input. */
  static Ended run(Path input, String... arguments) throws IOException, InterruptedException {
    return run(Map.of(), input, arguments);
  }

  /** The words of a command that talks to this one. */
  String[] here(String... words) {
    List<String> command = new ArrayList<>(List.of(words));
    command.addAll(List.of("--endpoint", endpoint()));
    return command.toArray(String[]::new);
  }

  /** Starts a command that talks to this one, and what it says besides goes to {@code err}. */
  Process start(Path err, String... words) throws IOException {
    List<String> command = new ArrayList<>(List.of(PROGRAM));
    command.addAll(List.of(here(words)));
    return new ProcessBuilder(command).redirectError(err.toFile()).start();
  }

  private static Ended run(Map<String, String> environment, Path input, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(PROGRAM));
    command.addAll(List.of(arguments));
    Path out = Files.createTempFile(HOME.resolve("system-tests/target"), "run-", ".out");
    Path err = Files.createTempFile(HOME.resolve("system-tests/target"), "run-", ".err");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectInput(input.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().putAll(environment);
    Process process = builder.start();
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IllegalStateException("still running after a minute: " + command);
    }
    return new Ended(process.exitValue(), Files.readString(out), Files.readString(err));
  }

  private static ManagedChannel channel(int port) {
    return NettyChannelBuilder.forAddress("127.0.0.1", port)
        .usePlaintext()
        .maxInboundMessageSize(64 << 20)
        .build();
  }

  int port() {
    return port;
  }

  int adminPort() {
    return adminPort;
  }

  String endpoint() {
    return "127.0.0.1:" + port;
  }

  String adminEndpoint() {
    return "127.0.0.1:" + adminPort;
  }

  Duration startTime() {
    return startTime;
  }

  long pid() {
    return process.pid();
  }

  ManagedChannel channel() {
    return channel;
  }

  /** What the proxy and its plugins have logged so far. */
  String log() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Opens a session for queues on a backend. */
  CreateSessionResponse openQueueSession(BackendType backend) {
    return openSession(AccessPattern.ACCESS_PATTERN_QUEUE, backend);
  }

  /** Opens a session on a backend, for one data interface. */
  CreateSessionResponse openSession(AccessPattern pattern, BackendType backend) {
    return openSession(pattern, backend, "");
  }

  /** As {@link #openSession(AccessPattern, BackendType)}, on the one of this name. */
  CreateSessionResponse openSession(AccessPattern pattern, BackendType backend, String name) {
    return SessionServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(10, TimeUnit.SECONDS)
        .createSession(
            CreateSessionRequest.newBuilder()
                .setInlineConfig(
                    ClientConfig.newBuilder()
                        .setName("test")
                        .setPattern(pattern)
                        .setBackend(BackendConfig.newBuilder().setType(backend).setName(name)))
                .build());
  }

  /** The figures that the proxy shows, its plugins' among them. */
  String metrics() throws IOException, InterruptedException {
    URI metrics = URI.create("http://" + adminEndpoint() + "/observe/metrics");
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(
              HttpRequest.newBuilder(metrics).build(), HttpResponse.BodyHandlers.ofString())
          .body();
    }
  }

  /** Opens a session with a named config and returns its token. */
  String openSession(String config) {
    return createSession(config).getSessionToken();
  }

  /** Opens a session with a named config. */
  CreateSessionResponse createSession(String config) {
    return SessionServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(10, TimeUnit.SECONDS)
        .createSession(
            CreateSessionRequest.newBuilder()
                .setConfigName(config)
                .setClientId("system-test")
                .build());
  }

  /** A KeyValue client in a new session with a named config. */
  KeyValueServiceBlockingStub keyValue(String config) {
    return keyValueIn(openSession(config));
  }

  /** As {@link #keyValue}, on a connection that no other client of this object shares. */
  KeyValueServiceBlockingStub keyValueOnOwnConnection(String config) {
    ManagedChannel own = channel(port);
    ownChannels.add(own);
    return KeyValueServiceGrpc.newBlockingStub(own).withInterceptors(session(openSession(config)));
  }

  /** A KeyValue client in the session of {@code token}. */
  KeyValueServiceBlockingStub keyValueIn(@Nullable String token) {
    return KeyValueServiceGrpc.newBlockingStub(channel).withInterceptors(session(token));
  }

  static ClientInterceptor session(@Nullable String token) {
    Metadata headers = new Metadata();
    if (token != null) {
      headers.put(SESSION, token);
    }
    return MetadataUtils.newAttachHeadersInterceptor(headers);
  }

  AdminServiceGrpc.AdminServiceBlockingStub admin() {
    return AdminServiceGrpc.newBlockingStub(adminChannel).withDeadlineAfter(10, TimeUnit.SECONDS);
  }

  /** The plugin process of an instance, as the proxy sees it now. */
  PluginProcess plugin(String instance) {
    return admin().listPlugins(ListPluginsRequest.getDefaultInstance()).getProcessesList().stream()
        .filter(plugin -> plugin.getInstance().equals(instance))
        .findFirst()
        .orElseThrow();
  }

  /** The plugin processes' ids. */
  List<Long> pluginPids() {
    return admin().listPlugins(ListPluginsRequest.getDefaultInstance()).getProcessesList().stream()
        .filter(plugin -> plugin.getState() == PluginState.PLUGIN_STATE_READY)
        .map(PluginProcess::getPid)
        .toList();
  }

  /** SIGTERM, and the exit status. */
  int terminate() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      throw new IllegalStateException("still running a minute after SIGTERM");
    }
    return process.exitValue();
  }

  /** SIGKILL of the proxy. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  @Override
  public void close() {
    ownChannels.forEach(ManagedChannel::shutdownNow);
    channel.shutdownNow();
    adminChannel.shutdownNow();
    process.destroy();
    try {
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
