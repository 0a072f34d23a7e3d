package dev.prism.status;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import com.google.rpc.Status;
import java.util.List;
import java.util.Map;

/**
 * A failure that is an answer: it carries the {@link Status} the client gets. Its message is
 * written for the client and holds no backend text, value or secret; what an operator needs besides
 * goes to the log.
 *
 * <p>It records no stack trace: it is part of ordinary traffic, and the reason says where it comes
 * from.
 */
public final class PrismException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** The ErrorInfo domain of every Prism error (contract 13). */
  public static final String DOMAIN = "prism.dev";

  /**
   * How long a client is told to wait before it tries again, in milliseconds, unless the thrower
   * knows better.
   */
  public static final long DEFAULT_RETRY_MILLIS = 100;

  private final transient Status status;
  private final Reason reason;

  private PrismException(Reason reason, Status status) {
    super(status.getMessage(), null, false, false);
    this.reason = reason;
    this.status = status;
  }

  /** A failure for {@code reason}; {@code message} is for the client, and says what to do next. */
  public static PrismException of(Reason reason, String message) {
    return new PrismException(
        reason, status(reason, message, Map.of(), DEFAULT_RETRY_MILLIS, List.of()));
  }

  /** As {@link #of(Reason, String)} with ErrorInfo metadata for programs. */
  public static PrismException of(Reason reason, String message, Map<String, String> metadata) {
    return new PrismException(
        reason, status(reason, message, metadata, DEFAULT_RETRY_MILLIS, List.of()));
  }

  /** A retryable failure that tells the client to wait {@code retryMillis} first. */
  public static PrismException retryAfter(Reason reason, String message, long retryMillis) {
    return new PrismException(reason, status(reason, message, Map.of(), retryMillis, List.of()));
  }

  /** A failed validation: one violation a field, each with the field's path. */
  public static PrismException invalid(Reason reason, String message, List<Violation> violations) {
    return new PrismException(
        reason, status(reason, message, Map.of(), DEFAULT_RETRY_MILLIS, violations));
  }

  /**
   * One field that is wrong: its path ({@code backend.options[table]}) and what is wrong, for a
   * person.
   */
  public record Violation(String field, String description) {}

  /** What the client is told. */
  public Status status() {
    return status;
  }

  /** Why. */
  public Reason reason() {
    return reason;
  }

  /** The status of {@code reason}, for answers that hold one per entry. */
  public static Status status(Reason reason, String message) {
    return status(reason, message, Map.of(), DEFAULT_RETRY_MILLIS, List.of());
  }

  /** The reason in a status's ErrorInfo; INTERNAL where it has none that is known here. */
  public static Reason reason(Status status) {
    for (Any detail : status.getDetailsList()) {
      if (detail.is(ErrorInfo.class)) {
        try {
          return Reason.valueOf(detail.unpack(ErrorInfo.class).getReason());
        } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
          return Reason.INTERNAL;
        }
      }
    }
    return Reason.INTERNAL;
  }

  private static Status status(
      Reason reason,
      String message,
      Map<String, String> metadata,
      long retryMillis,
      List<Violation> violations) {
    Status.Builder status =
        Status.newBuilder()
            .setCode(reason.code().getNumber())
            .setMessage(message)
            .addDetails(
                Any.pack(
                    ErrorInfo.newBuilder()
                        .setDomain(DOMAIN)
                        .setReason(reason.name())
                        .putAllMetadata(metadata)
                        .build()));
    if (reason.retryable()) {
      Duration delay =
          Duration.newBuilder()
              .setSeconds(retryMillis / 1000)
              .setNanos((int) (retryMillis % 1000) * 1_000_000)
              .build();
      status.addDetails(Any.pack(RetryInfo.newBuilder().setRetryDelay(delay).build()));
    }
    if (!violations.isEmpty()) {
      BadRequest.Builder bad = BadRequest.newBuilder();
      for (Violation violation : violations) {
        bad.addFieldViolations(
            BadRequest.FieldViolation.newBuilder()
                .setField(violation.field())
                .setDescription(violation.description()));
      }
      status.addDetails(Any.pack(bad.build()));
    }
    return status.build();
  }
}
