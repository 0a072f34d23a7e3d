package dev.prism.grpc.engine;

import org.jspecify.annotations.Nullable;

/** A message that the reader has put together, and the link to the one after it. */
final class Received {
  final byte[] bytes;
  final boolean compressed;

  /** What its client may send again once it is taken, bytes. */
  final int credit;

  volatile @Nullable Received next;

  Received(byte[] bytes, boolean compressed, int credit) {
    this.bytes = bytes;
    this.compressed = compressed;
    this.credit = credit;
  }
}
