package dev.prism.grpc.engine;

import org.jspecify.annotations.Nullable;

/**
 * A piece of a stream's response, made by its call and written by whoever drains: any of its
 * opening headers, a message, and its end, so that a unary response is one piece.
 */
final class Outgoing implements Writer.Task {
  /** What gRPC puts before each message: a flag and four bytes of length. */
  private static final int PREFIX = 5;

  final Stream stream;

  /** A framed header block; its frames' stream id is set as they are copied. */
  final byte @Nullable [] head;

  final byte @Nullable [] body;

  /** As {@link #head}, and ends the stream. */
  final byte @Nullable [] tail;

  private final int flag;
  private final int prefix;
  private int at;
  private boolean begun;

  private Outgoing(
      Stream stream,
      byte @Nullable [] head,
      byte @Nullable [] body,
      int prefix,
      boolean compressed,
      byte @Nullable [] tail) {
    this.stream = stream;
    this.head = head;
    this.body = body;
    this.prefix = prefix;
    this.flag = compressed ? 1 : 0;
    this.tail = tail;
  }

  /** A piece of a gRPC response. */
  static Outgoing grpc(
      Stream stream,
      byte @Nullable [] head,
      byte @Nullable [] message,
      boolean compressed,
      byte @Nullable [] tail) {
    return new Outgoing(stream, head, message, PREFIX, compressed, tail);
  }

  /** A whole HTTP response; DATA ends the stream. */
  static Outgoing http(Stream stream, byte[] head, byte[] body) {
    return new Outgoing(stream, head, body, 0, false, null);
  }

  /** What it counts for in the connection's memory. */
  int bytes() {
    return 64
        + (head == null ? 0 : head.length)
        + (body == null ? 0 : body.length)
        + (tail == null ? 0 : tail.length);
  }

  /** The headers that are still to be written, once. */
  byte @Nullable [] takeHead() {
    if (begun) {
      return null;
    }
    begun = true;
    return head;
  }

  /** Bytes of DATA that are left. */
  int remaining() {
    return body == null ? 0 : prefix + body.length - at;
  }

  /** Whether its DATA ends the stream. */
  boolean endsWithData() {
    return prefix == 0;
  }

  /** Copies the next {@code length} bytes of DATA. */
  void copy(byte[] to, int position, int length) {
    if (body == null) {
      return;
    }
    int out = position;
    int left = length;
    while (at < prefix && left > 0) {
      to[out++] = (byte) (at == 0 ? flag : body.length >>> (8 * (4 - at)));
      at++;
      left--;
    }
    if (left > 0) {
      System.arraycopy(body, at - prefix, to, out, left);
      at += left;
    }
  }
}
