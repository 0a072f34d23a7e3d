package dev.prism.link;

import java.io.File;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** A link and the child JVM at its other end, as a supervisor would hold them. */
final class PluginProcess implements AutoCloseable {
  static final ByteBudget BUDGET = new ByteBudget(128 << 20);
  static final LinkConfig CONFIG = LinkConfig.defaults(BUDGET);

  final String descriptor;
  final Process process;
  final Link link;

  private PluginProcess(String descriptor, Process process, Link link) {
    this.descriptor = descriptor;
    this.process = process;
    this.link = link;
  }

  static Hello hello() {
    return new Hello(Hello.LINK_VERSION, "proxy", "1", Set.of(), 17 << 20, 128L << 20);
  }

  static PluginProcess start(LinkConfig config) throws Exception {
    return start(config, TestPlugin.class);
  }

  /** Starts {@code main} with the link's descriptor in its environment. */
  static PluginProcess start(LinkConfig config, Class<?> main, String... args) throws Exception {
    ShmLinkServer server = ShmLinkServer.create(config, hello());
    String descriptor = server.descriptor();
    Process process = launch(descriptor, main, args);
    Link link = server.await(Duration.ofSeconds(20));
    process.onExit().thenRun(link::close);
    return new PluginProcess(descriptor, process, link);
  }

  static Process launch(String descriptor, Class<?> main, String... args) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx512m",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
    command.addAll(List.of(args));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .redirectOutput(new File("/dev/null"));
    builder.environment().put("PRISM_LINK", descriptor);
    return builder.start();
  }

  /** Sends {@code name}, as STOP or CONT, with the system's own kill. */
  void signal(String name) throws Exception {
    new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
  }

  static CallHeader header(int operation, Duration timeout) {
    return header(operation, "tenant", timeout);
  }

  static CallHeader header(int operation, String namespace, Duration timeout) {
    long now = System.nanoTime();
    return new CallHeader(
        operation, namespace, 0, 1, 0, now + timeout.toNanos(), now, "request-1", null);
  }

  /** Waits until {@code condition} holds; fails after ten seconds. */
  static void await(Condition condition) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!condition.holds()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("not within ten seconds");
      }
      Thread.sleep(2);
    }
  }

  @FunctionalInterface
  interface Condition {
    boolean holds() throws Exception;
  }

  @Override
  public void close() {
    link.close();
    process.destroyForcibly().onExit().join();
  }
}
