package dev.prism.benchmarks;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/**
 * The client's side of one HTTP/2 connection that carries unary gRPC calls in a closed loop, made
 * to cost little beside the server that it loads: one thread, one read and one write for all that
 * is there, nothing allocated a call. Not a general client: a frame it does not expect ends it with
 * an exception.
 */
final class Http2Connection implements AutoCloseable {
  static final int HEADER = 9;
  static final int STREAM_ID_AT = 5;
  static final int DATA = 0;
  static final int HEADERS = 1;
  static final int END_STREAM = 0x1;
  static final int END_HEADERS = 0x4;

  private static final int RST_STREAM = 3;
  private static final int SETTINGS = 4;
  private static final int PUSH_PROMISE = 5;
  private static final int PING = 6;
  private static final int GOAWAY = 7;
  private static final int WINDOW_UPDATE = 8;
  private static final int CONTINUATION = 9;
  private static final int ACK = 0x1;
  private static final int PADDED = 0x8;
  private static final int PRIORITY = 0x20;

  private static final int SETTINGS_ENABLE_PUSH = 2;
  private static final int SETTINGS_MAX_CONCURRENT_STREAMS = 3;
  private static final int SETTINGS_INITIAL_WINDOW_SIZE = 4;

  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
  private static final int DEFAULT_WINDOW = 65_535;
  private static final int OUR_WINDOW = 1 << 30;
  private static final int BUFFER = 256 * 1024;

  /** What a connection asks of its user, on the thread that runs it. */
  interface Calls {
    /** The number that the next request carries; negative when there is to be no further one. */
    long next();

    /** A call was answered, so many nanoseconds after its request was put into the buffer. */
    void answered(long nanos);
  }

  private static final Calls NO_CALLS =
      new Calls() {
        @Override
        public long next() {
          return -1;
        }

        @Override
        public void answered(long nanos) {
          throw new IllegalStateException("an answer to no call");
        }
      };

  private final SocketChannel channel;
  private final ByteBuffer in = ByteBuffer.allocateDirect(BUFFER).flip();
  private final ByteBuffer out = ByteBuffer.allocateDirect(BUFFER);

  // The peer's limits
  private boolean settled;
  private long maxStreams = Long.MAX_VALUE;
  private long streamWindow = DEFAULT_WINDOW;
  private long sendWindow = DEFAULT_WINDOW;

  // The calls in flight, each in the slot that the low bits of its id name
  private int slots;
  private int[] streams = new int[0];
  private long[] begun = new long[0];
  private int[] answerBytes = new int[0];
  private int inFlight;
  private int nextStream = 1;

  private int received;

  private final AnswerHeaders headers = new AnswerHeaders();

  private Http2Connection(SocketChannel channel) {
    this.channel = channel;
  }

