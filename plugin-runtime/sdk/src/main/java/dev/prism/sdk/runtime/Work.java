package dev.prism.sdk.runtime;

import dev.prism.link.InboundCall;
import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.sdk.keyvalue.Key;
import java.util.List;
import java.util.function.Function;

/**
 * One call on its way through a {@link Coalescer}.
 *
 * @param <Q> what the backend is asked
 * @param <R> what it answers
 * @param call whom to answer
 * @param operation the method's figures
 * @param group what all calls of a batch have in common
 * @param query what the backend is asked
 * @param exclusive keys that no two calls of one batch may share; empty where that does not matter;
 *     each once
 * @param weight how many keys it touches; at least 1
 * @param bytes how much memory it holds while it waits
 * @param arrivedNanos when the plugin had it, on {@link System#nanoTime()}'s clock
 * @param answer makes the caller's answer of the backend's
 */
record Work<Q, R>(
    InboundCall call,
    PluginMetrics.Operation operation,
    Group group,
    Q query,
    List<Key> exclusive,
    int weight,
    long bytes,
    long arrivedNanos,
    Function<R, Answer> answer) {

  /** What the calls of one batch have in common (hazard 22). */
  record Group(String namespace, Consistency consistency) {}

  /** Whether nobody waits for the answer any more. */
  boolean isExpired(long nowNanos) {
    return nowNanos - call.header().deadlineNanos() >= 0 || call.isOver();
  }
}
