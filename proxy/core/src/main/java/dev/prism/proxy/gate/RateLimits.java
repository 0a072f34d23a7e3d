package dev.prism.proxy.gate;

import dev.prism.proxy.config.ServerConfig;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Calls a second, of a session under one config and of a namespace over all its sessions. Finds
 * what limits the session for {@link SessionSlots}, too.
 */
public final class RateLimits {
  private final Map<String, RateLimiter> namespaces = new HashMap<>();
  private final CounterDataPoint refusedBySession;
  private final CounterDataPoint refusedByNamespace;
  private final LongSupplier clock;

  /**
   * @param clock as {@link System#nanoTime}
   */
  public RateLimits(
      Map<String, ServerConfig.Namespace> namespaces,
      CounterDataPoint refusedBySession,
      CounterDataPoint refusedByNamespace,
      LongSupplier clock) {
    this.refusedBySession = refusedBySession;
    this.refusedByNamespace = refusedByNamespace;
    this.clock = clock;
    namespaces.forEach(
        (name, namespace) -> {
          ServerConfig.RateLimit limit = namespace.rateLimit();
          if (limit != null) {
            this.namespaces.put(name, new RateLimiter(limit, clock.getAsLong()));
          }
        });
  }

  /**
   * Lets the call pass.
   *
   * @throws dev.prism.status.PrismException RATE_LIMITED
   */
  public void enter(Passage call) {
    SessionLimits.Limit limit = SessionLimits.of(call.session()).of(call.config());
    call.limitTo(limit);
    RateLimiter session = limit.rate();
    @Nullable RateLimiter namespace = namespaces.get(call.session().namespace());
    if (session == null && namespace == null) {
      return;
    }
    long now = clock.getAsLong();
    if (session != null) {
      long wait = session.take(now);
      if (wait > 0) {
        refusedBySession.inc();
        throw limited("This session makes more calls a second than its config allows.", wait);
      }
    }
    if (namespace != null) {
      long wait = namespace.take(now);
      if (wait > 0) {
        if (session != null) {
          session.giveBack();
        }
        refusedByNamespace.inc();
        throw limited("The sessions of this namespace make more calls a second than it may.", wait);
      }
    }
  }

  private static PrismException limited(String message, long waitNanos) {
    long millis = TimeUnit.NANOSECONDS.toMillis(waitNanos - 1) + 1;
    return PrismException.retryAfter(Reason.RATE_LIMITED, message, millis);
  }
}
