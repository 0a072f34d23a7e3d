package dev.prism.plugin.redis;

/**
 * Offsets are the ids of the stream's entries, whose order they keep: {@code MS-SEQ} is {@code MS
 * << 21 | SEQ}. Milliseconds have room until 2109, and one millisecond for two million messages.
 */
final class Ids {
  private static final int SEQUENCE_BITS = 21;
  private static final int SEQUENCE_DIGITS = 7;
  private static final int MILLIS_DIGITS = 15;

  /** The largest sequence number that an offset can have. */
  static final long MOST_SEQUENCE = (1L << SEQUENCE_BITS) - 1;

  private Ids() {}

  static long offset(String id) {
    int dash = id.indexOf('-');
    long sequence = Long.parseUnsignedLong(id, dash + 1, id.length(), 10);
    if (Long.compareUnsigned(sequence, MOST_SEQUENCE) > 0) {
      sequence = MOST_SEQUENCE; // a native client's own choice of an id, or a bound
    }
    return Long.parseLong(id, 0, dash, 10) << SEQUENCE_BITS | sequence;
  }

  static long sequence(String id) {
    return Long.parseUnsignedLong(id, id.indexOf('-') + 1, id.length(), 10);
  }

  static long millis(String id) {
    return Long.parseLong(id, 0, id.indexOf('-'), 10);
  }

  static String id(long offset) {
    return (offset >>> SEQUENCE_BITS) + "-" + (offset & MOST_SEQUENCE);
  }

  /** As the keys beside the stream have it: text that sorts as ids do. */
  static byte[] padded(long offset) {
    byte[] text = new byte[MILLIS_DIGITS + 1 + SEQUENCE_DIGITS];
    long sequence = offset & MOST_SEQUENCE;
    for (int i = text.length - 1; i > MILLIS_DIGITS; i--) {
      text[i] = (byte) ('0' + sequence % 10);
      sequence /= 10;
    }
    text[MILLIS_DIGITS] = '-';
    long millis = offset >>> SEQUENCE_BITS;
    for (int i = MILLIS_DIGITS - 1; i >= 0; i--) {
      text[i] = (byte) ('0' + millis % 10);
      millis /= 10;
    }
    return text;
  }

  /** The id after which the first message at or after an offset comes. */
  static String before(long offset) {
    return offset == 0 ? "0-0" : id(offset - 1);
  }

  /** The id after which the first message written at that time or later comes. */
  static String beforeTime(long millis) {
    return millis <= 0 ? "0-0" : (millis - 1) + "-" + Long.toUnsignedString(-1);
  }

  /** The offset after that of the id that was given last. */
  static long end(String last) {
    return last.equals("0-0") ? 0 : offset(last) + 1;
  }
}
