package dev.prism.grpc.engine;

import dev.prism.grpc.engine.Floods.Kind;
import io.grpc.Attributes;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.task.InterruptableTask;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.spi.ServerConnection;
import java.io.EOFException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One client's connection. Its own virtual thread reads frames, starts calls and never writes
 * (hazard 2); {@link Writer} writes; {@link Clock} watches the times.
 */
final class Connection implements ServerConnection, InterruptableTask<Void> {
  /** What a client may have under way, bytes. */
  private static final int WINDOW = 4 * 1024 * 1024;

  /** Going away, with every stream still welcome. */
  private static final int DRAINING = Integer.MAX_VALUE - 1;

  private static final int MAX_CONTINUATIONS = 64;
  private static final byte[] PREFACE = Frames.preface();
  private static final byte[] DRAIN_PING = {'d', 'r', 'a', 'i', 'n', 'i', 'n', 'g'};
  private static final byte[] KEEP_ALIVE_PING = {'t', 'h', 'e', 'r', 'e', '?', 0, 0};
  private static final System.Logger LOG = System.getLogger(Connection.class.getName());

  /** How long a connection that has broken a rule may take to read why, nanoseconds. */
  private static final long LAST_WORDS = Duration.ofSeconds(1).toNanos();

  private final Host host;
  private final HelidonSocket socket;
  private final ConnectionContext context;
  private final Limits limits;
  private final Input input;
  private final HeaderDecoder headers;
  private final Floods floods;
  final Writer writer;

  private final Map<Integer, Stream> streams = new ConcurrentHashMap<>(4);
  private final AtomicInteger slots = new AtomicInteger();
  private final AtomicLong nextDeadline = new AtomicLong(Long.MAX_VALUE);
  private volatile @Nullable Attributes attributes;

  // The reader's own.
  private final History history = new History();
  private int lastStream;
  private int initialWindow = Frames.DEFAULT_WINDOW;
  private int received;
  private boolean wake;

  // For any thread.
  private final long opened = System.nanoTime();
  private volatile long lastRead = opened;
  private volatile long lastCall = opened;
  private volatile long pinged;
  private volatile boolean greeted;
  private volatile boolean closed;
  private volatile int lastAccepted;
  private volatile int refuseAfter = Integer.MAX_VALUE;
  private volatile long drainBegan;

  Connection(Host host, ConnectionContext context) {
    this.host = host;
    this.context = context;
    this.socket = context.serverSocket();
    this.limits = host.limits();
    DataReader reader = context.dataReader();
    int read = reader.available();
    this.input = new Input(socket, read == 0 ? Buffers.NONE : reader.readBytes(read));
    this.headers = new HeaderDecoder(limits.maxHeaderBytes());
    this.floods = new Floods(limits.maxStreams(), opened);
    this.writer = new Writer(socket, this, host.buffers(), limits.queuedBytes());
  }

  Host host() {
    return host;
  }

  Limits limits() {
    return limits;
  }

