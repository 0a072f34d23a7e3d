package dev.prism.proxy.route;

import com.google.protobuf.UnsafeByteOperations;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.nio.charset.StandardCharsets;

/**
 * Reads protobuf's wire format in place. It takes nothing that protobuf's own parser refuses, and
 * is stricter where only a forger would differ: a tag or length has at most five bytes and 32 bits,
 * where the parser of one language takes ten and drops the upper bits and that of another does not.
 *
 * <p>A place in the bytes is a plain {@code int}; where a method must answer a value and the place
 * after it, or a range, the two are packed into a {@code long}: no object is made for either.
 */
final class Wire {
  static final int VARINT = 0;
  static final int FIXED64 = 1;
  static final int BYTES = 2;
  static final int START_GROUP = 3;
  static final int END_GROUP = 4;
  static final int FIXED32 = 5;

  /** How deep messages and groups may nest: what protobuf's parsers take by default. */
  static final int MAX_DEPTH = 100;

  private static final int MAX_VARINT32_BYTES = 5;
  private static final int MAX_VARINT64_BYTES = 10;

  private Wire() {}

  static long pack(int upper, int lower) {
    return ((long) upper << 32) | (lower & 0xffff_ffffL);
  }

  /** Of a value read: the value. */
  static int value(long read) {
    return (int) (read >>> 32);
  }

  /** Of a value read: the place after it. */
  static int next(long read) {
    return (int) read;
  }

  /** Of a range: where it begins. */
  static int offset(long range) {
    return (int) (range >>> 32);
  }

  /** Of a range: how many bytes it has. */
  static int length(long range) {
    return (int) range;
  }

  static int number(int tag) {
    return tag >>> 3;
  }

  static int type(int tag) {
    return tag & 7;
  }

  /** The tag at {@code pos} and the place after it. */
  static long readTag(byte[] bytes, int pos, int end) {
    byte first = bytes[pos];
    // One byte, and of a field number other than 0: nearly always.
    return first >= 8 ? pack(first, pos + 1) : readLongTag(bytes, pos, end);
  }

  private static long readLongTag(byte[] bytes, int pos, int end) {
    long read = varint32(bytes, pos, end);
    if (number(value(read)) == 0) {
      throw malformed("a field with number 0");
    }
    return read;
  }

  /**
   * The length at {@code pos} and the place after it; that many bytes are there before {@code end}.
   */
  static long readLength(byte[] bytes, int pos, int end) {
    long read =
        pos < end && bytes[pos] >= 0 ? pack(bytes[pos], pos + 1) : varint32(bytes, pos, end);
    int length = value(read);
    if (length < 0 || length > end - next(read)) {
      throw malformed("a length past the end");
    }
    return read;
  }

  private static long varint32(byte[] bytes, int pos, int end) {
    long value = 0;
    for (int i = 0; i < MAX_VARINT32_BYTES; i++) {
      if (pos + i >= end) {
        throw malformed("it ends inside a number");
      }
      byte next = bytes[pos + i];
      value |= (long) (next & 0x7f) << (7 * i);
      if (next >= 0) {
        if (value >>> 32 != 0) {
          break;
        }
        return pack((int) value, pos + i + 1);
      }
    }
    throw malformed("a number that is too long");
  }

  /**
   * The place after the field whose tag was read just before {@code pos}.
   *
   * @param depth how many messages and groups the field is in
   */
  static int skip(byte[] bytes, int pos, int end, int tag, int depth) {
    return switch (type(tag)) {
      case VARINT -> skipVarint(bytes, pos, end);
      case FIXED64 -> skipBytes(pos, end, Long.BYTES);
      case BYTES -> {
        long length = readLength(bytes, pos, end);
        yield next(length) + value(length);
      }
      case START_GROUP -> skipGroup(bytes, pos, end, number(tag), depth + 1);
      case FIXED32 -> skipBytes(pos, end, Integer.BYTES);
      case END_GROUP -> throw malformed("a group that ends and did not begin");
      default -> throw malformed("a wire type that does not exist");
    };
  }

  private static int skipVarint(byte[] bytes, int pos, int end) {
    int limit = Math.min(end, pos + MAX_VARINT64_BYTES);
    for (int i = pos; i < limit; i++) {
      if (bytes[i] >= 0) {
        return i + 1;
      }
    }
    throw malformed("a number that is too long or not whole");
  }

  private static int skipBytes(int pos, int end, int count) {
    if (end - pos < count) {
      throw malformed("it ends inside a field");
    }
    return pos + count;
  }

  private static int skipGroup(byte[] bytes, int pos, int end, int number, int depth) {
    checkDepth(depth);
    int at = pos;
    while (at < end) {
      long read = readTag(bytes, at, end);
      int tag = value(read);
      at = next(read);
      if (type(tag) == END_GROUP) {
        if (number(tag) != number) {
          throw malformed("a group that another one ends");
        }
        return at;
      }
      at = skip(bytes, at, end, tag, depth);
    }
    throw malformed("a group that does not end");
  }

  static void checkDepth(int depth) {
    if (depth > MAX_DEPTH) {
      throw malformed("messages nested more than " + MAX_DEPTH + " deep");
    }
  }

  /** Throws unless the bytes are UTF-8. */
  static void checkUtf8(byte[] bytes, int offset, int length) {
    int all = 0;
    for (int i = offset; i < offset + length; i++) {
      all |= bytes[i];
    }
    if (all < 0 && !UnsafeByteOperations.unsafeWrap(bytes, offset, length).isValidUtf8()) {
      throw malformed("a name that is not UTF-8");
    }
  }

  /** The string of a range that {@link #checkUtf8} has seen. */
  static String string(byte[] bytes, long range) {
    return new String(bytes, offset(range), length(range), StandardCharsets.UTF_8);
  }

  static PrismException malformed(String what) {
    return PrismException.of(
        Reason.REQUEST_MALFORMED,
        "the request is not a valid protobuf message: " + what + "; encode it with generated code");
  }
}
