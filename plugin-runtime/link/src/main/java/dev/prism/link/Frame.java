package dev.prism.link;

import java.nio.charset.StandardCharsets;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The layout of a frame, written and read in place. Its kind is the ring record's type. Numbers are
 * in the host's byte order, as both ends are on one host.
 *
 * <pre>
 *    0  int64   correlation id: the call's slot in the low 16 bits, the slot's generation above
 *    8  int32   incarnation of the plugin
 *   12  uint16  header length: where the body starts, so that later versions can append
 *   14  uint8   flags
 *   15  uint8   consistency                                    (calls only, as all from 24)
 *   16  int32   length of the whole message, or bytes granted
 *   20  int32   where this fragment stands in it, or messages granted
 *   24  uint16  operation
 *   26  uint8   length of the namespace
 *   27  uint8   length of the request id
 *   28  uint8   length of the traceparent
 *   32  int64   deadline, System.nanoTime() of this host (hazard 19)
 *   40  int64   received by the proxy, likewise
 *   48  int64   most staleness in milliseconds
 *   56  int64   session
 *   64  namespace, request id, traceparent: ASCII
 *    .  body: protobuf bytes
 * </pre>
 */
final class Frame {
  /** First each way; the body is {@link HelloCodec}'s. */
  static final int HELLO = 1;

  /** To the plugin: a unary request. */
  static final int REQUEST = 2;

  /** To the plugin: a stream's first message. */
  static final int OPEN = 3;

  /** One further message of a stream. */
  static final int MESSAGE = 4;

  /** The sender's last of a stream; from the plugin it ends the call. */
  static final int END = 5;

  /** To the plugin: nobody waits for this call any more. It answers with its last frame. */
  static final int CANCEL = 6;

  /** Grants further messages and bytes of a stream. */
  static final int CREDIT = 7;

  /** There is room for the message that was announced. */
  static final int CLEAR = 8;

  /** A part of the message that was announced. */
  static final int FRAGMENT = 9;

  /** From the plugin: the one answer. Ends the call. */
  static final int REPLY = 10;

  /** From the plugin: a google.rpc.Status. Ends the call. */
  static final int FAIL = 11;

  /** From the plugin: the call was cancelled or too late. Ends the call. */
  static final int RELEASED = 12;

  /** The message is too large for one frame; it follows in fragments once there is room. */
  static final int ANNOUNCED = 1;

  /** Most body bytes of one frame (hazard 16). */
  static final int FRAGMENT_BYTES = 16 << 10;

  /** Messages up to this size have room of their own on the response ring (hazard 15). */
  static final int SMALL_BYTES = 1 << 10;

  /** The header of everything but a call. */
  static final int SHORT_HEADER = 24;

  private static final int ID = 0;
  private static final int INCARNATION = 8;
  private static final int HEADER_LENGTH = 12;
  private static final int FLAGS = 14;
  private static final int CONSISTENCY = 15;
  private static final int TOTAL = 16;
  private static final int OFFSET = 20;
  private static final int OPERATION = 24;
  private static final int NAMESPACE_LENGTH = 26;
  private static final int REQUEST_ID_LENGTH = 27;
  private static final int TRACE_LENGTH = 28;
  private static final int DEADLINE = 32;
  private static final int RECEIVED = 40;
  private static final int STALENESS = 48;
  private static final int SESSION = 56;
  private static final int STRINGS = 64;

  private static final int MAX_NAMESPACE = 63;
  private static final int MAX_REQUEST_ID = 64;
  private static final int MAX_TRACE = 55;
  private static final int SLOT_BITS = 16;

  private Frame() {}

  static long id(int slot, long generation) {
    return generation << SLOT_BITS | slot;
  }

  static int slot(long id) {
    return (int) id & (1 << SLOT_BITS) - 1;
  }

  /**
   * How long the header of a call is.
   *
   * @throws IllegalArgumentException when one of its fields does not fit
   */
  static int headerLength(CallHeader header) {
    int namespace = header.namespace().length();
    int requestId = header.requestId().length();
    String trace = header.traceparent();
    int traceLength = trace == null ? 0 : trace.length();
    if (namespace == 0
        || namespace > MAX_NAMESPACE
        || requestId > MAX_REQUEST_ID
        || traceLength > MAX_TRACE
        || header.operation() < 1
        || header.operation() > 0xffff
        || (header.consistency() & ~0xff) != 0) {
      throw new IllegalArgumentException("a call's header does not fit its frame");
    }
    return STRINGS + namespace + requestId + traceLength;
  }

  static void write(
      MutableDirectBuffer to,
      int at,
      long id,
      int incarnation,
      int headerLength,
      int flags,
      int total,
      int offset) {
    to.putLong(at + ID, id);
    to.putInt(at + INCARNATION, incarnation);
    to.putShort(at + HEADER_LENGTH, (short) headerLength);
    to.putByte(at + FLAGS, (byte) flags);
    to.putInt(at + TOTAL, total);
    to.putInt(at + OFFSET, offset);
  }

