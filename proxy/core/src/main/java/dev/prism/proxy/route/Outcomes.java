package dev.prism.proxy.route;

import com.google.rpc.Status;
import dev.prism.link.LinkException;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import dev.prism.type.v1.AccessPattern;

/**
 * What a client is told of a call that has no answer: the one place where a link's failures become
 * statuses.
 */
public final class Outcomes {
  private Outcomes() {}

  /** The status for a link's failure of a call that an administrator made and may make again. */
  public static Status of(LinkException failure) {
    Status remote = failure.status();
    if (remote != null) {
      return remote;
    }
    return failure.kind() == LinkException.Kind.DEADLINE
        ? PrismException.status(
            Reason.DEADLINE_EXCEEDED, "The backend did not answer before the deadline.")
        : PrismException.status(
            Reason.PLUGIN_UNAVAILABLE, "The backend's plugin did not answer; try again.");
  }

  /** The status for a link's failure. */
  public static Status of(LinkException failure, MethodTable.Method method) {
    Status remote = failure.status();
    if (remote != null) {
      return remote;
    }
    return switch (failure.kind()) {
      case FULL ->
          PrismException.status(
              Reason.OVERLOADED, "The backend has as many calls as it takes; try again.");
      case TOO_LARGE ->
          PrismException.status(
              method.pattern() == AccessPattern.ACCESS_PATTERN_KEYVALUE
                      || method.pattern() == AccessPattern.ACCESS_PATTERN_QUEUE
                  ? Reason.VALUE_TOO_LARGE
                  : Reason.MESSAGE_TOO_LARGE,
              "The request is larger than the backend takes.");
      case DEADLINE ->
          PrismException.status(
              Reason.DEADLINE_EXCEEDED,
              method.repeatable()
                  ? "The backend did not answer before the deadline."
                  : "The backend did not answer before the deadline; whether the call took effect is not known.");
      case CANCELLED -> PrismException.status(Reason.CANCELLED, "The call was cancelled.");
      case DOWN ->
          PrismException.status(
              Reason.PLUGIN_UNAVAILABLE, "The backend's plugin is not running; try again.");
      case PEER_DIED ->
          PrismException.status(
              Reason.OUTCOME_UNKNOWN,
              "The backend's plugin ended before it answered; whether the call took effect is not known.");
      case REMOTE ->
          PrismException.status(Reason.INTERNAL, "The backend failed without saying why.");
    };
  }
}
