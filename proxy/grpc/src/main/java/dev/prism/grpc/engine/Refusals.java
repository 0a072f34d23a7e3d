package dev.prism.grpc.engine;

import io.grpc.Metadata;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/** Why a request is not served, as far as its headers tell. */
final class Refusals {
  static final Metadata.Key<String> ACCEPT_ENCODING =
      Metadata.Key.of("grpc-accept-encoding", Metadata.ASCII_STRING_MARSHALLER);

  private Refusals() {}

  static @Nullable Status of(RequestHead head) {
    String encoding = head.encoding();
    if (head.problem() != null) {
      return switch (head.problem()) {
        case TOO_LARGE -> Status.RESOURCE_EXHAUSTED.withDescription("The headers are too large.");
        case TIMEOUT -> Status.INTERNAL.withDescription("grpc-timeout is not a time.");
        case BINARY -> Status.INTERNAL.withDescription("A header that ends in -bin is not base64.");
      };
    }
    if (encoding != null && !encoding.equals("identity") && !encoding.equals("gzip")) {
      return Status.UNIMPLEMENTED.withDescription(
          "The encoding is not known; send " + Messages.ENCODINGS + ".");
    }
    return null;
  }
}
