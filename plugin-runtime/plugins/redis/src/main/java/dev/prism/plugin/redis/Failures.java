package dev.prism.plugin.redis;

import com.google.rpc.Status;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.exceptions.JedisDataException;

/** What the server's errors mean to a caller. */
final class Failures {
  private static final Logger LOG = LoggerFactory.getLogger(Failures.class);

  private Failures() {}

  /** The error's code, its first word. */
  static String code(JedisDataException refused) {
    String message = refused.getMessage() == null ? "" : refused.getMessage();
    int end = message.indexOf(' ');
    return end < 0 ? message : message.substring(0, end);
  }

  /** The answer to a call that the server refused: nothing was done. */
  static PrismException of(JedisDataException refused) {
    return switch (code(refused)) {
      case "OOM" ->
          PrismException.of(
              Reason.BACKEND_FULL, "the server's memory is full: nothing was written");
      case "NOTPROVISIONED" ->
          PrismException.of(
              Reason.NOT_PROVISIONED, "the topic is not there, and is not to be made by its use");
      case "NOTOPIC", "NOGROUP" ->
          PrismException.of(Reason.TOPIC_NOT_FOUND, "there is no such topic, or no more");
      case "PASTEND" -> {
        String message = String.valueOf(refused.getMessage());
        yield pastEnd(Ids.end(message.substring(message.indexOf(' ') + 1)));
      }
      case "WRONGTYPE" -> otherType();
      case "LOADING", "BUSY", "MASTERDOWN", "READONLY", "MISCONF", "NOREPLICAS", "NOSCRIPT" ->
          unavailable("the server does not serve writes at the moment");
      case "NOAUTH", "WRONGPASS", "NOPERM" -> {
        LOG.error("the server does not let us: {}", refused.getMessage());
        yield unavailable("the server does not let the gateway do this");
      }
      default -> {
        LOG.error("the server refused a command", refused);
        yield PrismException.of(Reason.INTERNAL, "the server refused the call");
      }
    };
  }

  static Status status(JedisDataException refused) {
    return of(refused).status();
  }

  static PrismException otherType() {
    return PrismException.of(
        Reason.CONSTRAINT_VIOLATED,
        "what has this name at the server is somebody else's, of another type");
  }

  static PrismException pastEnd(long end) {
    return PrismException.of(
        Reason.FIELD_INVALID, "the topic has partition 0 only, and its end is " + end);
  }

  static PrismException unavailable(String message) {
    return PrismException.of(Reason.BACKEND_UNAVAILABLE, message);
  }

  /** The answer to a call that may or may not have taken effect. */
  static PrismException unknown() {
    return PrismException.of(
        Reason.OUTCOME_UNKNOWN, "the connection was lost before the server had answered");
  }

  /** What is said of an idempotency key that came with another request. */
  static Status keyReused() {
    return PrismException.status(
        Reason.IDEMPOTENCY_KEY_REUSED,
        "this idempotency key came with another request before: use a new one");
  }
}
