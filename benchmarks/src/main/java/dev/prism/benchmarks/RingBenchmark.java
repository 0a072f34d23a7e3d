package dev.prism.benchmarks;

import dev.prism.link.CallHeader;
import dev.prism.link.Exchange;
import dev.prism.link.Hello;
import dev.prism.link.InProcessLink;
import dev.prism.link.InboundCall;
import dev.prism.link.Link;
import dev.prism.link.LinkException;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A round trip over the two rings within one process: frames, slots, credit and wake-ups without
 * another process's scheduling. {@link LinkBench} has the whole.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 1,
    jvmArgs = {
      "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
      "--enable-native-access=ALL-UNNAMED",
      "--sun-misc-unsafe-memory-access=allow"
    })
public class RingBenchmark {
  private static final int ECHO = 1;
  private static final int MESSAGES = 1000;
  private static final int MAX_MESSAGE = 1 << 20;

  /** The length of a body: in the room kept for answers, in one frame, in fragments. */
  @Param({"256", "8192", "131072"})
  public int bodyBytes;

  private byte[] body = new byte[0];
  private Link link =
      InProcessLink.connect(hello("benchmark"), hello("echo"), RingBenchmark::answer);

  private static Hello hello(String name) {
    return new Hello(Hello.LINK_VERSION, name, "bench", Set.of(), MAX_MESSAGE, 64L * MAX_MESSAGE);
  }

  private static void answer(InboundCall call) {
    if (call.header().operation() == ECHO) {
      call.reply(call.request());
    } else {
      Thread.ofVirtual().start(() -> stream(call));
    }
  }

  private static void stream(InboundCall call) {
    for (int i = 0; i < MESSAGES && call.send(call.request()); i++) {
      // As fast as it is granted.
    }
    call.end();
  }

  @Setup
  public void start() {
    body = new byte[bodyBytes];
  }

  @TearDown
  public void stop() {
    link.close();
  }

  private static CallHeader header(int operation) {
    long now = System.nanoTime();
    return new CallHeader(
        operation,
        "benchmark",
        0,
        1,
        0,
        now + TimeUnit.SECONDS.toNanos(10),
        now,
        "0123456789abcdef",
        null);
  }

  /** One caller at a time. */
  @Benchmark
  public byte[] call() throws LinkException {
    return link.call(header(ECHO), body);
  }

  /** Eight callers at once. */
  @Benchmark
  @Threads(8)
  public byte[] callsAtOnce() throws LinkException {
    return link.call(header(ECHO), body);
  }

  /** A stream of a thousand messages. */
  @Benchmark
  public int stream() throws LinkException {
    int received = 0;
    try (Exchange stream = link.open(header(ECHO + 1), body)) {
      while (stream.receive() != null) {
        received++;
      }
    }
    return received;
  }
}
