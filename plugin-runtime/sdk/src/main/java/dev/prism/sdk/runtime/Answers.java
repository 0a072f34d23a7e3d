package dev.prism.sdk.runtime;

import com.google.rpc.Status;
import dev.prism.link.CallHeader;
import dev.prism.link.InboundCall;
import dev.prism.sdk.runtime.PluginMetrics.Operation;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers calls, counts the answers, and logs what went wrong: a client sees a typed status, an
 * operator the cause under the request id.
 */
final class Answers {
  private static final Logger LOG = LoggerFactory.getLogger(Answers.class);

  /** A reply of this size never waits; from {@link InboundCall#reply}. */
  private static final int NEVER_WAITS = 1024;

  private final PluginMetrics metrics;
  private final String plugin;
  private final long maxDeferredBytes;
  private final AtomicLong deferredBytes = new AtomicLong();

  /**
   * @param plugin the instance's name, for the log
   * @param maxDeferredBytes how many bytes of replies may wait for room on the ring, apart from
   *     those that a lane waits with
   */
  Answers(PluginMetrics metrics, String plugin, long maxDeferredBytes) {
    this.metrics = metrics;
    this.plugin = plugin;
    this.maxDeferredBytes = maxDeferredBytes;
  }

  /** Replies; waits for room on the ring where the reply is large. */
  void reply(InboundCall call, Operation operation, long arrivedNanos, byte[] response) {
    call.reply(response);
    operation.responseBytes().inc(response.length);
    finished(call, operation, arrivedNanos, "ok");
  }

  /**
   * Replies from the link's own thread, which must not wait (hazard 15): a large reply does so on a
   * thread of its own.
   *
   * @param refusable whether the call changed nothing, so that it can be refused where too many
   *     replies wait
   */
  void replyFromLink(
      InboundCall call,
      Operation operation,
      long arrivedNanos,
      byte[] response,
      boolean refusable) {
    if (response.length <= NEVER_WAITS) {
      reply(call, operation, arrivedNanos, response);
      return;
    }
    long deferred = deferredBytes.addAndGet(response.length);
    if (refusable && deferred > maxDeferredBytes && deferred > response.length) {
      deferredBytes.addAndGet(-response.length);
      throw PrismException.of(
          Reason.OVERLOADED, "too many answers wait to be taken; try again after a moment");
    }
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                reply(call, operation, arrivedNanos, response);
              } finally {
                deferredBytes.addAndGet(-response.length);
              }
            });
  }

  /** Ends a stream. */
  void end(InboundCall call, Operation operation, long arrivedNanos) {
    call.end();
    finished(call, operation, arrivedNanos, "ok");
  }

  /** Answers with what {@code failure} is to a client. Never waits, never throws. */
  void fail(InboundCall call, Operation operation, long arrivedNanos, Throwable failure) {
    if (failure instanceof PrismException known) {
      call.fail(known.status());
      finished(call, operation, arrivedNanos, known.reason().name());
    } else {
      log(call.header(), operation.name(), failure);
      call.fail(internal());
      finished(call, operation, arrivedNanos, Reason.INTERNAL.name());
    }
  }

  /** Answers with the status of one write. */
  void fail(InboundCall call, Operation operation, long arrivedNanos, Status status) {
    call.fail(status);
    finished(call, operation, arrivedNanos, PrismException.reason(status).name());
  }

  void log(CallHeader header, String operation, Throwable failure) {
    var event =
        LOG.atError()
            .setCause(failure)
            .addKeyValue("request_id", header.requestId())
            .addKeyValue("namespace", header.namespace())
            .addKeyValue("operation", operation)
            .addKeyValue("plugin", plugin);
    String traceparent = header.traceparent();
    if (traceparent != null) {
      event = event.addKeyValue("traceparent", traceparent);
    }
    event.log("the call failed for a reason that is not the caller's");
  }

  private void finished(InboundCall call, Operation operation, long arrivedNanos, String outcome) {
    operation.processing().observe((System.nanoTime() - arrivedNanos) / 1e9);
    metrics.answered(operation, outcome, call.header().namespace());
  }

  private static Status internal() {
    return PrismException.status(
        Reason.INTERNAL, "the plugin failed; its log has the cause under this request's id");
  }
}
