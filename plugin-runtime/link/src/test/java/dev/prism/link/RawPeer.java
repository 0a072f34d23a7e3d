package dev.prism.link;

import java.nio.ByteBuffer;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.AtomicBuffer;

/** A peer that puts on the response ring whatever a test says, right or wrong. */
final class RawPeer implements AutoCloseable {
  static final int MAX_MESSAGE = 1 << 20;

  final LinkMemory memory;
  final ProxyEnd link;
  final ByteBudget budget = new ByteBudget(4 << 20);

  RawPeer() {
    this(Hello.LINK_VERSION);
  }

  RawPeer(int version) {
    LinkConfig config = new LinkConfig(1 << 20, 256, budget, true);
    memory =
        LinkMemory.create(
            ByteBuffer.allocateDirect(LinkMemory.size(config.ringBytes())),
            config,
            77,
            LinkMemory.PARKING);
    link =
        new ProxyEnd(
            memory, budget, new Hello(1, "proxy", "1", Set.of(), MAX_MESSAGE, 1 << 24), () -> {});
    takeId(Frame.HELLO);
    send(
        Frame.HELLO,
        0,
        0,
        0,
        0,
        HelloCodec.encode(
            new Hello(version, "raw", "1", Set.of(), MAX_MESSAGE, 16L * MAX_MESSAGE)));
  }

  /** Takes frames off the request ring until one of {@code kind}; its call's id. */
  long takeId(int kind) {
    long[] found = {-1};
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
    while (found[0] < 0) {
      memory.requests.ring().consumerHeartbeatTime(System.nanoTime());
      memory
          .requests
          .ring()
          .read(
              (type, buffer, at, length) -> {
                if (type == kind) {
                  found[0] = Frame.id(buffer, at);
                }
              },
              1);
      if (System.nanoTime() - end > 0) {
        throw new AssertionError("no frame of kind " + kind);
      }
      Thread.onSpinWait();
    }
    return found[0];
  }

  void send(int kind, long id, int flags, int total, int offset, byte[] body) {
    send(kind, id, memory.incarnation, Frame.SHORT_HEADER, flags, total, offset, body);
  }

  void send(
      int kind,
      long id,
      int incarnation,
      int headerLength,
      int flags,
      int total,
      int offset,
      byte[] body) {
    int at = memory.responses.ring().tryClaim(kind, Frame.SHORT_HEADER + body.length);
    AtomicBuffer buffer = memory.responses.ring().buffer();
    Frame.write(buffer, at, id, incarnation, headerLength, flags, total, offset);
    buffer.putBytes(at + Frame.SHORT_HEADER, body);
    memory.responses.ring().commit(at);
    memory.responses.bell().ring();
  }

  @Override
  public void close() {
    link.close();
  }
}