  /** Connects, and waits for the peer's settings. */
  static Http2Connection open(InetSocketAddress address) throws IOException {
    Http2Connection connection = new Http2Connection(SocketChannel.open());
    try {
      connection.greet(address);
      return connection;
    } catch (IOException | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  private void greet(InetSocketAddress address) throws IOException {
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    channel.connect(address);
    out.put(PREFACE);
    putHeader(out, 12, SETTINGS, 0, 0);
    out.putShort((short) SETTINGS_ENABLE_PUSH).putInt(0);
    out.putShort((short) SETTINGS_INITIAL_WINDOW_SIZE).putInt(OUR_WINDOW);
    putHeader(out, 4, WINDOW_UPDATE, 0, 0);
    out.putInt(OUR_WINDOW);
    flush();
    while (!settled) {
      receive(0, NO_CALLS);
    }
  }

  /**
   * Calls until there is no further call, and returns when the last was answered.
   *
   * @param callers calls in flight
   * @param leastAnswer the bytes of the smallest answer that is one, with gRPC's prefix
   * @throws IllegalStateException on the first call that fails, or when the peer gives the
   *     connection up
   */
  void run(RequestFrames request, int callers, int leastAnswer, Calls calls) throws IOException {
    if (callers > maxStreams) {
      throw new IllegalArgumentException(
          callers + " callers, but the proxy lets a connection have " + maxStreams + " streams");
    }
    if (request.dataBytes() > streamWindow || request.size() > BUFFER) {
      throw new IllegalArgumentException(
          "a request of "
              + request.dataBytes()
              + " bytes is more than the "
              + Math.min(streamWindow, BUFFER)
              + " that are sent without waiting");
    }
    slots = Integer.highestOneBit(callers) * 8;
    streams = new int[slots];
    begun = new long[slots];
    answerBytes = new int[slots];
    boolean more = true;
    while (true) {
      long now = System.nanoTime();
      while (more && inFlight < callers && request.dataBytes() <= sendWindow) {
        long number = calls.next();
        if (number < 0) {
          more = false;
        } else {
          reserve(request.size());
          request.append(out, begin(now), number);
          sendWindow -= request.dataBytes();
        }
      }
      flush();
      if (!more && inFlight == 0) {
        return;
      }
      receive(leastAnswer, calls);
    }
  }

  /** Ends a run on another thread, too: with an exception there. */
  @Override
  public void close() throws IOException {
    channel.close();
  }

  static void putHeader(ByteBuffer out, int length, int type, int flags, int stream) {
    out.putInt((length << 8) | type).put((byte) flags).putInt(stream);
  }

  /** Takes the next stream id whose slot is free; ids may be skipped. */
  private int begin(long now) {
    while (streams[slot(nextStream)] != 0) {
      nextStream += 2;
    }
    int stream = nextStream;
    nextStream += 2;
    int slot = slot(stream);
    streams[slot] = stream;
    begun[slot] = now;
    answerBytes[slot] = 0;
    inFlight++;
    return stream;
  }

  private int slot(int stream) {
    return (stream >>> 1) & (slots - 1);
  }

  private int slotInFlight(int stream, String frame) {
    if (slots == 0 || streams[slot(stream)] != stream) {
      throw new IllegalStateException(frame + " on stream " + stream + ", which is not open");
    }
    return slot(stream);
  }

  /** Reads once and handles every frame that is whole by then. */
  private void receive(int leastAnswer, Calls calls) throws IOException {
    in.compact();
    if (channel.read(in) < 0) {
      throw new EOFException("the proxy closed the connection");
    }
    in.flip();
    long now = System.nanoTime();
    while (in.remaining() >= HEADER) {
      int start = in.position();
      int length = in.getInt(start) >>> 8;
      if (length > BUFFER - HEADER) {
        throw new IllegalStateException("a frame of " + length + " bytes");
      }
      if (in.remaining() < HEADER + length) {
        break;
      }
      int type = in.get(start + 3);
      int flags = in.get(start + 4);
      int stream = in.getInt(start + STREAM_ID_AT);
      in.position(start + HEADER);
      switch (type) {
        case DATA -> data(stream, flags, length);
        case HEADERS -> {
          requirePlain(type, flags);
          int slot = slotInFlight(stream, "HEADERS");
          int limit = in.limit();
          in.limit(start + HEADER + length);
          if ((flags & END_STREAM) == 0) {
            headers.headers(stream, in);
          } else {
            headers.trailers(stream, in);
            if (answerBytes[slot] < leastAnswer) {
              throw new IllegalStateException(
                  "stream "
                      + stream
                      + " was answered with "
                      + answerBytes[slot]
                      + " bytes, which is less than "
                      + leastAnswer);
            }
            streams[slot] = 0;
            inFlight--;
            calls.answered(now - begun[slot]);
          }
          in.limit(limit);
        }
        case SETTINGS -> settings(flags, length);
        case PING -> {
          if ((flags & ACK) == 0) {
            reserve(HEADER + Long.BYTES);
            putHeader(out, Long.BYTES, PING, ACK, 0);
            out.putLong(in.getLong());
          }
        }
        case WINDOW_UPDATE -> {
          // A request fits a new stream's window: only the connection's ever has to be renewed.
          if (stream == 0) {
            sendWindow += in.getInt();
          }
        }
        case RST_STREAM -> {
          if (slots > 0 && streams[slot(stream)] == stream) {
            throw new IllegalStateException(
                "stream " + stream + " was reset with error code " + in.getInt());
          }
        }
        case GOAWAY -> {
          int last = in.getInt();
          int code = in.getInt();
          byte[] text = new byte[length - 2 * Integer.BYTES];
          in.get(text);
          throw new IllegalStateException(
              "the proxy gave the connection up: GOAWAY after stream "
                  + last
                  + ", error code "
                  + code
                  + " "
                  + new String(text, StandardCharsets.US_ASCII));
        }
        case PUSH_PROMISE, CONTINUATION ->
            throw new IllegalStateException("a frame of type " + type + " is not read here");
        default -> {
          // Frames of unknown types are to be ignored (RFC 9113, 4.1).
        }
      }
      in.position(start + HEADER + length);
    }
  }

  private static void requirePlain(int type, int flags) {
    if ((flags & (PADDED | PRIORITY)) != 0 || (type == HEADERS && (flags & END_HEADERS) == 0)) {
      throw new IllegalStateException(
          "a frame of type " + type + " with flags " + flags + " is not read here");
    }
  }

  private void data(int stream, int flags, int length) throws IOException {
    requirePlain(DATA, flags);
    if ((flags & END_STREAM) != 0) {
      throw new IllegalStateException("stream " + stream + " ended without trailers");
    }
    answerBytes[slotInFlight(stream, "DATA")] += length;
    received += length;
    if (received >= OUR_WINDOW / 2) {
      reserve(HEADER + Integer.BYTES);
      putHeader(out, Integer.BYTES, WINDOW_UPDATE, 0, 0);
      out.putInt(received);
      received = 0;
    }
  }

  private void settings(int flags, int length) throws IOException {
    if ((flags & ACK) != 0) {
      return;
    }
    for (int read = 0; read < length; read += Short.BYTES + Integer.BYTES) {
      int name = in.getShort();
      long value = Integer.toUnsignedLong(in.getInt());
      if (name == SETTINGS_MAX_CONCURRENT_STREAMS) {
        maxStreams = value;
      } else if (name == SETTINGS_INITIAL_WINDOW_SIZE) {
        streamWindow = value;
      }
    }
    settled = true;
    reserve(HEADER);
    putHeader(out, 0, SETTINGS, ACK, 0);
  }

  private void reserve(int bytes) throws IOException {
    if (out.remaining() < bytes) {
      flush();
    }
  }

  /**
   * Blocks while the socket takes nothing. That ends, because either requests or answers are small:
   * the proxy never waits for this side to read before it reads itself.
   */
  private void flush() throws IOException {
    out.flip();
    while (out.hasRemaining()) {
      channel.write(out);
    }
    out.clear();
  }
}
