package dev.prism.grpc.engine;

import java.nio.charset.StandardCharsets;

/** The frame layout of HTTP/2 (RFC 9113 section 4 and 6) and its numbers. */
final class Frames {
  static final int HEADER = 9;

  static final int DATA = 0;
  static final int HEADERS = 1;
  static final int PRIORITY = 2;
  static final int RST_STREAM = 3;
  static final int SETTINGS = 4;
  static final int PUSH_PROMISE = 5;
  static final int PING = 6;
  static final int GOAWAY = 7;
  static final int WINDOW_UPDATE = 8;
  static final int CONTINUATION = 9;

  static final int END_STREAM = 0x1;
  static final int ACK = 0x1;
  static final int END_HEADERS = 0x4;
  static final int PADDED = 0x8;
  static final int PRIORITIZED = 0x20;

  static final int SETTINGS_HEADER_TABLE_SIZE = 1;
  static final int SETTINGS_ENABLE_PUSH = 2;
  static final int SETTINGS_MAX_CONCURRENT_STREAMS = 3;
  static final int SETTINGS_INITIAL_WINDOW_SIZE = 4;
  static final int SETTINGS_MAX_FRAME_SIZE = 5;
  static final int SETTINGS_MAX_HEADER_LIST_SIZE = 6;

  /** What a peer may send in one frame: we never raise it (RFC 9113 6.5.2). */
  static final int MAX_FRAME = 16_384;

  static final int DEFAULT_WINDOW = 65_535;
  static final long MAX_WINDOW = Integer.MAX_VALUE;

  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private Frames() {}

  /** What a client sends first (RFC 9113 3.4). */
  static byte[] preface() {
    return PREFACE.clone();
  }

  /** Writes a frame header at {@code at}; returns the position after it. */
  static int header(byte[] to, int at, int length, int type, int flags, int stream) {
    to[at] = (byte) (length >>> 16);
    to[at + 1] = (byte) (length >>> 8);
    to[at + 2] = (byte) length;
    to[at + 3] = (byte) type;
    to[at + 4] = (byte) flags;
    putInt(to, at + 5, stream);
    return at + HEADER;
  }

  /** The payload's length of the frame whose header is at {@code at}. */
  static int length(byte[] from, int at) {
    return ((from[at] & 0xFF) << 16) | ((from[at + 1] & 0xFF) << 8) | (from[at + 2] & 0xFF);
  }

  static void putInt(byte[] to, int at, int value) {
    to[at] = (byte) (value >>> 24);
    to[at + 1] = (byte) (value >>> 16);
    to[at + 2] = (byte) (value >>> 8);
    to[at + 3] = (byte) value;
  }

  static int getInt(byte[] from, int at) {
    return ((from[at] & 0xFF) << 24)
        | ((from[at + 1] & 0xFF) << 16)
        | ((from[at + 2] & 0xFF) << 8)
        | (from[at + 3] & 0xFF);
  }

  static byte[] rstStream(int stream, ErrorCode code) {
    byte[] frame = new byte[HEADER + 4];
    putInt(frame, header(frame, 0, 4, RST_STREAM, 0, stream), code.number());
    return frame;
  }

  static byte[] windowUpdate(int stream, int increment) {
    byte[] frame = new byte[HEADER + 4];
    putInt(frame, header(frame, 0, 4, WINDOW_UPDATE, 0, stream), increment);
    return frame;
  }

  static byte[] goAway(int lastStream, ErrorCode code, String text) {
    byte[] debug = text.getBytes(StandardCharsets.UTF_8);
    byte[] frame = new byte[HEADER + 8 + debug.length];
    int at = header(frame, 0, 8 + debug.length, GOAWAY, 0, 0);
    putInt(frame, at, lastStream);
    putInt(frame, at + 4, code.number());
    System.arraycopy(debug, 0, frame, at + 8, debug.length);
    return frame;
  }

  /** A PING; {@code opaque} holds its 8 bytes at {@code at}. */
  static byte[] ping(boolean ack, byte[] opaque, int at) {
    byte[] frame = new byte[HEADER + 8];
    header(frame, 0, 8, PING, ack ? ACK : 0, 0);
    System.arraycopy(opaque, at, frame, HEADER, 8);
    return frame;
  }

  /** SETTINGS of names and values in turn. */
  static byte[] settings(int... values) {
    byte[] frame = new byte[HEADER + values.length / 2 * 6];
    int at = header(frame, 0, values.length / 2 * 6, SETTINGS, 0, 0);
    for (int i = 0; i < values.length; i += 2) {
      frame[at + 1] = (byte) values[i];
      putInt(frame, at + 2, values[i + 1]);
      at += 6;
    }
    return frame;
  }

  static byte[] settingsAck() {
    byte[] frame = new byte[HEADER];
    header(frame, 0, 0, SETTINGS, ACK, 0);
    return frame;
  }
}
