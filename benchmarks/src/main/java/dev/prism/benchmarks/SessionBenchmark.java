package dev.prism.benchmarks;

import dev.prism.proxy.session.Session;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Finding the session of a call among as many as a busy proxy has, each asked for in turn. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 1,
    jvmArgs = {
      "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
      "--enable-native-access=ALL-UNNAMED",
      "--sun-misc-unsafe-memory-access=allow"
    })
public class SessionBenchmark {
  private static final int OPEN = 10_000;

  private final OpenSessions open = new OpenSessions(OPEN, 1000);
  private int next;

  @TearDown
  public void close() {
    open.close();
  }

  /** By its token, which was seen before; the session counts as used. */
  @Benchmark
  public Session authenticate() {
    next = next + 1 == OPEN ? 0 : next + 1;
    return open.sessions().authenticate(open.tokens()[next]);
  }
}