  /** Reads until the peer or the server ends the connection; Helidon closes the socket after. */
  @Override
  public void handle(Limit limit) {
    host.clock().add(this);
    try {
      greet();
      while (!closed) {
        frame();
        if (wake && input.available() < Frames.HEADER) {
          wake = false;
          writer.wake();
        }
      }
    } catch (ConnectionException e) {
      LOG.log(Level.DEBUG, "ended a connection: {0}: {1}", e.code(), e.text());
      sayGoodbye(e);
    } catch (EOFException | UncheckedIOException e) {
      LOG.log(Level.TRACE, "a connection is gone", e);
    } catch (RuntimeException | Error e) {
      LOG.log(Level.ERROR, "a connection failed", e);
      sayGoodbye(new ConnectionException(ErrorCode.INTERNAL_ERROR, "internal error"));
    } finally {
      closed = true;
      host.clock().remove(this);
      goneWithAll();
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
    control(settings());
    control(Frames.windowUpdate(0, WINDOW - Frames.DEFAULT_WINDOW));
    writer.wake();
    input.need(Frames.HEADER);
    if ((input.bytes()[input.at() + 3] & 0xFF) != Frames.SETTINGS
        || (input.bytes()[input.at() + 4] & Frames.ACK) != 0) {
      throw new ConnectionException(ErrorCode.PROTOCOL_ERROR, "The preface lacks SETTINGS.");
    }
  }

  private byte[] settings() {
    int[] values = {
      Frames.SETTINGS_MAX_CONCURRENT_STREAMS, limits.maxStreams(),
      Frames.SETTINGS_MAX_HEADER_LIST_SIZE, limits.maxHeaderBytes()
    };
    byte[] frame = new byte[Frames.HEADER + values.length / 2 * 6];
    int at = Frames.header(frame, 0, values.length / 2 * 6, Frames.SETTINGS, 0, 0);
    for (int i = 0; i < values.length; i += 2) {
      frame[at + 1] = (byte) values[i];
      Frames.putInt(frame, at + 2, values[i + 1]);
      at += 6;
    }
    return frame;
  }

  private void frame() throws ConnectionException, EOFException {
    if (input.available() == 0) {
      if (wake) {
        wake = false;
        writer.wake();
      }
      input.need(Frames.HEADER);
      lastRead = System.nanoTime();
      pinged = 0;
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
      late(id, end);
      return;
    }
    if (!stream.receive(length)) {
      discard(left);
      creditConnection();
      fail(stream, ErrorCode.FLOW_CONTROL_ERROR);
      return;
    }
    if (!stream.fits(payload, end)) {
      discard(left);
      creditConnection();
      fail(stream, ErrorCode.PROTOCOL_ERROR);
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
      remoteEnd(stream);
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

  /** DATA on a stream that is no more (RFC 9113 5.1). */
  private void late(int id, boolean end) throws ConnectionException {
    if ((id & 1) == 0 || id > lastStream) {
      throw new ConnectionException(ErrorCode.PROTOCOL_ERROR, "DATA on a stream never opened.");
    }
    floods.count(Kind.CONTROL);
    if (history.hasEnded(id)) {
      control(Frames.rstStream(id, ErrorCode.STREAM_CLOSED));
    } else if (end) {
      history.ended(id); // it was under way when we ended the stream
    }
  }

  /** Opens the connection's window again by what was read: only streams hold a client back. */
  private void creditConnection() throws ConnectionException {
    if (received >= WINDOW / 2) {
      control(Frames.windowUpdate(0, received));
      received = 0;
    }
  }

  /** Opens a stream's window. Any thread. */
  void credit(Stream stream, int bytes) {
    writer.control(Frames.windowUpdate(stream.id, bytes));
    writer.wake();
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
      opened(id, bytes, at, end - at, last, reset);
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
      if (++fragments > MAX_CONTINUATIONS || block.length + more > 2 * limits.maxHeaderBytes()) {
        throw new ConnectionException(ErrorCode.ENHANCE_YOUR_CALM, "Headers without end.");
      }
      input.skip(Frames.HEADER);
      input.need(more);
      block = Arrays.copyOf(block, block.length + more);
      System.arraycopy(input.bytes(), input.at(), block, block.length - more, more);
      if (done) {
        opened(id, block, 0, block.length, last, reset);
        // What frame() skips is this frame's: its own count is that of the first.
        input.skip(more - length);
        return;
      }
      input.skip(more);
    }
  }

  private void opened(
      int id, byte[] from, int at, int length, boolean end, @Nullable ErrorCode reset)
      throws ConnectionException {
    if (id <= lastStream) {
      again(id, from, at, length, end);
      return;
    }
    lastStream = id;
    history.opened(id);
    RequestHead head = headers.request(from, at, length);
    if (reset != null || head == null) {
      floods.count(Kind.RESET);
      control(Frames.rstStream(id, reset == null ? ErrorCode.PROTOCOL_ERROR : reset));
      return;
    }
    if (end && head.contentLength() > 0) {
      floods.count(Kind.RESET);
      control(Frames.rstStream(id, ErrorCode.PROTOCOL_ERROR));
      return;
    }
    if (id > refuseAfter || slots.get() >= limits.maxStreams()) {
      floods.count(Kind.CONTROL);
      control(Frames.rstStream(id, ErrorCode.REFUSED_STREAM));
      return;
    }
    lastAccepted = id;
    slots.incrementAndGet();
    start(id, head, end);
  }

  private void start(int id, RequestHead head, boolean end) {
    Stream stream = stream(id, head);
    streams.put(id, stream);
    if (stream.deadline() != Long.MAX_VALUE) {
      nextDeadline.accumulateAndGet(stream.deadline(), Math::min);
      host.clock().deadlineSet();
    }
    if (stream instanceof Call<?, ?> call) {
      call.open();
    } else if (stream instanceof Answer answer) {
      answer.open();
    }
    if (end) {
      remoteEnd(stream);
    }
  }

  private Stream stream(int id, RequestHead head) {
    if (!head.method().equals("POST")) {
      return host.http(this, id, head, initialWindow);
    }
    String type = head.contentType();
    if (type == null || !type.startsWith("application/grpc")) {
      return Answer.http(
          this, id, head, initialWindow, 415, "The content type is not application/grpc.\n");
    }
    ServerMethodDefinition<?, ?> method = host.method(head.path());
    if (method == null) {
      Status status =
          Status.UNIMPLEMENTED.withDescription("Method not found: " + head.path().substring(1));
      return Answer.grpc(this, id, head, initialWindow, status);
    }
    return new Call<>(this, id, head, method, initialWindow);
  }

  /** A header block on a stream that was opened before: trailers, or a mistake. */
  private void again(int id, byte[] from, int at, int length, boolean end)
      throws ConnectionException {
    Stream stream = streams.get(id);
    if (stream == null) {
      if (!history.wasOpened(id)) {
        throw new ConnectionException(
            ErrorCode.PROTOCOL_ERROR, "A stream's number is lower than one before.");
      }
      throw new ConnectionException(ErrorCode.STREAM_CLOSED, "HEADERS on a closed stream.");
    }
    boolean fit = headers.skip(from, at, length);
    if (stream.remoteEnded) {
      throw new ConnectionException(ErrorCode.STREAM_CLOSED, "HEADERS after the end.");
    }
    if (!end || !fit || !stream.fits(0, true)) {
      fail(stream, ErrorCode.PROTOCOL_ERROR);
      return;
    }
    remoteEnd(stream);
  }

  private void remoteEnd(Stream stream) {
    history.ended(stream.id);
    stream.remoteEnded = true;
    stream.onRemoteEnd();
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
      control(Frames.rstStream(id, ErrorCode.PROTOCOL_ERROR));
    }
  }

  private void reset(int length, int id) throws ConnectionException {
    if (id == 0 || id > lastStream || (id & 1) == 0) {
      throw new ConnectionException(ErrorCode.PROTOCOL_ERROR, "RST_STREAM of no stream.");
    }
    if (length != 4) {
      throw new ConnectionException(ErrorCode.FRAME_SIZE_ERROR, "RST_STREAM is 4 bytes.");
    }
    history.ended(id);
    Stream stream = streams.remove(id);
    if (stream == null) {
      floods.count(Kind.LATE_RESET);
      return;
    }
    if (stream.deadline() > System.nanoTime() + Clock.TICK_NANOS) {
      floods.count(Kind.RESET);
    }
    stream.remoteEnded = true;
    gone(stream);
    stream.partEnded();
  }

  /** The peer is no longer interested in the stream, or cannot be told any more. */
  private void gone(Stream stream) {
    stream.silenced = true;
    stream.onGone();
    writer.resume(stream); // so that what waits for it is dropped
    wake = true;
    writer.wakeWaiting();
  }

  /** Ends a stream for the peer's mistake. Reader's thread. */
  private void fail(Stream stream, ErrorCode code) throws ConnectionException {
    floods.count(Kind.RESET);
    if (streams.remove(stream.id) != null) {
      stream.remoteEnded = true;
      gone(stream);
      stream.partEnded();
    }
    control(Frames.rstStream(stream.id, code));
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
    for (int at = input.at(); at < input.at() + length; at += 6) {
      int name = ((bytes[at] & 0xFF) << 8) | (bytes[at + 1] & 0xFF);
      long value = Frames.getInt(bytes, at + 2) & 0xFFFFFFFFL;
      switch (name) {
        case Frames.SETTINGS_ENABLE_PUSH -> {
          if (value > 1) {
            throw new ConnectionException(ErrorCode.PROTOCOL_ERROR, "ENABLE_PUSH is 0 or 1.");
          }
        }
        case Frames.SETTINGS_INITIAL_WINDOW_SIZE -> initialWindow(value);
        case Frames.SETTINGS_MAX_FRAME_SIZE -> {
          if (value < Frames.MAX_FRAME || value > 0xFFFFFF) {
            throw new ConnectionException(ErrorCode.PROTOCOL_ERROR, "MAX_FRAME_SIZE's range.");
          }
        }
        default -> {} // tables, pushes and header lists are not ours to use
      }
    }
    control(Frames.settingsAck());
  }

  private void initialWindow(long value) throws ConnectionException {
    if (value > Frames.MAX_WINDOW) {
      throw new ConnectionException(ErrorCode.FLOW_CONTROL_ERROR, "A window over 2^31 - 1.");
    }
    long change = value - initialWindow;
    initialWindow = (int) value;
    for (Stream stream : streams.values()) {
      if (stream.addSendWindow(change) > Frames.MAX_WINDOW) {
        throw new ConnectionException(ErrorCode.FLOW_CONTROL_ERROR, "A window over 2^31 - 1.");
      }
      if (change > 0) {
        writer.resume(stream);
        wake = true;
      }
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
      control(Frames.ping(true, input.bytes(), at));
    } else if (Arrays.equals(input.bytes(), at, at + 8, DRAIN_PING, 0, 8)) {
      // All that the client had sent before it learnt of the end has come.
      refuseAfter = lastStream;
      control(Frames.goAway(lastAccepted, ErrorCode.NO_ERROR, "going away"));
      closeIfDone();
    }
  }

  private void windowUpdate(int length, int id) throws ConnectionException {
    if (length != 4) {
      throw new ConnectionException(ErrorCode.FRAME_SIZE_ERROR, "WINDOW_UPDATE is 4 bytes.");
    }
    int increment = Frames.getInt(input.bytes(), input.at()) & 0x7FFFFFFF;
    if (id == 0) {
      if (increment == 0) {
        throw new ConnectionException(ErrorCode.PROTOCOL_ERROR, "An increment of 0.");
      }
      if (!writer.addWindow(increment)) {
        throw new ConnectionException(ErrorCode.FLOW_CONTROL_ERROR, "A window over 2^31 - 1.");
      }
      wake = true;
      return;
    }
    if (id > lastStream || (id & 1) == 0) {
      throw new ConnectionException(
          ErrorCode.PROTOCOL_ERROR, "WINDOW_UPDATE on a stream never opened.");
    }
    Stream stream = streams.get(id);
    if (stream == null) {
      return;
    }
    if (increment == 0) {
      fail(stream, ErrorCode.PROTOCOL_ERROR);
    } else if (stream.addSendWindow(increment) > Frames.MAX_WINDOW) {
      fail(stream, ErrorCode.FLOW_CONTROL_ERROR);
    } else if (stream.queued() > 0) {
      writer.resume(stream);
      wake = true;
    }
  }

  /** Has a control frame written. Reader's thread. */
  private void control(byte[] frame) throws ConnectionException {
    wake = true;
    if (!writer.control(frame)) {
      throw new ConnectionException(
          ErrorCode.ENHANCE_YOUR_CALM, "More is asked for than is taken.");
    }
  }

  private void sayGoodbye(ConnectionException why) {
    if (!greeted) {
      return; // what came was not HTTP/2
    }
    writer.control(Frames.goAway(lastAccepted, why.code(), why.text()));
    writer.closeWhenWritten();
    long until = System.nanoTime() + LAST_WORDS;
    try {
      // Reads on, as a close with unread bytes would take the GOAWAY back.
      while (System.nanoTime() < until) {
        input.need(1);
        input.skip(input.available());
      }
    } catch (EOFException | UncheckedIOException e) {
      LOG.log(Level.TRACE, "a connection that broke a rule is gone", e);
    }
  }

  private void goneWithAll() {
    for (Integer id : List.copyOf(streams.keySet())) {
      Stream stream = streams.remove(id);
      if (stream != null) {
        stream.silenced = true;
        stream.onGone();
        stream.partEnded();
      }
    }
    writer.wakeWaiting();
  }

  /** A stream's last frame has reached the socket. The drainer's thread. */
  void streamEnded(Stream stream) {
    if (streams.remove(stream.id) != null) {
      stream.partEnded();
    }
  }

  /** A stream ends by a reset of ours. Any thread. */
  void reset(Stream stream, ErrorCode code) {
    if (streams.remove(stream.id) != null) {
      stream.silenced = true;
      writer.control(Frames.rstStream(stream.id, code));
      writer.resume(stream);
      writer.wake();
      writer.wakeWaiting();
      stream.partEnded();
    }
  }

  /** Whether there are other calls than one that is just ending. */
  boolean isBusy() {
    return slots.get() > 1;
  }

  /** A stream and its thread have both ended. Any thread. */
  void slotFreed() {
    lastCall = System.nanoTime();
    slots.decrementAndGet();
    closeIfDone();
  }

  private void closeIfDone() {
    if (refuseAfter < DRAINING && slots.get() == 0) {
      writer.closeWhenWritten();
    }
  }

  /** Writing failed: the peer is gone. The drainer's thread. */
  void lost(Throwable failure) {
    LOG.log(Level.TRACE, "a connection cannot be written to", failure);
    closeSocket();
  }

  /** Ends the connection; its reader sees to the rest. */
  void closeSocket() {
    closed = true;
    try {
      socket.close();
    } catch (RuntimeException e) {
      LOG.log(Level.TRACE, "closing a connection", e);
    }
  }

  /** What a call may ask of its connection: the peer's address and certificates. */
  Attributes attributes() {
    Attributes known = attributes;
    if (known == null) {
      known = Peers.attributes(context);
      attributes = known;
    }
    return known;
  }

  /** Looks at the deadlines. The clock's thread; never blocks. */
  void tick(long now) {
    if (now - nextDeadline.get() < 0) {
      return;
    }
    nextDeadline.set(Long.MAX_VALUE);
    for (Stream stream : streams.values()) {
      if (stream.deadline() == Long.MAX_VALUE) {
        continue;
      }
      if (now - stream.expiry() >= 0) {
        stream.onExpired();
      }
      long expiry = stream.expiry(); // a later one where the answer has come
      if (now - expiry < 0) {
        nextDeadline.accumulateAndGet(expiry, Math::min);
      }
    }
  }

  /** Whether a call here has a deadline. */
  boolean hasDeadlines() {
    return nextDeadline.get() != Long.MAX_VALUE;
  }

  /** Looks at the connection's own times, about every second. The clock's thread; never blocks. */
  void watch(long now) {
    writer.endStalled(now, limits.stall().toNanos());
    if (!greeted) {
      if (now - opened > limits.preface().toNanos()) {
        end();
      }
      return;
    }
    long quiet = now - lastRead;
    if (pinged != 0 && now - pinged > limits.keepAliveTimeout().toNanos()) {
      end();
    } else if (pinged == 0 && quiet > limits.keepAlive().toNanos()) {
      pinged = now | 1;
      writer.control(Frames.ping(false, KEEP_ALIVE_PING, 0));
      writer.wake();
    }
    if (refuseAfter == DRAINING && now - drainBegan > limits.keepAliveTimeout().toNanos()) {
      end();
    }
    for (Stream stream : streams.values()) {
      stream.onSecond(now);
    }
    boolean idle = slots.get() == 0 && now - lastCall > limits.idle().toNanos();
    if (refuseAfter == Integer.MAX_VALUE && (idle || now - opened > limits.age().toNanos())) {
      drain();
    }
  }

  /** Ends a connection whose peer does not answer: a thread of its own, as TLS may block. */
  private void end() {
    Thread.startVirtualThread(this::closeSocket);
  }

  /**
   * Tells the client to go elsewhere, and ends the connection when its calls are: first with every
   * stream still welcome, then, when it has answered a PING, with the last one accepted (RFC 9113
   * 6.8).
   */
  private void drain() {
    if (refuseAfter != Integer.MAX_VALUE) {
      return;
    }
    refuseAfter = DRAINING;
    drainBegan = System.nanoTime();
    writer.control(Frames.goAway(Integer.MAX_VALUE, ErrorCode.NO_ERROR, "going away"));
    writer.control(Frames.ping(false, DRAIN_PING, 0));
    writer.wake();
  }

  @Override
  public boolean canInterrupt() {
    return slots.get() == 0;
  }

  /** Helidon's own idle timeout is not used: {@link Limits#idle} is. */
  @Override
  public Duration idleTime() {
    return Duration.ZERO;
  }

  @Override
  public void close(boolean interrupt) {
    if (interrupt || !greeted) {
      end();
    } else {
      drain();
    }
  }
}
