package dev.prism.perf.load;

import static dev.prism.perf.load.Frames.DATA;
import static dev.prism.perf.load.Frames.END_HEADERS;
import static dev.prism.perf.load.Frames.END_STREAM;
import static dev.prism.perf.load.Frames.GOAWAY;
import static dev.prism.perf.load.Frames.HEADER;
import static dev.prism.perf.load.Frames.HEADERS;
import static dev.prism.perf.load.Frames.PING;
import static dev.prism.perf.load.Frames.RST_STREAM;
import static dev.prism.perf.load.Frames.SETTINGS;
import static dev.prism.perf.load.Frames.WINDOW_UPDATE;

import dev.prism.perf.load.RequestFrames.Form;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The client's side of one HTTP/2 connection, made to cost little: one read and one write for all
 * that is there, nothing allocated a call. Not a general client: what it does not know, a peer that
 * breaks the protocol or one that hangs up is an IOException, after which the connection is of no
 * use; a call that fails is counted.
 */
final class Http2Connection {
  /** Of each buffer, which all connections of a load share. */
  static final int BUFFER = 256 * 1024;

  private static final int OUR_WINDOW = 1 << 30;
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final Wire wire;
  private final ByteBuffer in;
  private final ByteBuffer out;
  private final Plan.Traffic traffic;
  private final Arrivals arrivals;
  private final Tally tally;
  private final int callers;

  // What a shared buffer held of this connection's when another's turn came: the beginning of a
  // frame, and what the socket did not take
  private ByteBuffer rest = NOTHING;
  private ByteBuffer unsent = NOTHING;

  // The peer's limits
  private boolean settled;
  private long headerTable = HeaderBlocks.DEFAULT_TABLE;
  private long maxStreams = Long.MAX_VALUE;
  private long streamWindow = Frames.DEFAULT_WINDOW;
  private long sendWindow = Frames.DEFAULT_WINDOW;

  private final InFlight inFlight;
  private final AnswerHeaders headers = new AnswerHeaders();
  private Form form = Form.LITERAL;
  private boolean more = true;
  private boolean leaving;
  private int received;

  /**
   * A connection that has sent nothing yet.
   *
   * @param in of size {@link #BUFFER}, used during a call of this class only, as is {@code out}
   * @param callers calls in flight, at most
   */
  Http2Connection(
      Wire wire,
      ByteBuffer in,
      ByteBuffer out,
      Plan.Traffic traffic,
      Arrivals arrivals,
      Tally tally,
      int callers) {
    this.wire = wire;
    this.in = in;
    this.out = out;
    this.traffic = traffic;
    this.arrivals = arrivals;
    this.tally = tally;
    this.callers = callers;
    inFlight = new InFlight(callers);
  }

  /**
   * Sends the preface and waits for the peer's settings, on a blocking channel.
   *
   * @throws IOException also when the peer's limits do not allow what is to be sent
   */
  void greet() throws IOException {
    out.clear();
    out.put(Frames.PREFACE);
    Frames.putHeader(out, 12, SETTINGS, 0, 0);
    out.putShort((short) Frames.SETTINGS_ENABLE_PUSH).putInt(0);
    out.putShort((short) Frames.SETTINGS_INITIAL_WINDOW_SIZE).putInt(OUR_WINDOW);
    Frames.putHeader(out, 4, WINDOW_UPDATE, 0, 0);
    out.putInt(OUR_WINDOW);
    flush();
    while (!settled) {
      receive();
    }
    if (callers > maxStreams) {
      throw new IOException(
          callers + " callers, but the server lets a connection have " + maxStreams + " streams");
    }
    RequestFrames request = traffic.request();
    form = request.firstForm(headerTable);
    if (request.dataBytes() > streamWindow || request.size() > BUFFER / 2) {
      throw new IOException(
          "a request of "
              + request.dataBytes()
              + " bytes is more than the "
              + Math.min(streamWindow, BUFFER / 2)
              + " that are sent without waiting");
    }
  }

