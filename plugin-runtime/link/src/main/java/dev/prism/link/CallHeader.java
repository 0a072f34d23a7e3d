package dev.prism.link;

import org.jspecify.annotations.Nullable;

/**
 * What goes with a call besides the request's own bytes.
 *
 * @param operation the method's number, {@code (prism.method).operation} of the contract; 1 to
 *     65535
 * @param namespace the tenant whose data the call may touch; 1 to 63 bytes of ASCII
 * @param session tells one client's session from the others of the proxy; 0: none
 * @param consistency the level the session asked for, a {@code prism.type.v1.ConsistencyLevel}
 *     number
 * @param maxStalenessMillis how old a bounded-staleness read may be; 0 where the level is another
 * @param deadlineNanos when the caller stops waiting, on {@link System#nanoTime()}'s clock of this
 *     host
 * @param receivedNanos when the proxy had the request, on the same clock
 * @param requestId the request's id in logs; at most 64 bytes
 * @param traceparent the W3C trace context to hand to the backend call, or null; 55 bytes
 */
public record CallHeader(
    int operation,
    String namespace,
    long session,
    int consistency,
    long maxStalenessMillis,
    long deadlineNanos,
    long receivedNanos,
    String requestId,
    @Nullable String traceparent) {}
