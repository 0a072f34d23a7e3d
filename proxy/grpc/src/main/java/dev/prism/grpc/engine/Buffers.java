package dev.prism.grpc.engine;

import org.agrona.concurrent.ManyToManyConcurrentArrayQueue;
import org.jspecify.annotations.Nullable;

/** Writers' buffers, lent for the time of a drain, so that a quiet connection holds none. */
final class Buffers {
  static final byte[] NONE = new byte[0];

  private static final int SIZE = 32 * 1024;
  private static final int KEPT = 64;

  private final ManyToManyConcurrentArrayQueue<byte[]> free =
      new ManyToManyConcurrentArrayQueue<>(KEPT);

  byte[] take() {
    byte @Nullable [] buffer = free.poll();
    return buffer == null ? new byte[SIZE] : buffer;
  }

  /** Gives one back; beyond {@value #KEPT} it is the collector's. */
  void give(byte[] buffer) {
    if (buffer.length == SIZE) {
      free.offer(buffer);
    }
  }
}
