package dev.prism.sdk;

import dev.prism.link.CallHeader;
import java.util.List;
import java.util.Optional;

/**
 * Whom the present call of a store is made for; a store hands {@link #traceparent} to its backend
 * where the backend has a place for it.
 *
 * <p>A store is called once for the calls of many clients, so there is a list of them: the first is
 * the one that waited longest.
 */
public final class CallContext {
  private static final ScopedValue<CallContext> CURRENT = ScopedValue.newInstance();

  private final List<CallHeader> calls;

  private CallContext(List<CallHeader> calls) {
    this.calls = calls;
  }

  /**
   * The context of the store call that this thread is in; empty outside of one, and in {@code
   * ping}.
   */
  public static Optional<CallContext> current() {
    return CURRENT.isBound() ? Optional.of(CURRENT.get()) : Optional.empty();
  }

  /** Runs a store's method for these calls. At least one. */
  public static <T, X extends Throwable> T call(
      List<CallHeader> calls, ScopedValue.CallableOp<? extends T, X> operation) throws X {
    return ScopedValue.where(CURRENT, new CallContext(calls)).call(operation);
  }

  /** The calls, in the order in which they came; at least one. Not to be kept. */
  public List<CallHeader> calls() {
    return calls;
  }

  /** The first call's request id. */
  public String requestId() {
    return calls.getFirst().requestId();
  }

  /** The W3C trace context of the first call that has one. */
  public Optional<String> traceparent() {
    for (CallHeader call : calls) {
      String traceparent = call.traceparent();
      if (traceparent != null) {
        return Optional.of(traceparent);
      }
    }
    return Optional.empty();
  }
}
