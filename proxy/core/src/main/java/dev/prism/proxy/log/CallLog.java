package dev.prism.proxy.log;

import com.google.rpc.Code;
import com.google.rpc.Status;
import dev.prism.proxy.gate.Passage;
import dev.prism.proxy.session.Session;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * Logs calls that failed for a cause that is not the caller's. At most so many lines a second: a
 * backend that is away fails every call, and a line for each would be the next outage. What was
 * left out is counted in the next line.
 */
public final class CallLog {
  private static final Logger LOG = LoggerFactory.getLogger("dev.prism.call");
  private static final int LINES_A_SECOND = 20;
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private final LongSupplier clock;
  private final AtomicLong nextLineAt;
  private final LongAdder leftOut = new LongAdder();

  /**
   * @param clock as {@link System#nanoTime}
   */
  public CallLog(LongSupplier clock) {
    this.clock = clock;
    nextLineAt = new AtomicLong(clock.getAsLong() - SECOND);
  }

  /** A data call ended with this status. */
  public void ended(Passage call, Status status, @Nullable Throwable cause) {
    Session session = call.sessionIfKnown();
    failed(
        call.method().fullName(),
        call.requestId(),
        call.traceparent(),
        session == null ? "" : session.id(),
        session == null ? "" : session.namespace(),
        status,
        cause);
  }

  /** A call outside of the gate ended with this status. */
  public void ended(String method, String requestId, Status status, @Nullable Throwable cause) {
    failed(method, requestId, null, "", "", status, cause);
  }

  private void failed(
      String method,
      String requestId,
      @Nullable String traceparent,
      String session,
      String namespace,
      Status status,
      @Nullable Throwable cause) {
    if (cause == null && isCallers(status.getCode())) {
      return;
    }
    if (!mayLog()) {
      leftOut.increment();
      return;
    }
    LoggingEventBuilder line =
        (cause == null ? LOG.atWarn() : LOG.atError().setCause(cause))
            .addKeyValue("method", method)
            .addKeyValue("code", String.valueOf(Code.forNumber(status.getCode())))
            .addKeyValue("request_id", requestId);
    if (traceparent != null) {
      line = line.addKeyValue("trace_id", traceparent.substring(3, 35));
    }
    if (!session.isEmpty()) {
      line = line.addKeyValue("session", session).addKeyValue("namespace", namespace);
    }
    long unseen = leftOut.sumThenReset();
    if (unseen > 0) {
      line = line.addKeyValue("failures_left_out", unseen);
    }
    line.log(status.getMessage());
  }

  /** One compare-and-set a line, none where too many come. */
  private boolean mayLog() {
    long now = clock.getAsLong();
    long next = nextLineAt.get();
    long base = next - (now - SECOND) > 0 ? next : now - SECOND;
    return base - now <= 0 && nextLineAt.compareAndSet(next, base + SECOND / LINES_A_SECOND);
  }

  private static boolean isCallers(int code) {
    return switch (code) {
      case Code.UNKNOWN_VALUE, Code.INTERNAL_VALUE, Code.UNAVAILABLE_VALUE, Code.DATA_LOSS_VALUE ->
          false;
      default -> true;
    };
  }
}
