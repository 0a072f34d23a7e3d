package dev.prism.proxy.route;

import com.google.rpc.Code;
import dev.prism.link.CallHeader;
import dev.prism.link.Exchange;
import dev.prism.link.LinkException;
import dev.prism.plugin.v1.PluginRole;
import dev.prism.proxy.gate.Passage;
import dev.prism.proxy.metrics.ProxyMetrics;
import dev.prism.proxy.route.Plugins.Incarnation;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * From a call's config to the link of a process that serves it, and again to another one where it
 * dies under the call. Safe for any thread; takes no lock and allocates a header per call.
 */
public final class Router {
  /** By instance and, within, by the number of the role; null where no process plays it. */
  private final Map<String, @Nullable Pool[]> pools = new HashMap<>();

  private final ProxyMetrics metrics;
  private final Spreading spreading = new Spreading(this);

  public Router(Plugins plugins, ProxyMetrics metrics) {
    this.metrics = metrics;
    Map<String, List<Target>> targets = new HashMap<>();
    for (Plugins.Plugin plugin : plugins.all()) {
      targets
          .computeIfAbsent(plugin.instance(), instance -> new ArrayList<>())
          .add(new Target(plugin, metrics));
    }
    targets.forEach((instance, all) -> pools.put(instance, byRole(all)));
  }

  private static @Nullable Pool[] byRole(List<Target> all) {
    @Nullable Pool[] pools = new Pool[PluginRole.PLUGIN_ROLE_LISTENER_VALUE + 1];
    for (int role = 1; role < pools.length; role++) {
      PluginRole wanted = PluginRole.forNumber(role);
      List<Target> playing =
          all.stream().filter(target -> target.plugin().roles().contains(wanted)).toList();
      pools[role] = playing.isEmpty() ? null : new Pool(playing);
    }
    return pools;
  }

  /**
   * Sends the call and waits for its one answer, on the call's own thread; interrupting it cancels
   * the call.
   *
   * @throws CallFailedException with what the client is told
   * @throws PrismException likewise
   */
  public byte[] call(Passage call) throws CallFailedException {
    Pool pool = pool(call);
    return pool.isShared() && call.method().spread() != Spread.ONE
        ? spreading.call(call, pool)
        : call(call, pool, null, call.request());
  }

  /**
   * One call, as {@link #call(Passage)}.
   *
   * @param wanted the process that it is for, while that runs; null: any
   */
  byte[] call(Passage call, Pool pool, @Nullable Target wanted, byte[] request)
      throws CallFailedException {
    return send(
        call,
        pool,
        wanted,
        (target, incarnation, header) -> incarnation.link().call(header, request, call));
  }

  /**
   * Opens a stream. Once it is open it stays with its process, and is not sent again: part of its
   * answer may have reached the client.
   */
  public Exchange open(Passage call) throws CallFailedException {
    Pool pool = pool(call);
    return send(
        call,
        pool,
        null,
        (target, incarnation, header) -> {
          Exchange opened = incarnation.link().open(header, call.request());
          return pool.isShared() ? new CountedStream(opened, target) : opened;
        });
  }

  /** A failure of an open stream, as {@link #call} has it. */
  public CallFailedException failed(Passage call, Exchange stream, LinkException failure) {
    Target target = stream instanceof CountedStream counted ? counted.target() : null;
    return failed(target == null ? pool(call).targets()[0] : target, call, failure);
  }

  @FunctionalInterface
  private interface Sending<T> {
    T send(Target target, Incarnation incarnation, CallHeader header) throws LinkException;
  }

  private <T> T send(Passage call, Pool pool, @Nullable Target wanted, Sending<T> sending)
      throws CallFailedException {
    boolean stream = !call.method().unary();
    CallHeader header = header(call);
    Target target = wanted == null ? pool.pick(stream, null) : wanted;
    Incarnation incarnation = target.plugin().live();
    if (incarnation == null && wanted != null) {
      target = pool.pick(stream, null);
      incarnation = target.plugin().live();
    }
    while (incarnation == null) { // the last one ended and another is on its way
      target = await(pool, null, 0, target, call);
      incarnation = target.plugin().live();
    }
    metrics.handedOver(System.nanoTime() - call.receivedNanos());
    target.calls().inc();
    while (true) {
      try {
        return sending.send(target, incarnation, header);
      } catch (LinkException failure) {
        if (!mayResend(call, failure)) {
          throw failed(target, call, failure);
        }
        Target ended = target;
        long number = incarnation.number();
        target = pool.pick(stream, ended);
        incarnation = target == ended ? null : target.plugin().live();
        while (incarnation == null) {
          target = await(pool, ended, number, ended, call);
          incarnation = target.plugin().live();
        }
        target.resent().inc();
      }
    }
  }

  private Pool pool(Passage call) {
    @Nullable Pool[] roles = pools.get(call.config().instance());
    if (roles == null) {
      throw PrismException.of(
          Reason.PLUGIN_NOT_FOUND, "The session's backend is no longer configured.");
    }
    Pool pool = roles[call.method().role().getNumber()];
    if (pool == null) {
      throw PrismException.of(
          Reason.METHOD_UNIMPLEMENTED, "No process of the backend is there for this method.");
    }
    return pool;
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

  /** A process that serves, after the incarnation {@code after} of {@code ended}. */
  private static Target await(
      Pool pool, @Nullable Target ended, long after, Target charged, Passage call) {
    try {
      return pool.await(ended, after, call.deadlineNanos());
    } catch (PrismException none) {
      charged.errors().inc();
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
