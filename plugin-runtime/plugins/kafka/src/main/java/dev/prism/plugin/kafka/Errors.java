package dev.prism.plugin.kafka;

import com.google.rpc.Status;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.RecordBatchTooLargeException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What Kafka's failures are called in Prism. The brokers' own words go to the log. */
final class Errors {
  private static final Logger LOG = LoggerFactory.getLogger(Errors.class);

  private Errors() {}

  /** Waits for an administrator's call, which the driver bounds. */
  static <T> T await(KafkaFuture<T> future) {
    try {
      return awaited(future);
    } catch (ExecutionException e) {
      throw answer(e.getCause());
    }
  }

  /**
   * As {@link #await}, for those who tell failures apart.
   *
   * @throws ExecutionException with what Kafka says
   */
  static <T> T awaited(KafkaFuture<T> future) throws ExecutionException {
    try {
      // The driver's own bound comes first.
      return future.get(2L * Drivers.CALL_MILLIS, TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new ExecutionException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw PrismException.of(Reason.CANCELLED, "the call was given up");
    }
  }

  /** A failure of something that changed nothing, or that may be done again. */
  static PrismException answer(@Nullable Throwable failure) {
    if (failure instanceof PrismException known) {
      return known;
    }
    LOG.warn("Kafka: {}", String.valueOf(failure));
    return PrismException.of(reason(failure), message(failure));
  }

  /** A message that was not written: it did not leave this process. */
  static Status notSent(Throwable failure) {
    return answer(failure).status();
  }

  /** A message that went out and was not acknowledged. */
  static Status notAcknowledged(Throwable failure) {
    if (failure instanceof RetriableException || reason(failure) == Reason.INTERNAL) {
      return unknown().status(); // whoever sent it logs it, once for all messages
    }
    return answer(failure).status();
  }

  /** What was sent may be there or not. */
  static PrismException unknown() {
    return PrismException.of(
        Reason.OUTCOME_UNKNOWN, "Kafka did not acknowledge in time; it may be done or not");
  }

  private static Reason reason(@Nullable Throwable failure) {
    return switch (failure) {
      case RecordTooLargeException _, RecordBatchTooLargeException _ -> Reason.VALUE_TOO_LARGE;
      case UnknownTopicOrPartitionException _ -> Reason.TOPIC_NOT_FOUND;
      case InvalidTopicException _ -> Reason.TOPIC_INVALID;
      case AuthenticationException _,
          AuthorizationException _,
          RetriableException _,
          TimeoutException _ ->
          Reason.BACKEND_UNAVAILABLE;
      case null, default -> Reason.INTERNAL;
    };
  }

  private static String message(@Nullable Throwable failure) {
    return switch (failure) {
      case RecordTooLargeException _, RecordBatchTooLargeException _ ->
          "the message is larger than Kafka takes";
      case UnknownTopicOrPartitionException _ -> "Kafka has no such topic";
      case InvalidTopicException _ -> "Kafka does not take such a topic's name";
      case AuthenticationException _ -> "Kafka does not let the plugin in";
      case AuthorizationException _ -> "Kafka does not let the plugin do that";
      case RetriableException _, TimeoutException _ -> "Kafka does not answer now";
      case null, default -> "the plugin failed";
    };
  }
}
