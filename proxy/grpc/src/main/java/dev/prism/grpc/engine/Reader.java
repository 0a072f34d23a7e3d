package dev.prism.grpc.engine;

import dev.prism.grpc.engine.Floods.Kind;
import java.io.EOFException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads a connection's frames and holds them to their layout (RFC 9113 sections 4 and 6); what they
 * do to a stream is {@link Streams}'. For the connection's own thread.
 */
final class Reader {
  /** What a client may have under way, bytes. */
  private static final int WINDOW = 4 * 1024 * 1024;

  private static final int MAX_CONTINUATIONS = 64;
  private static final byte[] PREFACE = Frames.preface();

  private final Connection connection;
  private final Streams streams;
  private final Input input;
  private final Replies replies;
  private final Floods floods;
  private int received;
  private volatile boolean greeted;
  private @Nullable Call<?, ?> ready;

  Reader(Connection connection, Streams streams, Input input, Replies replies, Floods floods) {
    this.connection = connection;
    this.streams = streams;
    this.input = input;
    this.replies = replies;
    this.floods = floods;
  }

  /**
   * Reads until the connection ends, or until a call has come that is alone.
   *
   * @return the call, which is this thread's, while another reads on: its answer then waits for no
   *     other thread; null at the connection's end
   */
  @Nullable Call<?, ?> read() throws ConnectionException, EOFException {
    if (!greeted) {
      greet();
    }
    while (!connection.isClosed()) {
      frame();
      Call<?, ?> call = takeReady();
      if (call != null) {
        if (input.available() == 0 && !connection.isBusy()) {
          return call;
        }
        call.startThread();
      }
      if (input.available() < Frames.HEADER) {
        replies.send();
      }
    }
    return null;
  }

  /** A call's request is whole. The reader's thread. */
  void ready(Call<?, ?> call) {
    ready = call;
  }

  /** The call whose thread is still to be found. The reader's thread. */
  @Nullable Call<?, ?> takeReady() {
    Call<?, ?> call = ready;
    ready = null;
    return call;
  }

  /** Whether the peer has said that it speaks HTTP/2. Any thread. */
  boolean hasGreeted() {
    return greeted;
  }

  /** Reads what comes and drops it, until the connection ends. */
  void drop() throws EOFException {
    while (true) {
      input.need(1);
      input.skip(input.available());
    }
  }

  private void greet() throws ConnectionException, EOFException {
    input.need(4);
    if (!Arrays.equals(input.bytes(), input.at(), input.at() + 4, PREFACE, 0, 4)) {
      throw new ConnectionException(
          ErrorCode.PROTOCOL_ERROR, "This port speaks gRPC (HTTP/2 with prior knowledge).");
    }
    input.need(PREFACE.length);
    int at = input.at();
    if (!Arrays.equals(input.bytes(), at, at + PREFACE.length, PREFACE, 0, PREFACE.length)) {
      throw new ConnectionException(ErrorCode.PROTOCOL_ERROR, "The preface is not HTTP/2's.");
    }
    input.skip(PREFACE.length);
    greeted = true;
    Limits limits = connection.limits();
    replies.control(
        Frames.settings(
            Frames.SETTINGS_MAX_CONCURRENT_STREAMS,
            limits.maxStreams(),
            Frames.SETTINGS_MAX_HEADER_LIST_SIZE,
            limits.maxHeaderBytes()));
    replies.control(Frames.windowUpdate(0, WINDOW - Frames.DEFAULT_WINDOW));
    replies.send();
    input.need(Frames.HEADER);
    if ((input.bytes()[input.at() + 3] & 0xFF) != Frames.SETTINGS
        || (input.bytes()[input.at() + 4] & Frames.ACK) != 0) {
      throw new ConnectionException(ErrorCode.PROTOCOL_ERROR, "The preface lacks SETTINGS.");
    }
  }

