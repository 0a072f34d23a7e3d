package dev.prism.sdk;

import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import dev.prism.keyvalue.v1.Keyvalue;
import dev.prism.link.ByteBudget;
import dev.prism.link.CallHeader;
import dev.prism.link.Hello;
import dev.prism.link.Link;
import dev.prism.link.LinkConfig;
import dev.prism.link.LinkException;
import dev.prism.link.ShmLinkServer;
import dev.prism.options.Options;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** A plugin's process, started as the supervisor does, and the proxy's end of its link. */
final class PluginProcess implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  final Process process;
  private final ShmLinkServer server;
  private Link link;

  private PluginProcess(Process process, ShmLinkServer server) {
    this.process = process;
    this.server = server;
  }

  /** The SDK and what it needs at run time, and nothing else of the tests' class path. */
  static String sdkClassPath() {
    return String.join(
        File.pathSeparator,
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> !entry.endsWith("test-classes"))
            .filter(entry -> !entry.matches(".*(junit|assertj|opentest4j|apiguardian).*"))
            .toList());
  }

  static PluginProcess start(String mainClass, Path classes, Map<String, String> environment)
      throws IOException {
    ShmLinkServer server =
        ShmLinkServer.create(
            LinkConfig.defaults(new ByteBudget(64 << 20)),
            new Hello(Hello.LINK_VERSION, "proxy", "test", Set.of(), 17 << 20, 64 << 20));
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xmx64m",
            "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-cp",
            classes + File.pathSeparator + sdkClassPath(),
            mainClass);
    builder.environment().clear();
    builder.environment().putAll(environment);
    builder.environment().putIfAbsent("PRISM_LINK", server.descriptor());
    return new PluginProcess(builder.start(), server);
  }

  Link link() throws LinkException {
    if (link == null) {
      link = server.await(PATIENCE);
    }
    return link;
  }

  <T> T call(String method, Message request, Parser<T> parser) throws Exception {
    return parser.parseFrom(link().call(header(method), request.toByteArray()));
  }

  static CallHeader header(String method) {
    int operation =
        Keyvalue.getDescriptor()
            .findServiceByName("KeyValueService")
            .findMethodByName(method)
            .getOptions()
            .getExtension(Options.method)
            .getOperation();
    return header(operation);
  }

  static CallHeader header(int operation) {
    long now = System.nanoTime();
    return new CallHeader(operation, "default", 0, 3, 0, now + PATIENCE.toNanos(), now, "r", null);
  }

  /** Waits for the process's own end. */
  int exit() throws InterruptedException {
    if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      throw new AssertionError("the plugin did not end");
    }
    return process.exitValue();
  }

  /** All that the process wrote to standard error; waits for its end. */
  String log() throws IOException {
    return new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  @Override
  public void close() throws Exception {
    if (link != null) {
      link.close();
    }
    server.close();
    process.destroyForcibly().waitFor();
  }
}
