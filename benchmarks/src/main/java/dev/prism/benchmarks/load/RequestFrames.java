package dev.prism.benchmarks.load;

import java.io.ByteArrayOutputStream;
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

  private final byte[] frames;
  private final int[] streamIdsAt;
  private final int lastDigitAt;
  private final int dataBytes;

  /**
   * Encodes the request.
   *
   * @param scheme {@code http} or {@code https}
   * @param path {@code /package.Service/Method}
   * @param metadata ASCII; names in lower case
   * @param message in protobuf's encoding; holds {@link #NUMBER} within its first 1 KiB
   */
  public RequestFrames(
      String scheme, String authority, String path, Map<String, String> metadata, byte[] message) {
    byte[] block = headerBlock(scheme, authority, path, metadata);
    ByteBuffer data = ByteBuffer.allocate(GRPC_PREFIX + message.length);
    data.put((byte) 0).putInt(message.length).put(message).flip();
    dataBytes = data.remaining();
    int dataFrames = (dataBytes + Frames.MAX_PAYLOAD - 1) / Frames.MAX_PAYLOAD;
    streamIdsAt = new int[1 + dataFrames];
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
    frames = out.array();
    int numberAt = new String(message, StandardCharsets.ISO_8859_1).indexOf(NUMBER);
    if (numberAt < 0 || numberAt > 1024) {
      throw new IllegalArgumentException("the message holds no number where it is looked for");
    }
    lastDigitAt = messageAt + numberAt + NUMBER.length() - 1;
  }

  /** How many bytes {@link #append} adds. */
  int size() {
    return frames.length;
  }

  /** How much of the peer's flow-control windows a request takes. */
  int dataBytes() {
    return dataBytes;
  }

  /** Adds a request at the buffer's position; the buffer must have room. */
  void append(ByteBuffer out, int stream, long number) {
    int at = out.position();
    out.put(frames);
    for (int idAt : streamIdsAt) {
      out.putInt(at + idAt, stream);
    }
    int digitAt = at + lastDigitAt;
    for (long rest = number; rest != 0; rest /= 10) {
      out.put(digitAt--, (byte) ('0' + rest % 10));
    }
  }

  /**
   * Literals without indexing and without Huffman, so that the block means the same every time it
   * is sent. The names of pseudo headers are taken from the static table: stock Helidon refuses a
   * literal {@code :path}.
   */
  private static byte[] headerBlock(
      String scheme, String authority, String path, Map<String, String> metadata) {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    block.write(0x83); // :method POST
    block.write(scheme.equals("https") ? 0x87 : 0x86); // :scheme
    block.write(0x04); // :path
    string(block, path);
    block.write(0x01); // :authority
    string(block, authority);
    literal(block, "te", "trailers");
    literal(block, "content-type", "application/grpc");
    metadata.forEach((name, value) -> literal(block, name, value));
    if (block.size() > Frames.MAX_PAYLOAD) {
      throw new IllegalArgumentException("the metadata does not fit a frame");
    }
    return block.toByteArray();
  }

  private static void literal(ByteArrayOutputStream block, String name, String value) {
    block.write(0);
    string(block, name);
    string(block, value);
  }

  /** RFC 7541, 5.1 and 5.2: a length with a prefix of 7 bits, then the bytes. */
  private static void string(ByteArrayOutputStream block, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    if (bytes.length < 0x7F) {
      block.write(bytes.length);
    } else {
      block.write(0x7F);
      int rest = bytes.length - 0x7F;
      for (; rest >= 0x80; rest >>>= 7) {
        block.write((rest & 0x7F) | 0x80);
      }
      block.write(rest);
    }
    block.writeBytes(bytes);
  }
}
