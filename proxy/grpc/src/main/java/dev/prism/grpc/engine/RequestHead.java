package dev.prism.grpc.engine;

import io.grpc.InternalMetadata;
import io.grpc.Metadata;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a request begins with. One is shared by all requests whose headers are the same.
 *
 * @param method HTTP's
 * @param timeoutNanos of {@code grpc-timeout}, or -1
 * @param contentLength or -1
 * @param encoding of {@code grpc-encoding}
 * @param acceptsGzip whether responses may be compressed so
 * @param problem why the call cannot be, for its caller
 * @param fields names and values in turn, as they go into {@link Metadata}
 */
record RequestHead(
    String method,
    String path,
    @Nullable String authority,
    @Nullable String contentType,
    long timeoutNanos,
    long contentLength,
    @Nullable String encoding,
    boolean acceptsGzip,
    @Nullable Problem problem,
    List<byte[]> fields) {
  /** What is wrong with a request that HTTP/2 lets pass. */
  enum Problem {
    /** More header bytes than the limit. */
    TOO_LARGE,
    /** {@code grpc-timeout} that is not one. */
    TIMEOUT,
    /** A {@code -bin} value that is not base64. */
    BINARY
  }

  /** A metadata of the call's own. */
  Metadata metadata() {
    return InternalMetadata.newMetadata(fields.size() / 2, fields.toArray(byte[][]::new));
  }
}
