package dev.prism.grpc.engine;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.hc.core5.http2.hpack.HPackDecoder;
import org.apache.hc.core5.http2.hpack.HPackException;

/**
 * Finds what httpcore's decoder lets pass: a Huffman-coded string that is padded by a whole byte
 * (RFC 7541 5.2 allows 7 bits). Its last byte is all ones then, and the string means the same
 * without that byte. For one thread.
 */
final class HuffmanPadding {
  private static final byte ALL_ONES = (byte) 0xFF;

  /** A literal without indexing, whose name is "x" and whose value is still to come. */
  private static final byte[] LITERAL = {0, 1, 'x'};

  private byte[] bytes = Buffers.NONE;
  private int at;

  /**
   * Whether a field has such a string.
   *
   * @param from holds the field, which has been decoded: its lengths are right
   * @param start where it begins, table size updates before it included
   */
  boolean isTooLong(byte[] from, int start) throws HPackException {
    bytes = from;
    at = start;
    try {
      return isTooLong();
    } finally {
      bytes = Buffers.NONE; // a quiet connection holds no input
    }
  }

  private boolean isTooLong() throws HPackException {
    while ((bytes[at] & 0xE0) == 0x20) {
      integer(0x1F);
    }
    if (bytes[at] < 0) {
      return false; // an index alone
    }
    boolean named = integer((bytes[at] & 0x40) != 0 ? 0x3F : 0x0F) != 0;
    return (!named && isStringTooLong()) || isStringTooLong();
  }

  private boolean isStringTooLong() throws HPackException {
    boolean huffman = bytes[at] < 0;
    int length = integer(0x7F);
    int begin = at;
    at += length;
    return huffman
        && length > 0
        && bytes[at - 1] == ALL_ONES
        && meansTheSameWithoutItsLast(begin, length);
  }

  private boolean meansTheSameWithoutItsLast(int begin, int length) throws HPackException {
    String whole = decode(begin, length);
    try {
      return whole.equals(decode(begin, length - 1));
    } catch (HPackException e) {
      return false; // a symbol ends in the last byte
    }
  }

  private String decode(int begin, int length) throws HPackException {
    ByteBuffer field = ByteBuffer.allocate(LITERAL.length + 6 + length).put(LITERAL);
    int left = length - 0x7F;
    field.put((byte) (left < 0 ? 0x80 | length : 0xFF));
    while (left >= 0x80) {
      field.put((byte) (0x80 | (left & 0x7F)));
      left >>>= 7;
    }
    if (left >= 0) {
      field.put((byte) left);
    }
    field.put(bytes, begin, length).flip();
    return new HPackDecoder(0, StandardCharsets.ISO_8859_1).decodeHeader(field).getValue();
  }

  /** Reads an integer whose first byte has these bits for it (RFC 7541 5.1). */
  private int integer(int bits) {
    int value = bytes[at++] & bits;
    if (value < bits) {
      return value;
    }
    int shift = 0;
    while (bytes[at] < 0) {
      value += (bytes[at++] & 0x7F) << shift;
      shift += 7;
    }
    return value + (bytes[at++] << shift);
  }
}
