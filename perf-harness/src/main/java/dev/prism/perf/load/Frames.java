package dev.prism.perf.load;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** HTTP/2's numbers, as far as they are used here (RFC 9113, 6 and 11). */
final class Frames {
  static final int HEADER = 9;
  static final int TYPE_AT = 3;
  static final int FLAGS_AT = 4;
  static final int STREAM_ID_AT = 5;

  static final int DATA = 0;
  static final int HEADERS = 1;
  static final int RST_STREAM = 3;
  static final int SETTINGS = 4;
  static final int PUSH_PROMISE = 5;
  static final int PING = 6;
  static final int GOAWAY = 7;
  static final int WINDOW_UPDATE = 8;
  static final int CONTINUATION = 9;

  static final int ACK = 0x1;
  static final int END_STREAM = 0x1;
  static final int END_HEADERS = 0x4;
  static final int PADDED = 0x8;
  static final int PRIORITY = 0x20;

  static final int SETTINGS_HEADER_TABLE_SIZE = 1;
  static final int SETTINGS_ENABLE_PUSH = 2;
  static final int SETTINGS_MAX_CONCURRENT_STREAMS = 3;
  static final int SETTINGS_INITIAL_WINDOW_SIZE = 4;

  static final int DEFAULT_WINDOW = 65_535;

  /** Every HTTP/2 peer takes frames of this size, and sends no larger ones unasked. */
  static final int MAX_PAYLOAD = 16_384;

  static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private Frames() {}

  static void putHeader(ByteBuffer out, int length, int type, int flags, int stream) {
    out.putInt((length << 8) | type).put((byte) flags).putInt(stream);
  }
}
