package dev.prism.perf.load;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * One unary gRPC request as the HTTP/2 frames it is sent in, encoded once. Requests differ in their
 * stream id and in a number of fixed width within the message; both are patched in the copy.
 *
 * <pre>
 *   HEADERS (END_HEADERS) | DATA ... | DATA (END_STREAM), of at most 16 KiB each
 * </pre>
 */
public final class RequestFrames {
  /** What stands for the number in the message given; a number has as many decimal digits. */
  public static final String NUMBER = "0000000000";

  private static final int GRPC_PREFIX = 5;

  private final int tableBytes;
  private final Encoded literal;
  private final Encoded first;
  private final Encoded again;

  /**
   * Encodes the request.
   *
   * @param scheme {@code http} or {@code https}
   * @param path {@code /package.Service/Method}
   * @param metadata ASCII; names in lower case; fits a peer's header table of 4 KiB
   * @param message in protobuf's encoding; may hold {@link #NUMBER} within its first 1 KiB; without
   *     it all requests are alike
   */
  public RequestFrames(
      String scheme, String authority, String path, Map<String, String> metadata, byte[] message) {
    HeaderBlocks blocks = new HeaderBlocks(scheme, authority, path, metadata);
    tableBytes = blocks.tableBytes();
    literal = Encoded.of(blocks.literal(), message);
    first = Encoded.of(blocks.first(), message);
    again = Encoded.of(blocks.again(), message);
  }

  /** Which form of its headers a request has. */
  enum Form {
    /** Uses no table. */
    LITERAL,
    /** Fills the peer's table: a connection's first. */
    FIRST,
    /** Refers to the table that the first has filled. */
    AGAIN
  }

  /** The form of the first request to a peer that has a header table of so many bytes. */
  Form firstForm(long peerTableBytes) {
    return peerTableBytes < tableBytes ? Form.LITERAL : Form.FIRST;
  }

  /** How many bytes {@link #append} adds, at most. */
  int size() {
    return first.frames.length;
  }

  /** How much of the peer's flow-control windows a request takes. */
  int dataBytes() {
    return first.dataBytes;
  }

  /** Adds a request at the buffer's position; the buffer must have room. */
  void append(ByteBuffer out, Form form, int stream, long number) {
    switch (form) {
      case LITERAL -> literal.append(out, stream, number);
      case FIRST -> first.append(out, stream, number);
      case AGAIN -> again.append(out, stream, number);
    }
  }

  private static final class Encoded {
    private final byte[] frames;
    private final int[] streamIdsAt;
    private final int lastDigitAt; // negative: there is no number
    private final int dataBytes;

    private Encoded(byte[] frames, int[] streamIdsAt, int lastDigitAt, int dataBytes) {
      this.frames = frames;
      this.streamIdsAt = streamIdsAt;
      this.lastDigitAt = lastDigitAt;
      this.dataBytes = dataBytes;
    }

    static Encoded of(byte[] block, byte[] message) {
      ByteBuffer data = ByteBuffer.allocate(GRPC_PREFIX + message.length);
      data.put((byte) 0).putInt(message.length).put(message).flip();
      int dataBytes = data.remaining();
      int dataFrames = (dataBytes + Frames.MAX_PAYLOAD - 1) / Frames.MAX_PAYLOAD;
      int[] streamIdsAt = new int[1 + dataFrames];
      ByteBuffer out =
          ByteBuffer.allocate(Frames.HEADER * (1 + dataFrames) + block.length + dataBytes);
      streamIdsAt[0] = out.position() + Frames.STREAM_ID_AT;
      Frames.putHeader(out, block.length, Frames.HEADERS, Frames.END_HEADERS, 0);
      out.put(block);
      int messageAt = out.position() + Frames.HEADER + GRPC_PREFIX;
      for (int frame = 1; frame <= dataFrames; frame++) {
        int length = Math.min(Frames.MAX_PAYLOAD, data.remaining());
        streamIdsAt[frame] = out.position() + Frames.STREAM_ID_AT;
        int flags = frame == dataFrames ? Frames.END_STREAM : 0;
        Frames.putHeader(out, length, Frames.DATA, flags, 0);
        out.put(data.slice(data.position(), length));
        data.position(data.position() + length);
      }
      int numberAt = new String(message, StandardCharsets.ISO_8859_1).indexOf(NUMBER);
      if (numberAt > 1024) {
        throw new IllegalArgumentException("the message's number is too far from its beginning");
      }
      int lastDigitAt = numberAt < 0 ? -1 : messageAt + numberAt + NUMBER.length() - 1;
      return new Encoded(out.array(), streamIdsAt, lastDigitAt, dataBytes);
    }

    void append(ByteBuffer out, int stream, long number) {
      int at = out.position();
      out.put(frames);
      for (int idAt : streamIdsAt) {
        out.putInt(at + idAt, stream);
      }
      if (lastDigitAt < 0) {
        return;
      }
      int digitAt = at + lastDigitAt;
      for (long rest = number; rest != 0; rest /= 10) {
        out.put(digitAt--, (byte) ('0' + rest % 10));
      }
    }
  }
}
