package dev.prism.grpc;

import java.util.function.Supplier;

/**
 * A GET route over HTTP/1.1.
 *
 * @param path matched exactly, such as {@code /observe/health}
 * @param handler makes the answer; called on a virtual thread of the request's own, and may block
 */
public record HttpRoute(String path, Supplier<Answer> handler) {
  /** What the client gets: an HTTP status code, a media type and a body. */
  public record Answer(int status, String contentType, String body) {}
}