  static void writeCall(MutableDirectBuffer to, int at, CallHeader header) {
    String trace = header.traceparent();
    to.putByte(at + CONSISTENCY, (byte) header.consistency());
    to.putShort(at + OPERATION, (short) header.operation());
    to.putByte(at + NAMESPACE_LENGTH, (byte) header.namespace().length());
    to.putByte(at + REQUEST_ID_LENGTH, (byte) header.requestId().length());
    to.putByte(at + TRACE_LENGTH, (byte) (trace == null ? 0 : trace.length()));
    to.putLong(at + DEADLINE, header.deadlineNanos());
    to.putLong(at + RECEIVED, header.receivedNanos());
    to.putLong(at + STALENESS, header.maxStalenessMillis());
    to.putLong(at + SESSION, header.session());
    int next = at + STRINGS;
    next += to.putStringWithoutLengthAscii(next, header.namespace());
    next += to.putStringWithoutLengthAscii(next, header.requestId());
    if (trace != null) {
      to.putStringWithoutLengthAscii(next, trace);
    }
  }

  /**
   * The call's header, copied out.
   *
   * @throws ProtocolViolation when the lengths in it contradict each other
   */
  static CallHeader readCall(DirectBuffer from, int at) {
    int headerLength = headerLength(from, at);
    if (headerLength < STRINGS) {
      throw new ProtocolViolation("a call's header of " + headerLength + " bytes");
    }
    int namespace = from.getByte(at + NAMESPACE_LENGTH) & 0xff;
    int requestId = from.getByte(at + REQUEST_ID_LENGTH) & 0xff;
    int trace = from.getByte(at + TRACE_LENGTH) & 0xff;
    if (STRINGS + namespace + requestId + trace > headerLength) {
      throw new ProtocolViolation("a call's names are longer than its header");
    }
    int next = at + STRINGS;
    return new CallHeader(
        from.getShort(at + OPERATION) & 0xffff,
        ascii(from, next, namespace),
        from.getLong(at + SESSION),
        from.getByte(at + CONSISTENCY) & 0xff,
        from.getLong(at + STALENESS),
        from.getLong(at + DEADLINE),
        from.getLong(at + RECEIVED),
        ascii(from, next + namespace, requestId),
        trace == 0 ? null : ascii(from, next + namespace + requestId, trace));
  }

  private static String ascii(DirectBuffer from, int at, int length) {
    byte[] bytes = new byte[length];
    from.getBytes(at, bytes);
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  /**
   * Checks what every frame has in common, before anything else of it is used (hazard 12).
   *
   * @throws ProtocolViolation when it is no frame
   */
  static void check(DirectBuffer from, int at, int length, int capacity) {
    if (length < SHORT_HEADER || at < 0 || length > capacity - at) {
      throw new ProtocolViolation("a frame of " + length + " bytes");
    }
    int headerLength = headerLength(from, at);
    if (headerLength < SHORT_HEADER
        || headerLength > length
        || length - headerLength > FRAGMENT_BYTES) {
      throw new ProtocolViolation(
          "a frame of " + length + " bytes with a header of " + headerLength);
    }
  }

  static long id(DirectBuffer from, int at) {
    return from.getLong(at + ID);
  }

  static int incarnation(DirectBuffer from, int at) {
    return from.getInt(at + INCARNATION);
  }

  static int headerLength(DirectBuffer from, int at) {
    return from.getShort(at + HEADER_LENGTH) & 0xffff;
  }

  static boolean isAnnounced(DirectBuffer from, int at) {
    return (from.getByte(at + FLAGS) & ANNOUNCED) != 0;
  }

  static int total(DirectBuffer from, int at) {
    return from.getInt(at + TOTAL);
  }

  static int offset(DirectBuffer from, int at) {
    return from.getInt(at + OFFSET);
  }

  /** The body, copied out; {@code length} is the frame's. */
  static byte[] body(DirectBuffer from, int at, int length) {
    int headerLength = headerLength(from, at);
    byte[] body = new byte[bodyLength(length, headerLength)];
    from.getBytes(at + headerLength, body);
    return body;
  }

  /** Read again after {@link #check}, a header can say something else: the peer still holds it. */
  static int bodyLength(int length, int headerLength) {
    if (headerLength < SHORT_HEADER || headerLength > length) {
      throw new ProtocolViolation("a frame that changes while it is read");
    }
    return length - headerLength;
  }

  /** The bytes of a call's header that are not its own frame's: none but for calls. */
  static int headerLengthOrShort(@Nullable CallHeader header) {
    return header == null ? SHORT_HEADER : headerLength(header);
  }
}