  private void frame() throws ConnectionException, EOFException {
    if (input.available() == 0) {
      replies.send();
      input.need(Frames.HEADER);
      connection.heard();
    } else {
      input.need(Frames.HEADER);
    }
    byte[] bytes = input.bytes();
    int at = input.at();
    int length = Frames.length(bytes, at);
    int type = bytes[at + 3] & 0xFF;
    int flags = bytes[at + 4] & 0xFF;
    int id = Frames.getInt(bytes, at + 5) & 0x7FFFFFFF;
    if (length > Frames.MAX_FRAME) {
      throw new ConnectionException(
          ErrorCode.FRAME_SIZE_ERROR, "A frame is larger than 16384 bytes.");
    }
    input.skip(Frames.HEADER);
    if (type == Frames.DATA) {
      data(length, flags, id);
      return;
    }
    input.need(length);
    switch (type) {
      case Frames.HEADERS -> headers(length, flags, id);
      case Frames.PRIORITY -> priority(length, id);
      case Frames.RST_STREAM -> reset(length, id);
      case Frames.SETTINGS -> settings(length, flags, id);
      case Frames.PING -> ping(length, flags, id);
      case Frames.GOAWAY -> {
        floods.count(Kind.CONTROL);
        if (id != 0) {
          throw new ConnectionException(ErrorCode.PROTOCOL_ERROR, "GOAWAY on a stream.");
        }
      }
      case Frames.WINDOW_UPDATE -> windowUpdate(length, id);
      case Frames.PUSH_PROMISE, Frames.CONTINUATION ->
          throw new ConnectionException(ErrorCode.PROTOCOL_ERROR, "A frame out of place.");
      default -> floods.count(Kind.CONTROL); // to be ignored (RFC 9113 5.5)
    }
    input.skip(length);
  }

  private void data(int length, int flags, int id) throws ConnectionException, EOFException {
    if (id == 0) {
      throw new ConnectionException(ErrorCode.PROTOCOL_ERROR, "DATA on the connection.");
    }
    boolean end = (flags & Frames.END_STREAM) != 0;
    int padding = 0;
    int left = length;
    if ((flags & Frames.PADDED) != 0) {
      if (length == 0) {
        throw new ConnectionException(ErrorCode.FRAME_SIZE_ERROR, "A padded frame of 0 bytes.");
      }
      input.need(1);
      padding = input.bytes()[input.at()] & 0xFF;
      input.skip(1);
      left--;
      if (padding > left) {
        throw new ConnectionException(ErrorCode.PROTOCOL_ERROR, "More padding than frame.");
      }
    }
    int payload = left - padding;
    if (payload == 0 && !end) {
      floods.count(Kind.CONTROL);
    }
    received += length;
    Stream stream = streams.get(id);
    if (stream == null || stream.remoteEnded || stream.silenced) {
      discard(left);
      creditConnection();
      streams.late(id, end);
      return;
    }
    if (!stream.receive(length)) {
      discard(left);
      creditConnection();
      streams.fail(stream, ErrorCode.FLOW_CONTROL_ERROR);
      return;
    }
    if (!stream.fits(payload, end)) {
      discard(left);
      creditConnection();
      streams.fail(stream, ErrorCode.PROTOCOL_ERROR);
      return;
    }
    while (payload > 0) {
      input.need(1);
      int some = Math.min(payload, input.available());
      stream.onData(input.bytes(), input.at(), some);
      input.skip(some);
      payload -= some;
    }
    discard(padding);
    if (padding > 0) {
      stream.taken(length - left + padding); // nobody reads padding
    }
    creditConnection();
    if (end) {
      streams.remoteEnd(stream);
    }
  }

  private void discard(int count) throws EOFException {
    int left = count;
    while (left > 0) {
      input.need(1);
      int some = Math.min(left, input.available());
      input.skip(some);
      left -= some;
    }
  }

  /** Opens the connection's window again by what was read: only streams hold a client back. */
  private void creditConnection() throws ConnectionException {
    if (received >= WINDOW / 2) {
      replies.control(Frames.windowUpdate(0, received));
      received = 0;
    }
  }

