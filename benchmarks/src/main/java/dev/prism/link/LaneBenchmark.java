package dev.prism.link;

import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.MessageHandler;
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
 * A call and its answer over the two rings by one thread that is both ends: claims, copies, bells
 * and checks without waiting and waking, which cost more by the machine's other work than by ours.
 * In the link's package, as lanes are not public.
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
public class LaneBenchmark {
  private static final int BODY_BYTES = 256;
  private static final int RING_BYTES = 2 << 20;

  private final LinkMemory memory =
      LinkMemory.create(
          ByteBuffer.allocateDirect(LinkMemory.size(RING_BYTES)),
          new LinkConfig(RING_BYTES, 512, new ByteBudget(64 << 20), true),
          1,
          LinkMemory.PARKING);
  private final RingSender requests = new RingSender(memory.requests, 1);
  private final RingSender responses = new RingSender(memory.responses, 1);
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
  private long id;
  private final MessageHandler answer = this::answer;
  private final MessageHandler answered = this::answered;
  private byte[] lastAnswer = {};

  /** There and back; what a plugin would do with the header and the body is to read them. */
  @Benchmark
  public byte[] call() {
    if (!requests.trySendCall(Frame.REQUEST, ++id, header, body)) {
      throw new IllegalStateException("no room for a lone call");
    }
    take(memory.requests, answer);
    take(memory.responses, answered);
    return lastAnswer;
  }

  /** Where a frame did not fit before the ring's end, the first look finds that end alone. */
  private static void take(LinkMemory.Lane lane, MessageHandler handler) {
    if (lane.ring().read(handler) + lane.ring().read(handler) != 1) {
      throw new IllegalStateException("not the one frame that was sent");
    }
  }

  private void answer(int kind, DirectBuffer buffer, int at, int length) {
    Frame.check(buffer, at, length, RING_BYTES);
    if (Frame.readCall(buffer, at).operation() != header.operation()) {
      throw new IllegalStateException("another call");
    }
    responses.sendAnswer(Frame.REPLY, Frame.id(buffer, at), Frame.body(buffer, at, length));
  }

  private void answered(int kind, DirectBuffer buffer, int at, int length) {
    Frame.check(buffer, at, length, RING_BYTES);
    lastAnswer = Frame.body(buffer, at, length);
  }
}
