package dev.prism.plugin.nats;

import com.google.rpc.Status;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import io.nats.client.JetStreamApiException;

/** What goes wrong between here and the server, as callers are told. */
final class Failures {
  static final int STREAM_NOT_FOUND = 10059;
  static final int CONSUMER_NOT_FOUND = 10014;
  private static final int NOT_FOUND = 404;
  private static final int NO_RESOURCES = 10023;
  private static final int STORAGE_FULL = 10047;
  private static final int STORE_FAILED = 10077;

  private Failures() {}

  static PrismException unreachable() {
    return PrismException.of(
        Reason.BACKEND_UNAVAILABLE, "the NATS server does not answer: nothing was done");
  }

  /** A request went out and its answer did not come. */
  static Status unknown() {
    return PrismException.status(
        Reason.OUTCOME_UNKNOWN,
        "the NATS server's answer did not come: the call may or may not have taken effect");
  }

  static boolean isNotFound(JetStreamApiException e) {
    return e.getErrorCode() == NOT_FOUND
        || e.getApiErrorCode() == STREAM_NOT_FOUND
        || e.getApiErrorCode() == CONSUMER_NOT_FOUND;
  }

  static PrismException of(JetStreamApiException e) {
    return refused(e.getApiErrorCode());
  }

  /** What JetStream refused with its code. */
  static PrismException refused(int code) {
    return PrismException.of(reason(code), text(code));
  }

  /** Why a message was not stored. */
  static Status notStored(int code) {
    return PrismException.status(reason(code), text(code));
  }

  private static Reason reason(int code) {
    return switch (code) {
      case NO_RESOURCES, STORAGE_FULL, STORE_FAILED -> Reason.BACKEND_FULL;
      default -> Reason.BACKEND_UNAVAILABLE;
    };
  }

  private static String text(int code) {
    return reason(code) == Reason.BACKEND_FULL
        ? "the stream or JetStream's storage is full: nothing was written"
        : "JetStream refused the request (its code is " + code + "): nothing was done";
  }

  static PrismException topicNotFound(String topic) {
    return PrismException.of(Reason.TOPIC_NOT_FOUND, "there is no topic '" + topic + "'");
  }
}
