package dev.prism.perf.load;

import io.grpc.netty.shaded.io.netty.buffer.Unpooled;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.Http2Exception;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.Http2Headers;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Reads the header blocks of one connection's answers. Netty's decoder does it, but not for each: a
 * server says the same in the same bytes as long as the table they refer to stays as it is, and
 * after the first few answers it does. (Helidon 4.5.0 fills the table even of a client that asked
 * for none with SETTINGS_HEADER_TABLE_SIZE 0, and refers to it ever after.)
 */
final class AnswerHeaders {
  private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder(false);

  // Blocks that were found to be good, and mean what they meant then
  private @Nullable ByteBuffer goodHeaders;
  private @Nullable ByteBuffer goodTrailers;

  /**
   * Takes the block before an answer's message.
   *
   * @param block all that remains of it; its position stays
   * @return what is wrong with it; null when it says HTTP's status 200
   * @throws IOException when it cannot be read, and so none after it either
   */
  @Nullable String headers(int stream, ByteBuffer block) throws IOException {
    if (block.equals(goodHeaders)) {
      return null;
    }
    CharSequence status = read(stream, block).get(":status");
    if (status == null || !"200".contentEquals(status)) {
      return "HTTP status " + status;
    }
    goodHeaders = keepIfStable(block);
    return null;
  }

  /**
   * Takes the block that ends an answer.
   *
   * @param block all that remains of it; its position stays
   * @return what is wrong with it; null when it says {@code grpc-status: 0}
   * @throws IOException when it cannot be read, and so none after it either
   */
  @Nullable String trailers(int stream, ByteBuffer block) throws IOException {
    if (block.equals(goodTrailers)) {
      return null;
    }
    Http2Headers headers = read(stream, block);
    CharSequence status = headers.get("grpc-status");
    if (status == null) {
      return "ended without a grpc-status, HTTP status " + headers.get(":status");
    }
    if (!"0".contentEquals(status)) {
      return "grpc-status " + status;
    }
    goodTrailers = keepIfStable(block);
    return null;
  }

  private Http2Headers read(int stream, ByteBuffer block) throws IOException {
    try {
      Http2Headers headers = decoder.decodeHeaders(stream, Unpooled.copiedBuffer(block));
      if (changesTable(copy(block))) {
        goodHeaders = null;
        goodTrailers = null;
      }
      return headers;
    } catch (Http2Exception e) {
      throw new IOException(
          "headers that cannot be read: " + HexFormat.of().formatHex(copy(block)), e);
    }
  }

  private @Nullable ByteBuffer keepIfStable(ByteBuffer block) {
    byte[] bytes = copy(block);
    return changesTable(bytes) ? null : ByteBuffer.wrap(bytes);
  }

  private static byte[] copy(ByteBuffer block) {
    byte[] bytes = new byte[block.remaining()];
    block.get(block.position(), bytes);
    return bytes;
  }

  /** Whether the decoder's table is another after this block, which it could read (RFC 7541, 6). */
  private static boolean changesTable(byte[] block) {
    int at = 0;
    while (at < block.length) {
      int first = block[at] & 0xFF;
      if (first >= 0x80) { // indexed
        at = integerEnd(block, at, 0x7F);
      } else if (first >= 0x20) { // literal to be indexed, or a new table size
        return true;
      } else { // literal not to be indexed
        at = integerEnd(block, at, 0x0F);
        if ((first & 0x0F) == 0) {
          at = stringEnd(block, at);
        }
        at = stringEnd(block, at);
      }
    }
    return false;
  }

  private static int integerEnd(byte[] block, int start, int mask) {
    int at = start + 1;
    if ((block[start] & mask) == mask) {
      while (block[at++] < 0) {
        // one more byte of the integer
      }
    }
    return at;
  }

  private static int stringEnd(byte[] block, int start) {
    int end = integerEnd(block, start, 0x7F);
    int length = block[start] & 0x7F;
    int shift = 0;
    for (int at = start + 1; at < end; at++, shift += 7) {
      length += (block[at] & 0x7F) << shift;
    }
    return end + length;
  }
}
