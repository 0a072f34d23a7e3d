package dev.prism.proxy.service;

import com.google.rpc.Code;
import com.google.rpc.Status;
import dev.prism.proxy.gate.Passage;
import dev.prism.proxy.gate.RequestIds;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import io.grpc.Metadata;

/**
 * How a google.rpc.Status travels: code and message in gRPC's own trailers, all of it in
 * grpc-status-details-bin.
 */
final class Answers {
  static final Metadata.Key<byte[]> DETAILS =
      Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER);

  /** What a client is told of a defect. */
  static final Status INTERNAL =
      PrismException.status(
          Reason.INTERNAL,
          "Something went wrong in the server; its log has more under the call's request id.");

  private Answers() {}

  static io.grpc.Status grpc(Status status) {
    return io.grpc.Status.fromCodeValue(status.getCode()).withDescription(status.getMessage());
  }

  /** The trailers of a failed call: the details, and the id under which the log has it. */
  static Metadata trailers(Status status, String requestId) {
    Metadata trailers = new Metadata();
    trailers.put(DETAILS, status.toByteArray());
    trailers.put(RequestIds.REQUEST_ID, requestId);
    return trailers;
  }

  /** The trailers of a call that succeeded: a client that named the call gets the name back. */
  static Metadata trailers(Passage passage) {
    Metadata trailers = new Metadata();
    if (passage.isNamed()) {
      trailers.put(RequestIds.REQUEST_ID, passage.requestId());
    }
    return trailers;
  }

  /** Completes a status that gRPC's own code made, so that every failure has a reason. */
  static Status detailed(io.grpc.Status status) {
    String message = status.getDescription();
    Reason reason =
        switch (status.getCode()) {
          case INVALID_ARGUMENT -> Reason.REQUEST_MALFORMED;
          case UNIMPLEMENTED -> Reason.METHOD_UNIMPLEMENTED;
          case RESOURCE_EXHAUSTED -> Reason.MESSAGE_TOO_LARGE;
          case CANCELLED -> Reason.CANCELLED;
          case DEADLINE_EXCEEDED -> Reason.DEADLINE_EXCEEDED;
          default -> Reason.INTERNAL;
        };
    return PrismException.status(
        reason, message == null ? Code.forNumber(status.getCode().value()).name() : message);
  }
}
