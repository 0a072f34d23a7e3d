package dev.prism.status;

import com.google.rpc.Code;

/**
 * Every reason an answer of Prism can carry in its {@code google.rpc.ErrorInfo} (contract 13), with
 * the one status code it goes with. {@code docs/errors.md} has a row for each; a test holds the two
 * together.
 *
 * <p>A reason is retryable when the same request, sent again as it is, may succeed and cannot do
 * harm; such a status carries a {@code google.rpc.RetryInfo}.
 */
public enum Reason {
  // What the caller sent
  REQUEST_MALFORMED(Code.INVALID_ARGUMENT, false),
  FIELD_INVALID(Code.INVALID_ARGUMENT, false),
  COLLECTION_INVALID(Code.INVALID_ARGUMENT, false),
  TOPIC_INVALID(Code.INVALID_ARGUMENT, false),
  KEY_INVALID(Code.INVALID_ARGUMENT, false),
  KEY_DUPLICATE(Code.INVALID_ARGUMENT, false),
  METADATA_INVALID(Code.INVALID_ARGUMENT, false),
  TTL_INVALID(Code.INVALID_ARGUMENT, false),
  PRECONDITION_INVALID(Code.INVALID_ARGUMENT, false),
  PARTITION_KEY_REQUIRED(Code.INVALID_ARGUMENT, false),
  BATCH_SIZE_INVALID(Code.INVALID_ARGUMENT, false),
  CURSOR_INVALID(Code.INVALID_ARGUMENT, false),
  RECEIPT_INVALID(Code.INVALID_ARGUMENT, false),
  STREAM_ORDER_INVALID(Code.INVALID_ARGUMENT, false),
  IDEMPOTENCY_KEY_INVALID(Code.INVALID_ARGUMENT, false),
  IDEMPOTENCY_KEY_REUSED(Code.INVALID_ARGUMENT, false),
  IDEMPOTENCY_UNSUPPORTED(Code.UNIMPLEMENTED, false),
  CAPABILITY_UNSUPPORTED(Code.UNIMPLEMENTED, false),
  METHOD_UNIMPLEMENTED(Code.UNIMPLEMENTED, false),
  VALUE_TOO_LARGE(Code.RESOURCE_EXHAUSTED, false),
  MESSAGE_TOO_LARGE(Code.RESOURCE_EXHAUSTED, false),

  // What the data said
  ETAG_MISMATCH(Code.ABORTED, false),
  KEY_EXISTS(Code.ALREADY_EXISTS, false),
  KEY_ABSENT(Code.FAILED_PRECONDITION, false),
  EXPECTATION_FAILED(Code.ABORTED, false),
  CONSTRAINT_VIOLATED(Code.FAILED_PRECONDITION, false),
  RECEIPT_EXPIRED(Code.FAILED_PRECONDITION, false),
  TRANSACTION_CONFLICT(Code.ABORTED, true),

  // Who is asking
  CREDENTIALS_MISSING(Code.UNAUTHENTICATED, false),
  CREDENTIALS_INVALID(Code.UNAUTHENTICATED, false),
  SESSION_MISSING(Code.UNAUTHENTICATED, false),
  SESSION_INVALID(Code.UNAUTHENTICATED, false),
  SESSION_EXPIRED(Code.UNAUTHENTICATED, false),
  PERMISSION_DENIED(Code.PERMISSION_DENIED, false),

  // Configuration
  CONFIG_INVALID(Code.INVALID_ARGUMENT, false),
  CONFIG_NOT_FOUND(Code.NOT_FOUND, false),
  CONFIG_EXISTS(Code.ALREADY_EXISTS, false),
  CONFIG_IN_USE(Code.FAILED_PRECONDITION, false),
  CONFIG_AMBIGUOUS(Code.FAILED_PRECONDITION, false),
  PATTERN_MISMATCH(Code.FAILED_PRECONDITION, false),
  /** A namespace has registered as many configs or schemas as it may. */
  REGISTRATION_LIMIT(Code.RESOURCE_EXHAUSTED, false),
  NAMESPACE_NOT_FOUND(Code.NOT_FOUND, false),
  COLLECTION_NOT_FOUND(Code.NOT_FOUND, false),
  TOPIC_NOT_FOUND(Code.NOT_FOUND, false),
  NOT_PROVISIONED(Code.FAILED_PRECONDITION, false),
  PLUGIN_NOT_FOUND(Code.NOT_FOUND, false),

  // Bounds and failures on the way
  RATE_LIMITED(Code.RESOURCE_EXHAUSTED, true),
  SESSION_LIMIT(Code.RESOURCE_EXHAUSTED, true),
  OVERLOADED(Code.RESOURCE_EXHAUSTED, true),
  SUBSCRIBER_TOO_SLOW(Code.RESOURCE_EXHAUSTED, false),
  DEADLINE_EXCEEDED(Code.DEADLINE_EXCEEDED, false),
  CANCELLED(Code.CANCELLED, false),
  PLUGIN_UNAVAILABLE(Code.UNAVAILABLE, true),
  BACKEND_UNAVAILABLE(Code.UNAVAILABLE, true),
  BACKEND_FULL(Code.RESOURCE_EXHAUSTED, false),
  SHUTTING_DOWN(Code.UNAVAILABLE, true),
  /** The call may or may not have taken effect: not to be sent again blindly. */
  OUTCOME_UNKNOWN(Code.UNAVAILABLE, false),
  DATA_CORRUPT(Code.DATA_LOSS, false),
  INTERNAL(Code.INTERNAL, false);

  private final Code code;
  private final boolean retryable;

  Reason(Code code, boolean retryable) {
    this.code = code;
    this.retryable = retryable;
  }

  /** The status code that always goes with this reason. */
  public Code code() {
    return code;
  }

  /** Whether the same request may be sent again as it is. */
  public boolean retryable() {
    return retryable;
  }
}
