package dev.prism.grpc.engine;

import dev.prism.grpc.engine.Floods.Kind;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A connection's streams, and what its peer may do to one in which state (RFC 9113 5.1). What the
 * peer does is for the reader's thread; the rest says whose it is.
 */
final class Streams {
  private final Connection connection;
  private final Replies replies;
  private final Floods floods;
  private final HeaderDecoder headers;

  private final Map<Integer, Stream> streams = new ConcurrentHashMap<>(4);
  private final AtomicLong nextDeadline = new AtomicLong(Long.MAX_VALUE);
  private volatile int lastAccepted;

  // The reader's own.
  private final History history = new History();
  private int lastStream;
  private int initialWindow = Frames.DEFAULT_WINDOW;

  Streams(Connection connection, Replies replies, Floods floods) {
    this.connection = connection;
    this.replies = replies;
    this.floods = floods;
    this.headers = new HeaderDecoder(connection.limits().maxHeaderBytes());
  }

  @Nullable Stream get(int id) {
    return streams.get(id);
  }

  /** The last stream that was opened, accepted or not. */
  int last() {
    return lastStream;
  }

  /** The last stream that was accepted. Any thread. */
  int lastAccepted() {
    return lastAccepted;
  }

  /** A header block has come: it opens a stream, or ends one. */
  void opened(int id, byte[] from, int at, int length, boolean end, @Nullable ErrorCode reset)
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
      replies.control(Frames.rstStream(id, reset == null ? ErrorCode.PROTOCOL_ERROR : reset));
      return;
    }
    if (end && head.contentLength() > 0) {
      floods.count(Kind.RESET);
      replies.control(Frames.rstStream(id, ErrorCode.PROTOCOL_ERROR));
      return;
    }
    if (!connection.takeSlot(id)) {
      floods.count(Kind.CONTROL);
      replies.control(Frames.rstStream(id, ErrorCode.REFUSED_STREAM));
      return;
    }
    lastAccepted = id;
    start(id, head, end);
  }

  private void start(int id, RequestHead head, boolean end) {
    Stream stream = stream(id, head);
    streams.put(id, stream);
    if (stream.deadline() != Long.MAX_VALUE) {
      nextDeadline.accumulateAndGet(stream.deadline(), Math::min);
      connection.host().clock().deadlineSet();
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
      return connection.host().http(connection, id, head, initialWindow);
    }
    String type = head.contentType();
    if (type == null || !type.startsWith("application/grpc")) {
      return Answer.http(
          connection, id, head, initialWindow, 415, "The content type is not application/grpc.\n");
    }
    ServerMethodDefinition<?, ?> method = connection.host().method(head.path());
    if (method == null) {
      Status status =
          Status.UNIMPLEMENTED.withDescription("Method not found: " + head.path().substring(1));
      return Answer.grpc(connection, id, head, initialWindow, status);
    }
    return new Call<>(connection, id, head, method, initialWindow);
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

  /** The peer has sent all of a stream. */
  void remoteEnd(Stream stream) {
    history.ended(stream.id);
    stream.remoteEnded = true;
    stream.onRemoteEnd();
  }

  /** DATA on a stream that is no more (RFC 9113 5.1). */
  void late(int id, boolean end) throws ConnectionException {
    if ((id & 1) == 0 || id > lastStream) {
      throw new ConnectionException(ErrorCode.PROTOCOL_ERROR, "DATA on a stream never opened.");
    }
    floods.count(Kind.CONTROL);
    if (history.hasEnded(id)) {
      replies.control(Frames.rstStream(id, ErrorCode.STREAM_CLOSED));
    } else if (end) {
      history.ended(id); // it was under way when we ended the stream
    }
  }

  /** RST_STREAM has come. */
  void reset(int id) throws ConnectionException {
    if (id == 0 || id > lastStream || (id & 1) == 0) {
      throw new ConnectionException(ErrorCode.PROTOCOL_ERROR, "RST_STREAM of no stream.");
    }
    history.ended(id);
    Stream stream = streams.remove(id);
    if (stream == null) {
      floods.count(Kind.LATE_RESET);
      return;
    }
    if (!stream.isOld()) {
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
    replies.resume(stream); // so that what waits for it is dropped
    connection.writer.wakeWaiting();
  }

  /** Ends a stream for the peer's mistake. */
  void fail(Stream stream, ErrorCode code) throws ConnectionException {
    floods.count(Kind.RESET);
    if (streams.remove(stream.id) != null) {
      stream.remoteEnded = true;
      gone(stream);
      stream.partEnded();
    }
    replies.control(Frames.rstStream(stream.id, code));
  }

  /** What a stream may be sent when it opens, bytes. */
  int initialWindow() {
    return initialWindow;
  }

  /** The peer has set the window of every stream, in bytes. */
  void initialWindow(int value) throws ConnectionException {
    long change = (long) value - initialWindow;
    initialWindow = value;
    for (Stream stream : streams.values()) {
      if (stream.addSendWindow(change) > Frames.MAX_WINDOW) {
        throw new ConnectionException(ErrorCode.FLOW_CONTROL_ERROR, "A window over 2^31 - 1.");
      }
      if (change > 0) {
        replies.resume(stream);
      }
    }
  }

  /** WINDOW_UPDATE has come, for a stream. */
  void windowUpdate(int id, int increment) throws ConnectionException {
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
      replies.resume(stream);
    }
  }

  /**
   * Takes a stream out.
   *
   * @return whether it was there: who took it out sees to its end. Any thread
   */
  boolean remove(Stream stream) {
    return streams.remove(stream.id) != null;
  }

  /** The connection is gone. */
  void goneWithAll() {
    for (Integer id : List.copyOf(streams.keySet())) {
      Stream stream = streams.remove(id);
      if (stream != null) {
        stream.silenced = true;
        stream.onGone();
        stream.partEnded();
      }
    }
    connection.writer.wakeWaiting();
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
    return nextDeadline.get() != Long.MAX_VALUE && !streams.isEmpty();
  }

  /** A second has passed. The clock's thread; never blocks. */
  void onSecond(long now) {
    for (Stream stream : streams.values()) {
      stream.onSecond(now);
    }
  }
}
