package dev.prism.plugin.dynamodb;

import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import javax.net.ssl.SSLHandshakeException;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;

/** What a request that failed means to who made it. */
enum Failure {
  /**
   * An item is not as the request asks, or another reason that the answer names. Nothing was done.
   */
  CONDITION(Reason.INTERNAL, "the database refused the call"),
  /** Too much at once for the table or one of its partitions. Nothing was done. */
  THROTTLED(Reason.OVERLOADED, "DynamoDB throttles the table: nothing was changed"),
  /** A transaction has one of the items, or somebody else just does the same. Nothing was done. */
  CONFLICT(Reason.TRANSACTION_CONFLICT, "a transaction has the item: nothing was changed"),
  /** Not sent. */
  UNREACHABLE(Reason.BACKEND_UNAVAILABLE, "DynamoDB cannot be reached: nothing was changed"),
  /** Who the plugin is, or what it may do. Nothing was done. */
  DENIED(
      Reason.BACKEND_UNAVAILABLE,
      "DynamoDB refuses the plugin, or it has no credentials: its log says why"),
  /** The table is not there. Nothing was done. */
  MISSING(Reason.BACKEND_UNAVAILABLE, "the table is not there: nothing was changed"),
  /** The request is wrong. Nothing was done. */
  INVALID(Reason.INTERNAL, "the database refused the call"),
  /** Sent, and not answered or not in order: what it asked for may have been done. */
  LOST(Reason.OUTCOME_UNKNOWN, "the answer of DynamoDB was lost: the write may have been done");

  private static final long RETRY_MILLIS = 1000;

  private final Reason reason;
  private final String message;

  Failure(Reason reason, String message) {
    this.reason = reason;
    this.message = message;
  }

  static Failure of(SdkException e) {
    return e instanceof AwsServiceException answer ? ofAnswer(answer) : ofClient(e);
  }

  private static Failure ofAnswer(AwsServiceException answer) {
    String code = code(answer);
    return switch (code) {
      case "ConditionalCheckFailedException", "TransactionCanceledException" -> CONDITION;
      case "ProvisionedThroughputExceededException",
          "RequestLimitExceeded",
          "ThrottlingException",
          "LimitExceededException" ->
          THROTTLED;
      case "ResourceInUseException",
          "TransactionConflictException",
          "TransactionInProgressException",
          "ReplicatedWriteConflictException" ->
          CONFLICT;
      case "ResourceNotFoundException" -> MISSING;
      case "ValidationException",
          "SerializationException",
          "ItemCollectionSizeLimitExceededException" ->
          INVALID;
      default -> answer.statusCode() >= 500 ? LOST : DENIED;
    };
  }

  private static Failure ofClient(SdkException e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof NoCredentialsException) {
        return DENIED;
      }
      if (cause instanceof IOException) {
        return cause instanceof ConnectException
                || cause instanceof UnknownHostException
                || cause instanceof NoRouteToHostException
                || cause instanceof SSLHandshakeException
                || (cause instanceof SocketTimeoutException
                    && "Connect timed out".equalsIgnoreCase(cause.getMessage()))
            ? UNREACHABLE
            : LOST;
      }
    }
    return LOST;
  }

  /** The error's own name at DynamoDB. */
  static String code(AwsServiceException answer) {
    var details = answer.awsErrorDetails();
    String code = details == null ? null : details.errorCode();
    return code == null ? "" : code;
  }

  /** The answer to a call that wrote. */
  PrismException ofWrite() {
    return PrismException.retryAfter(reason, message, RETRY_MILLIS);
  }

  /** The answer to a call that may be made again whatever became of it. */
  PrismException ofRead() {
    return this == LOST
        ? PrismException.of(Reason.BACKEND_UNAVAILABLE, "the answer of DynamoDB was lost")
        : ofWrite();
  }

  /** Names what went wrong, for a log: neither values nor secrets are in it. */
  static String forLog(SdkException e) {
    if (e instanceof AwsServiceException answer) {
      var details = answer.awsErrorDetails();
      // What else DynamoDB refuses it may quote; of a wrong signature it quotes the request, with
      // the
      // session's token.
      boolean tell =
          of(e) == DENIED && details != null && !code(answer).contains("InvalidSignature");
      return answer.statusCode() + " " + code(answer) + (tell ? " " + details.errorMessage() : "");
    }
    Throwable cause = e;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause.getClass().getSimpleName() + " " + cause.getMessage();
  }
}