  /** Whether it waits for the socket to take what there is to send. */
  boolean isBlocked() {
    return unsent.hasRemaining() || !wire.isFlushed();
  }

  /** Whether no call is in flight and none will follow. */
  boolean isDone() {
    return !more && inFlight.size() == 0;
  }

  /** Whether the server wants it to be replaced by another, and every call on it has ended. */
  boolean hasLeft() {
    return leaving && inFlight.size() == 0;
  }

  /** Lets no further call begin. */
  void finish() {
    more = false;
  }

  /** Reads and writes what it can, and begins calls in the place of those that were answered. */
  void ready() throws IOException {
    out.clear();
    receive();
    begin(System.nanoTime());
    flush();
  }

  /** Begins the calls that are due. */
  void due(long now) throws IOException {
    out.clear();
    begin(now);
    flush();
  }

  /** Notes how long the calls have waited that are in flight, or were to be, in an open loop. */
  void behind(long now) {
    inFlight.waiting(now, tally);
    arrivals.behind(now, tally);
  }

  /** Ends it, and with it the calls in flight, which are counted as failed. */
  void close(String why) throws IOException {
    inFlight.endAll(why, tally);
    more = false;
    wire.channel().close();
  }

  /** Ends it; the calls in flight are nobody's loss. */
  void leave() throws IOException {
    more = false;
    wire.channel().close();
  }

  private void begin(long now) {
    RequestFrames request = traffic.request();
    while (more
        && !leaving
        && inFlight.size() < callers
        && request.dataBytes() <= sendWindow
        && out.remaining() >= request.size()
        && !isBlocked()) {
      long due = arrivals.due(now);
      if (due < 0) {
        return;
      }
      long number = traffic.calls().next();
      if (number < 0) {
        more = false;
        return;
      }
      arrivals.begun();
      request.append(out, form, inFlight.open(due), number);
      if (form == Form.FIRST) {
        form = Form.AGAIN;
      }
      sendWindow -= request.dataBytes();
    }
  }

  /** Reads once and handles every frame that is whole by then. */
  private void receive() throws IOException {
    in.clear();
    in.put(rest);
    if (wire.read(in) < 0) {
      throw new EOFException("the server closed the connection");
    }
    in.flip();
    long now = System.nanoTime();
    while (in.remaining() >= HEADER) {
      int start = in.position();
      int length = in.getInt(start) >>> 8;
      if (length > Frames.MAX_PAYLOAD) {
        throw new IOException("the server sent a frame that is too long");
      }
      int end = start + HEADER + length;
      if (end > in.limit()) {
        break;
      }
      int limit = in.limit();
      in.position(start + HEADER).limit(end);
      frame(
          in.get(start + Frames.TYPE_AT),
          in.get(start + Frames.FLAGS_AT),
          in.getInt(start + Frames.STREAM_ID_AT),
          now);
      in.limit(limit).position(end);
    }
    rest = in.hasRemaining() ? keep(rest, in) : NOTHING;
  }

  /** A copy of what remains, in the old copy's place where it fits. */
  private static ByteBuffer keep(ByteBuffer old, ByteBuffer from) {
    ByteBuffer copy =
        old.capacity() >= from.remaining() ? old.clear() : ByteBuffer.allocate(from.remaining());
    return copy.put(from).flip();
  }

  private void frame(int type, int flags, int stream, long now) throws IOException {
    switch (type) {
      case DATA -> data(stream, flags, now);
      case HEADERS -> headers(stream, flags, now);
      case SETTINGS -> settings(flags);
      case PING -> {
        if ((flags & Frames.ACK) == 0) {
          reserve(HEADER + Long.BYTES);
          Frames.putHeader(out, Long.BYTES, PING, Frames.ACK, 0);
          out.putLong(in.getLong());
        }
      }
      case WINDOW_UPDATE -> {
        int increment = in.getInt();
        if (increment == 0) {
          throw new IOException("the server sent a WINDOW_UPDATE of 0");
        }
        if (stream == 0) { // a request fits a new stream's window: that is never renewed
          sendWindow += increment;
        }
      }
      case RST_STREAM -> {
        if (inFlight.isOpen(stream)) {
          ended(stream, "RST_STREAM with error code " + in.getInt(), now);
        }
      }
      case GOAWAY -> goAway(in.getInt(), in.getInt());
      case Frames.PUSH_PROMISE, Frames.CONTINUATION ->
          throw new IOException("the server sent a frame of type " + type);
      default -> {
        // Frames of unknown types are to be ignored (RFC 9113, 4.1).
      }
    }
  }

