package dev.prism.grpc.engine;

import dev.prism.grpc.HttpRoute;
import io.grpc.Metadata;
import io.grpc.Status;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;

/**
 * A stream that no service sees: a page, or why there is no call. What its client sends is dropped.
 */
final class Answer extends Stream {
  private static final System.Logger LOG = System.getLogger(Answer.class.getName());

  private final Supplier<Outgoing> content;
  private final boolean blocks;

  private Answer(
      Connection connection,
      int id,
      RequestHead head,
      long window,
      boolean blocks,
      java.util.function.Function<Stream, Outgoing> content) {
    super(connection, id, head.contentLength(), window);
    this.blocks = blocks;
    this.content = () -> content.apply(this);
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
    return new Answer(
        connection,
        id,
        head,
        window,
        false,
        stream -> page(stream, status, "text/plain; charset=utf-8", text));
  }

  static Answer http(
      Connection connection, int id, RequestHead head, long window, HttpRoute route) {
    return new Answer(
        connection,
        id,
        head,
        window,
        true,
        stream -> {
          HttpRoute.Answer answer = route.handler().get();
          return page(stream, answer.status(), answer.contentType(), answer.body());
        });
  }

  private static Outgoing page(Stream stream, int status, String contentType, String text) {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    byte[] head = HeaderBlocks.http(status, contentType, body.length);
    return Outgoing.http(stream, head, body);
  }

  /** Has it sent; what may block is made on a thread of its own. Reader's thread. */
  void send() {
    if (blocks) {
      Thread.startVirtualThread(this::make);
    } else {
      make();
    }
  }

  private void make() {
    Outgoing made;
    try {
      made = content.get();
    } catch (RuntimeException failure) {
      LOG.log(Level.ERROR, "a page failed", failure);
      made = page(this, 500, "text/plain; charset=utf-8", "The page failed.\n");
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
  void onRemoteEnd() {}

  @Override
  void onGone() {}

  @Override
  long deadline() {
    return Long.MAX_VALUE;
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
