package dev.prism.benchmarks;

import dev.prism.link.ByteBudget;
import dev.prism.link.CallHandler;
import dev.prism.link.CallHeader;
import dev.prism.link.Hello;
import dev.prism.link.InboundCall;
import dev.prism.link.Link;
import dev.prism.link.LinkConfig;
import dev.prism.link.PluginEnd;
import dev.prism.link.ShmLinkServer;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * What a round trip over the shared-memory link costs between two processes: an echo of 256-byte
 * bodies by 64 callers on virtual threads, then by one, then nothing at all. Run by {@code ./prism
 * bench link}; the argument {@code seconds=N} is the length of each round.
 */
public final class LinkBench {
  private static final int BODY_BYTES = 256;
  private static final int CALLERS = 64;
  private static final int ROUNDS = 4;
  private static final int ECHO = 1;
  private static final int CPU = 2;
  private static final int MAX_MESSAGE = 16 << 20;

  private LinkBench() {}

  public static void main(String[] args) throws Exception {
    String descriptor = System.getenv("PRISM_LINK");
    if (descriptor != null) {
      plugin(descriptor);
      return;
    }
    int seconds = 3;
    for (String arg : args) {
      if (!arg.startsWith("seconds=")) {
        throw new IllegalArgumentException("unknown argument " + arg + "; known: seconds=N");
      }
      seconds = Integer.parseInt(arg.substring("seconds=".length()));
    }
    LinkConfig config = LinkConfig.defaults(new ByteBudget(64 << 20));
    ShmLinkServer server = ShmLinkServer.create(config, hello("benchmark"));
    Process plugin = launch(server.descriptor());
    try (Link link = server.await(Duration.ofSeconds(20))) {
      measure(link, Duration.ofSeconds(seconds));
    } finally {
      plugin.destroyForcibly();
      plugin.waitFor();
    }
  }

  // The plugin's process

  private static void plugin(String descriptor) throws IOException {
    CallHandler handler =
        call -> {
          if (call.header().operation() == CPU) {
            replyCpu(call);
          } else {
            call.reply(call.request());
          }
        };
    Thread.ofPlatform().daemon().start(LinkBench::endWithParent);
    try (PluginEnd end = PluginEnd.attach(descriptor, hello("echo"), handler)) {
      end.run();
    }
  }

  private static void endWithParent() {
    try {
      while (System.in.read() >= 0) {
        // The parent says nothing; its end closes the pipe.
      }
    } catch (IOException e) {
      System.err.println("the parent's pipe broke: " + e.getMessage());
    }
    Runtime.getRuntime().halt(0);
  }

  private static void replyCpu(InboundCall call) {
    call.reply(Long.toString(cpuNanos()).getBytes(StandardCharsets.US_ASCII));
  }

  private static Hello hello(String name) {
    return new Hello(Hello.LINK_VERSION, name, "bench", Set.of(), MAX_MESSAGE, 4L * MAX_MESSAGE);
  }

  private static Process launch(String descriptor) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElse("java"));
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(
        List.of(
            "-XX:+UseSerialGC",
            "-cp",
            System.getProperty("java.class.path"),
            LinkBench.class.getName()));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().put("PRISM_LINK", descriptor);
    return builder.start();
  }

  // The proxy's process

  private static void measure(Link link, Duration round) throws Exception {
    System.out.printf(
        Locale.ROOT,
        "echo of %d bytes between two processes, %d processors, rounds of %d s%n",
        BODY_BYTES,
        Runtime.getRuntime().availableProcessors(),
        round.toSeconds());
    for (int i = 1; i <= ROUNDS; i++) {
      measure(link, CALLERS + " callers, round " + i, CALLERS, round);
    }
    for (int i = 1; i <= 2; i++) {
      measure(link, " 1 caller,  round " + i, 1, round);
    }
    idle(link, round);
  }

  private static void measure(Link link, String name, int callers, Duration round)
      throws Exception {
    long proxy = cpuNanos();
    long plugin = pluginCpuNanos(link);
    Histogram times = run(link, callers, round);
    double count = times.getTotalCount();
    System.out.printf(
        Locale.ROOT,
        "%-21s %,9.0f round trips/s   p50 %6.1f us   p99 %7.1f us   CPU each: proxy %4.2f us,"
            + " plugin %4.2f us%n",
        name,
        count / round.toSeconds(),
        times.getValueAtPercentile(50) / 1e3,
        times.getValueAtPercentile(99) / 1e3,
        (cpuNanos() - proxy) / 1e3 / count,
        (pluginCpuNanos(link) - plugin) / 1e3 / count);
  }

  private static Histogram run(Link link, int callers, Duration round) throws Exception {
    Histogram all = new Histogram(TimeUnit.MINUTES.toNanos(1), 3);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Histogram>> results = new ArrayList<>();
      long end = System.nanoTime() + round.toNanos();
      for (int i = 0; i < callers; i++) {
        results.add(threads.submit(() -> caller(link, end)));
      }
      for (Future<Histogram> result : results) {
        all.add(result.get());
      }
    }
    return all;
  }

  private static Histogram caller(Link link, long end) throws Exception {
    Histogram times = new Histogram(TimeUnit.MINUTES.toNanos(1), 3);
    byte[] body = new byte[BODY_BYTES];
    for (long now = System.nanoTime(); now - end < 0; ) {
      byte[] answer = link.call(header(ECHO, now), body);
      if (answer.length != BODY_BYTES) {
        throw new IllegalStateException("an answer of " + answer.length + " bytes");
      }
      long then = now;
      now = System.nanoTime();
      times.recordValue(now - then);
    }
    return times;
  }

  private static CallHeader header(int operation, long now) {
    return new CallHeader(
        operation,
        "benchmark",
        0,
        1,
        0,
        now + TimeUnit.SECONDS.toNanos(10),
        now,
        "0123456789abcdef",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  }

  private static void idle(Link link, Duration round) throws Exception {
    long proxy = cpuNanos();
    long plugin = pluginCpuNanos(link);
    Thread.sleep(round);
    double share = 100.0 / round.toNanos();
    System.out.printf(
        Locale.ROOT,
        "idle: %.2f %% of a processor in the proxy, %.2f %% in the plugin%n",
        (cpuNanos() - proxy) * share,
        (pluginCpuNanos(link) - plugin) * share);
  }

  private static long pluginCpuNanos(Link link) throws Exception {
    byte[] answer = link.call(header(CPU, System.nanoTime()), new byte[0]);
    return Long.parseLong(new String(answer, StandardCharsets.US_ASCII));
  }

  private static long cpuNanos() {
    return ProcessHandle.current().info().totalCpuDuration().orElseThrow().toNanos();
  }
}