  private void headers(int length, int flags, int id) throws ConnectionException, EOFException {
    if ((id & 1) == 0) {
      throw new ConnectionException(ErrorCode.PROTOCOL_ERROR, "HEADERS on a server's stream.");
    }
    byte[] bytes = input.bytes();
    int at = input.at();
    int end = at + length;
    if ((flags & Frames.PADDED) != 0) {
      if (length < 1) {
        throw new ConnectionException(ErrorCode.FRAME_SIZE_ERROR, "A padded frame of 0 bytes.");
      }
      end -= bytes[at] & 0xFF;
      at++;
    }
    if ((flags & Frames.PRIORITIZED) != 0) {
      if (end - at >= 5 && (Frames.getInt(bytes, at) & 0x7FFFFFFF) == id) {
        at += 5;
        block(bytes, at, end, length, flags, id, ErrorCode.PROTOCOL_ERROR);
        return;
      }
      at += 5;
    }
    if (at > end) {
      throw new ConnectionException(ErrorCode.PROTOCOL_ERROR, "More padding than frame.");
    }
    block(bytes, at, end, length, flags, id, null);
  }

  /** Joins a block's fragments, and opens, ends or skips with it. */
  private void block(
      byte[] bytes, int at, int end, int length, int flags, int id, @Nullable ErrorCode reset)
      throws ConnectionException, EOFException {
    boolean last = (flags & Frames.END_STREAM) != 0;
    if ((flags & Frames.END_HEADERS) != 0) {
      streams.opened(id, bytes, at, end - at, last, reset);
      return;
    }
    byte[] block = Arrays.copyOfRange(bytes, at, end);
    input.skip(length);
    int fragments = 0;
    while (true) {
      input.need(Frames.HEADER);
      bytes = input.bytes();
      at = input.at();
      int more = Frames.length(bytes, at);
      boolean done = (bytes[at + 4] & Frames.END_HEADERS) != 0;
      if (bytes[at + 3] != Frames.CONTINUATION
          || (Frames.getInt(bytes, at + 5) & 0x7FFFFFFF) != id) {
        throw new ConnectionException(ErrorCode.PROTOCOL_ERROR, "CONTINUATION was to come.");
      }
      if (more > Frames.MAX_FRAME) {
        throw new ConnectionException(ErrorCode.FRAME_SIZE_ERROR, "A frame over 16384 bytes.");
      }
      if (++fragments > MAX_CONTINUATIONS
          || block.length + more > 2 * connection.limits().maxHeaderBytes()) {
        throw new ConnectionException(ErrorCode.ENHANCE_YOUR_CALM, "Headers without end.");
      }
      input.skip(Frames.HEADER);
      input.need(more);
      block = Arrays.copyOf(block, block.length + more);
      System.arraycopy(input.bytes(), input.at(), block, block.length - more, more);
      if (done) {
        streams.opened(id, block, 0, block.length, last, reset);
        // What frame() skips is this frame's: its own count is that of the first.
        input.skip(more - length);
        return;
      }
      input.skip(more);
    }
  }

  private void priority(int length, int id) throws ConnectionException {
    floods.count(Kind.CONTROL);
    if (id == 0) {
      throw new ConnectionException(ErrorCode.PROTOCOL_ERROR, "PRIORITY on the connection.");
    }
    if (length != 5) {
      throw new ConnectionException(ErrorCode.FRAME_SIZE_ERROR, "PRIORITY is 5 bytes.");
    }
    if ((Frames.getInt(input.bytes(), input.at()) & 0x7FFFFFFF) == id) {
      replies.control(Frames.rstStream(id, ErrorCode.PROTOCOL_ERROR));
    }
  }

  private void reset(int length, int id) throws ConnectionException {
    if (length != 4) {
      throw new ConnectionException(ErrorCode.FRAME_SIZE_ERROR, "RST_STREAM is 4 bytes.");
    }
    streams.reset(id);
  }

