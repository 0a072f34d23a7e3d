package dev.prism.proxy.route;

import com.google.rpc.Code;
import dev.prism.link.CallHeader;
import dev.prism.link.Exchange;
import dev.prism.link.LinkException;
import dev.prism.proxy.gate.Passage;
import dev.prism.proxy.metrics.ProxyMetrics;
import dev.prism.proxy.route.Plugins.Incarnation;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import java.util.HashMap;
import java.util.Map;

/**
 * From a call's config to the link of the plugin that serves it, and again to the next process
 * where one dies under the call. Safe for any thread; takes no lock and allocates a header per
 * call.
 */
public final class Router {
  /** One instance with its data points, so that a call looks up one map. */
  private record Target(
      Plugins.Plugin plugin,
      CounterDataPoint calls,
      CounterDataPoint resent,
      CounterDataPoint errors) {}

  private final Map<String, Target> targets = new HashMap<>();
  private final ProxyMetrics metrics;

  public Router(Plugins plugins, ProxyMetrics metrics) {
    this.metrics = metrics;
    for (Plugins.Plugin plugin : plugins.all()) {
      String instance = plugin.instance();
      targets.put(
          instance,
          new Target(
              plugin,
              metrics.pluginCalls(instance),
              metrics.resent(instance),
              metrics.pluginErrors(instance)));
    }
  }

  /**
   * Sends the call and waits for its one answer, on the call's own thread; interrupting it cancels
   * the call.
   *
   * @throws CallFailedException with what the client is told
   * @throws PrismException likewise
   */
  public byte[] call(Passage call) throws CallFailedException {
    return send(call, (incarnation, header) -> incarnation.link().call(header, call.request()));
  }

  /**
   * Opens a stream. Once it is open it is not sent again: part of its answer may have reached the
   * client.
   */
  public Exchange open(Passage call) throws CallFailedException {
    return send(call, (incarnation, header) -> incarnation.link().open(header, call.request()));
  }

  /** A failure of an open stream, as {@link #call} has it. */
  public CallFailedException failed(Passage call, LinkException failure) {
    return failed(target(call), call, failure);
  }

  @FunctionalInterface
  private interface Sending<T> {
    T send(Incarnation incarnation, CallHeader header) throws LinkException;
  }

  private <T> T send(Passage call, Sending<T> sending) throws CallFailedException {
    Target target = target(call);
    CallHeader header = header(call);
    Incarnation incarnation = current(target, call);
    metrics.handedOver(System.nanoTime() - call.receivedNanos());
    target.calls().inc();
    while (true) {
      try {
        return sending.send(incarnation, header);
      } catch (LinkException failure) {
        if (!mayResend(call, failure)) {
          throw failed(target, call, failure);
        }
        incarnation = next(target, incarnation.number(), call);
        target.resent().inc();
      }
    }
  }

  private Target target(Passage call) {
    Target target = targets.get(call.config().instance());
    if (target == null) {
      throw PrismException.of(
          Reason.PLUGIN_NOT_FOUND, "The session's backend is no longer configured.");
    }
    return target;
  }

  private static CallHeader header(Passage call) {
    return new CallHeader(
        call.method().operation(),
        call.session().namespace(),
        call.session().number(),
        call.config().consistency().getNumber(),
        call.config().maxStalenessMillis(),
        call.deadlineNanos(),
        call.receivedNanos(),
        call.requestId(),
        call.traceparent());
  }

  /** The live process, or the next one where the last one ended and another is on its way. */
  private static Incarnation current(Target target, Passage call) {
    try {
      return target.plugin().current();
    } catch (PrismException none) {
      return next(target, 0, call);
    }
  }

  private static Incarnation next(Target target, long after, Passage call) {
    try {
      return target.plugin().awaitNext(after, call.deadlineNanos());
    } catch (PrismException none) {
      target.errors().inc();
      throw none;
    } catch (InterruptedException e) {
      throw PrismException.of(Reason.CANCELLED, "The call was cancelled.");
    }
  }

  private static boolean mayResend(Passage call, LinkException failure) {
    return switch (failure.kind()) {
      case DOWN -> true;
      case PEER_DIED -> Resend.isSafe(call.method(), call.request());
      default -> false;
    };
  }

  private static CallFailedException failed(Target target, Passage call, LinkException failure) {
    CallFailedException failed = new CallFailedException(Outcomes.of(failure, call.method()));
    if (isPluginsFault(failed.status().getCode())) {
      target.errors().inc();
    }
    return failed;
  }

  /** What admin.proto counts as errors of a plugin. */
  private static boolean isPluginsFault(int code) {
    return switch (code) {
      case Code.UNKNOWN_VALUE,
          Code.DEADLINE_EXCEEDED_VALUE,
          Code.INTERNAL_VALUE,
          Code.UNAVAILABLE_VALUE,
          Code.DATA_LOSS_VALUE ->
          true;
      default -> false;
    };
  }
}
