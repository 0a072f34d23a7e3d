package dev.prism.proxy.gate;

import dev.prism.proxy.config.ServerConfig.RateLimit;
import dev.prism.proxy.session.BoundConfig;
import dev.prism.proxy.session.Session;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * What one session may use of the server, config by config. Kept with the session, gone with it.
 */
final class SessionLimits {
  /**
   * One config's limits in one session.
   *
   * @param rate calls a second, or null
   * @param slots calls at the backend at once, or null
   */
  record Limit(BoundConfig config, @Nullable RateLimiter rate, @Nullable Semaphore slots) {}

  private final Limit[] limits;

  private SessionLimits(List<Limit> limits) {
    this.limits = limits.toArray(Limit[]::new);
  }

  /** The session's limits; made by its first call. */
  static SessionLimits of(Session session) {
    return session.attachment(SessionLimits.class, SessionLimits::make);
  }

  private static SessionLimits make(Session session) {
    long now = System.nanoTime();
    return new SessionLimits(
        session.details().configs().stream().map(config -> limit(config, now)).toList());
  }

  private static Limit limit(BoundConfig config, long now) {
    RateLimit rate = config.rateLimit();
    return new Limit(
        config,
        rate == null ? null : new RateLimiter(rate, now),
        config.maxInFlight() == 0 ? null : new Semaphore(config.maxInFlight()));
  }

  /** The limits of one of the session's configs. */
  @SuppressWarnings(
      "ReferenceEquality") // a session hands out its own; equals would read them whole
  Limit of(BoundConfig config) {
    for (Limit limit : limits) {
      if (limit.config() == config) {
        return limit;
      }
    }
    throw new IllegalArgumentException("not a config of this session");
  }
}
