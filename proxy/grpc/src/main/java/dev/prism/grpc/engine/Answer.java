package dev.prism.grpc.engine;

import dev.prism.grpc.HttpRoute;
import io.grpc.Metadata;
import io.grpc.Status;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A stream that no service sees: a page, or why there is no call. What its client sends is dropped.
 * A call is refused at once; a page, whose making may block, is sent when its request is whole, so
 * that what is wrong with the request is told first.
 */
final class Answer extends Stream {
  private static final System.Logger LOG = System.getLogger(Answer.class.getName());

  private final Function<Stream, Outgoing> content;
  private final boolean isPage;
  private final AtomicBoolean begun = new AtomicBoolean();

  private Answer(
      Connection connection,
      int id,
      RequestHead head,
      long window,
      boolean isPage,
      Function<Stream, Outgoing> content) {
    super(connection, id, head.contentLength(), window);
    this.isPage = isPage;
    this.content = content;
  }

  static Answer grpc(Connection connection, int id, RequestHead head, long window, Status status) {
    byte[] tail = HeaderBlocks.tail(status, new Metadata(), true);
    return new Answer(
        connection,
        id,
        head,
        window,
        false,
        stream -> Outgoing.grpc(stream, null, null, false, tail));
  }

  static Answer http(
      Connection connection, int id, RequestHead head, long window, int status, String text) {
    return http(
        connection,
        id,
        head,
        window,
        () -> new HttpRoute.Answer(status, "text/plain; charset=utf-8", text));
  }

  static Answer http(
      Connection connection,
      int id,
      RequestHead head,
      long window,
      Supplier<HttpRoute.Answer> handler) {
    return new Answer(connection, id, head, window, true, stream -> page(stream, handler.get()));
  }

  private static Outgoing page(Stream stream, HttpRoute.Answer answer) {
    byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
    byte[] head = HeaderBlocks.http(answer.status(), answer.contentType(), body.length);
    return Outgoing.http(stream, head, body);
  }

  /** The request has begun. Reader's thread. */
  void open() {
    if (!isPage && begun.compareAndSet(false, true)) {
      make();
    }
  }

  private void make() {
    Outgoing made;
    try {
      made = content.apply(this);
    } catch (RuntimeException failure) {
      LOG.log(Level.ERROR, "a page failed", failure);
      made =
          page(this, new HttpRoute.Answer(500, "text/plain; charset=utf-8", "The page failed.\n"));
    }
    connection.writer.offer(made);
    connection.writer.wake();
    partEnded();
  }

  @Override
  void onData(byte[] from, int at, int length) {
    taken(length);
  }

  @Override
  void onRemoteEnd() {
    if (begun.compareAndSet(false, true)) {
      Thread.startVirtualThread(this::make);
    }
  }

  @Override
  void onGone() {
    if (begun.compareAndSet(false, true)) {
      partEnded();
    }
  }

  @Override
  long deadline() {
    return Long.MAX_VALUE;
  }

  @Override
  boolean isOld() {
    return false;
  }

  @Override
  void onExpired() {}

  @Override
  void onSecond(long now) {}

  @Override
  void onEnded() {}

  @Override
  void onRoom() {}
}
