package dev.prism.link;

import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.NullMarked;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What writing and reading a call's frame costs. In the link's package, as frames are not public.
 */
@NullMarked
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 1,
    jvmArgs = {
      "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
      "--sun-misc-unsafe-memory-access=allow"
    })
public class FrameBenchmark {
  private static final int BODY_BYTES = 256;

  private final CallHeader header =
      new CallHeader(
          1,
          "benchmark",
          0,
          1,
          0,
          1,
          2,
          "0123456789abcdef",
          "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  private final byte[] body = new byte[BODY_BYTES];
  private final UnsafeBuffer buffer = new UnsafeBuffer(new byte[1024]);
  private final int length = write();

  /** A call's header and body. */
  @Benchmark
  public final int write() {
    int headerLength = Frame.headerLength(header);
    Frame.write(buffer, 0, 1, 1, headerLength, 0, body.length, 0);
    Frame.writeCall(buffer, 0, header);
    buffer.putBytes(headerLength, body);
    return headerLength + body.length;
  }

  /** The header as a record, its strings included. */
  @Benchmark
  public CallHeader readHeader() {
    Frame.check(buffer, 0, length, buffer.capacity());
    return Frame.readCall(buffer, 0);
  }

  /** The body, copied out. */
  @Benchmark
  public byte[] readBody() {
    return Frame.body(buffer, 0, length);
  }
}
