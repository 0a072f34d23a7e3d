package dev.prism.proxy.gate;

import dev.prism.proxy.call.RequestHeaders;
import dev.prism.proxy.route.MethodTable.Method;
import dev.prism.proxy.session.BoundConfig;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Chooses which of the session's configs the call uses, and with it backend, namespace and
 * deadline.
 */
public final class SelectConfig {
  private final long defaultNanos;

  /**
   * @param defaultDeadline of a unary call, where neither client nor config has one; also the
   *     longest it may bring
   */
  public SelectConfig(Duration defaultDeadline) {
    defaultNanos = defaultDeadline.toNanos();
  }

  /**
   * Lets the call pass.
   *
   * @throws dev.prism.status.PrismException CONFIG_NOT_FOUND, PATTERN_MISMATCH, CONFIG_AMBIGUOUS
   */
  public void enter(Passage call) {
    Method method = call.method();
    BoundConfig config =
        call.session().select(method.pattern(), call.metadata().get(RequestHeaders.CONFIG));
    long timeout = Deadlines.timeoutNanos(call.metadata(), limitNanos(method, config));
    call.use(config, call.receivedNanos() + timeout);
  }

  /** Streams are bound by the caller's deadline only. */
  private long limitNanos(Method method, BoundConfig config) {
    if (!method.unary()) {
      return Deadlines.NEVER_NANOS;
    }
    return config.timeoutMillis() == 0
        ? defaultNanos
        : TimeUnit.MILLISECONDS.toNanos(config.timeoutMillis());
  }
}
