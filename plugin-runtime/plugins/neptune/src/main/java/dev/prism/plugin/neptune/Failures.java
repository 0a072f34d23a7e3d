package dev.prism.plugin.neptune;

import dev.prism.status.PrismException;
import dev.prism.status.Reason;

/**
 * What goes wrong between here and the graph, as callers are told: never in the server's words,
 * which may hold values and the query.
 */
final class Failures {
  private static final int UNAUTHORIZED = 401;
  private static final int FORBIDDEN = 403;
  private static final int TOO_MANY = 429;

  private Failures() {}

  static PrismException unreachable() {
    return PrismException.of(Reason.BACKEND_UNAVAILABLE, "the graph does not answer");
  }

  static PrismException unreadable() {
    return PrismException.of(
        Reason.BACKEND_UNAVAILABLE, "the graph's answer broke off or is no GraphSON");
  }

  static PrismException late() {
    return PrismException.of(Reason.DEADLINE_EXCEEDED, "the deadline came before the answer");
  }

  static PrismException rowTooLarge() {
    return PrismException.of(
        Reason.MESSAGE_TOO_LARGE, "a vertex is larger than a message; ask for fewer columns");
  }

  /**
   * What a server has refused.
   *
   * @param code Neptune's error code, or the class of a Gremlin Server's exception; may be empty
   */
  static PrismException refused(int status, String code) {
    // Neptune's names are on the page "Graph engine error messages and codes" of its guide.
    switch (code.substring(code.lastIndexOf('.') + 1)) {
      case "TimeLimitExceededException", "TimeoutException", "ClientTimeoutException" -> {
        return late();
      }
      case "ThrottlingException",
          "TooManyRequestsException",
          "QueryLimitExceededException",
          "QueryLimitException",
          "MemoryLimitExceededException" -> {
        return overloaded();
      }
      case "ConcurrentModificationException" -> {
        return PrismException.of(
            Reason.TRANSACTION_CONFLICT, "others changed the graph at the same time; try again");
      }
      case "ReadOnlyViolationException" -> {
        return PrismException.of(
            Reason.BACKEND_UNAVAILABLE, "the graph takes no writes at this endpoint");
      }
      case "AccessDeniedException" -> {
        return denied();
      }
      case "MalformedQueryException",
          "InvalidParameterException",
          "UnsupportedOperationException",
          "GremlinParserException" -> {
        return internal();
      }
      default -> {
        // By its status.
      }
    }
    return switch (status) {
      case UNAUTHORIZED, FORBIDDEN -> denied();
      case TOO_MANY -> overloaded();
      default ->
          status >= 500
              ? PrismException.of(Reason.BACKEND_UNAVAILABLE, "the graph failed to answer")
              : internal();
    };
  }

  private static PrismException overloaded() {
    return PrismException.of(Reason.OVERLOADED, "the graph has no room for the call now");
  }

  private static PrismException denied() {
    return PrismException.of(
        Reason.BACKEND_UNAVAILABLE, "the graph does not accept the plugin's credentials");
  }

  private static PrismException internal() {
    return PrismException.of(Reason.INTERNAL, "the graph refused the call");
  }
}