  private void headers(int stream, int flags, long now) throws IOException {
    requirePlain(HEADERS, flags);
    boolean last = (flags & END_STREAM) != 0;
    String fault = last ? headers.trailers(stream, in) : headers.headers(stream, in);
    if (!inFlight.isOpen(stream)) {
      tally.failed("HEADERS on a stream that is not open", 1);
    } else if (last) {
      ended(stream, fault, now);
    } else if (fault != null) {
      inFlight.failed(stream, fault);
    }
  }

  private void data(int stream, int flags, long now) throws IOException {
    requirePlain(DATA, flags);
    int length = in.remaining();
    if (inFlight.isOpen(stream)) {
      inFlight.received(stream, length);
      tally.received(length);
      if ((flags & END_STREAM) != 0) {
        ended(stream, "ended without trailers", now);
      }
    } else {
      tally.failed("DATA on a stream that is not open", 1);
    }
    received += length;
    if (received >= OUR_WINDOW / 2) {
      reserve(HEADER + Integer.BYTES);
      Frames.putHeader(out, Integer.BYTES, WINDOW_UPDATE, 0, 0);
      out.putInt(received);
      received = 0;
    }
  }

  private void ended(int stream, @Nullable String fault, long now) {
    inFlight.end(stream, fault, traffic.leastAnswer(), now, tally);
  }

  /** Calls that the server took go on, and the others have failed; there will be no more. */
  private void goAway(int last, int code) {
    String why = "GOAWAY with error code " + code;
    inFlight.endAfter(last, "not taken: " + why, tally);
    tally.failed(why, 1);
    leaving = true;
  }

  private static void requirePlain(int type, int flags) throws IOException {
    if ((flags & (Frames.PADDED | Frames.PRIORITY)) != 0
        || (type == HEADERS && (flags & END_HEADERS) == 0)) {
      throw new IOException("the server sent a frame of type " + type + " with flags " + flags);
    }
  }

  private void settings(int flags) throws IOException {
    if ((flags & Frames.ACK) != 0) {
      return;
    }
    while (in.hasRemaining()) {
      int name = in.getShort();
      long value = Integer.toUnsignedLong(in.getInt());
      switch (name) {
        case Frames.SETTINGS_HEADER_TABLE_SIZE -> headerTable = value;
        case Frames.SETTINGS_MAX_CONCURRENT_STREAMS -> maxStreams = value;
        case Frames.SETTINGS_INITIAL_WINDOW_SIZE -> streamWindow = value;
        default -> {
          // Tells nothing of what is sent here.
        }
      }
    }
    settled = true;
    reserve(HEADER);
    Frames.putHeader(out, 0, SETTINGS, Frames.ACK, 0);
  }

  private void reserve(int bytes) throws IOException {
    if (out.remaining() < bytes) {
      flush();
    }
  }

  /** Gives the socket what it takes; the rest waits until it takes more. */
  private void flush() throws IOException {
    out.flip();
    if (unsent.hasRemaining()) {
      wire.write(unsent);
    }
    if (!unsent.hasRemaining() && (out.hasRemaining() || !wire.isFlushed())) {
      wire.write(out);
    }
    if (out.hasRemaining()) {
      ByteBuffer all = ByteBuffer.allocate(unsent.remaining() + out.remaining());
      unsent = all.put(unsent).put(out).flip();
    }
    out.clear();
  }
}