  private void settings(int length, int flags, int id) throws ConnectionException {
    if (id != 0) {
      throw new ConnectionException(ErrorCode.PROTOCOL_ERROR, "SETTINGS on a stream.");
    }
    floods.count(Kind.CONTROL);
    if ((flags & Frames.ACK) != 0) {
      if (length != 0) {
        throw new ConnectionException(ErrorCode.FRAME_SIZE_ERROR, "SETTINGS' ACK is empty.");
      }
      return;
    }
    if (length % 6 != 0) {
      throw new ConnectionException(ErrorCode.FRAME_SIZE_ERROR, "SETTINGS are 6 bytes each.");
    }
    byte[] bytes = input.bytes();
    long initialWindow = streams.initialWindow();
    for (int at = input.at(); at < input.at() + length; at += 6) {
      int name = ((bytes[at] & 0xFF) << 8) | (bytes[at + 1] & 0xFF);
      long value = Frames.getInt(bytes, at + 2) & 0xFFFFFFFFL;
      switch (name) {
        case Frames.SETTINGS_ENABLE_PUSH -> {
          if (value > 1) {
            throw new ConnectionException(ErrorCode.PROTOCOL_ERROR, "ENABLE_PUSH is 0 or 1.");
          }
        }
        case Frames.SETTINGS_INITIAL_WINDOW_SIZE -> {
          if (value > Frames.MAX_WINDOW) {
            throw new ConnectionException(ErrorCode.FLOW_CONTROL_ERROR, "A window over 2^31 - 1.");
          }
          initialWindow = value;
        }
        case Frames.SETTINGS_MAX_FRAME_SIZE -> {
          if (value < Frames.MAX_FRAME || value > 0xFFFFFF) {
            throw new ConnectionException(ErrorCode.PROTOCOL_ERROR, "MAX_FRAME_SIZE's range.");
          }
        }
        default -> {} // tables, pushes and header lists are not ours to use
      }
    }
    // Nobody sees the acknowledgement before a smaller window holds, nor a larger one's use before
    // the acknowledgement (RFC 9113 6.5.3).
    boolean grows = initialWindow > streams.initialWindow();
    if (grows) {
      replies.control(Frames.settingsAck());
    }
    streams.initialWindow((int) initialWindow);
    if (!grows) {
      replies.control(Frames.settingsAck());
    }
  }

  private void ping(int length, int flags, int id) throws ConnectionException {
    if (id != 0) {
      throw new ConnectionException(ErrorCode.PROTOCOL_ERROR, "PING on a stream.");
    }
    if (length != 8) {
      throw new ConnectionException(ErrorCode.FRAME_SIZE_ERROR, "PING is 8 bytes.");
    }
    floods.count(Kind.CONTROL);
    int at = input.at();
    if ((flags & Frames.ACK) == 0) {
      replies.control(Frames.ping(true, input.bytes(), at));
    } else if (Arrays.equals(input.bytes(), at, at + 8, Connection.DRAIN_PING, 0, 8)) {
      // All that the client had sent before it learnt of the end has come.
      connection.refuseAfter(streams.last());
      replies.control(Frames.goAway(streams.lastAccepted(), ErrorCode.NO_ERROR, "going away"));
      connection.closeIfDone();
    }
  }

  private void windowUpdate(int length, int id) throws ConnectionException {
    if (length != 4) {
      throw new ConnectionException(ErrorCode.FRAME_SIZE_ERROR, "WINDOW_UPDATE is 4 bytes.");
    }
    int increment = Frames.getInt(input.bytes(), input.at()) & 0x7FFFFFFF;
    if (id != 0) {
      streams.windowUpdate(id, increment);
    } else if (increment == 0) {
      throw new ConnectionException(ErrorCode.PROTOCOL_ERROR, "An increment of 0.");
    } else {
      replies.addWindow(increment);
    }
  }
}
