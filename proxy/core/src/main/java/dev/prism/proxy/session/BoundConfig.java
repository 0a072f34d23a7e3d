package dev.prism.proxy.session;

import dev.prism.config.v1.BackendType;
import dev.prism.config.v1.ClientConfig;
import dev.prism.config.v1.ConfigSource;
import dev.prism.config.v1.PoolConfig;
import dev.prism.config.v1.RateLimitConfig;
import dev.prism.proxy.call.Times;
import dev.prism.proxy.config.ServerConfig.RateLimit;
import dev.prism.type.v1.AccessPattern;
import dev.prism.type.v1.ConsistencyLevel;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A config as a session holds it: checked, with every choice made, and unchanged whatever is
 * registered later.
 *
 * @param name as in the config; empty for an inline config without one
 * @param version as in the config
 * @param config the whole of it
 * @param source where it comes from
 * @param pattern the interface that its calls use
 * @param namespace whose data they touch
 * @param instance the backend instance that serves them
 * @param backendType what kind of backend that is
 * @param capabilities what the backend can do beyond the least, as known when the session was
 *     opened; sorted
 * @param consistency the level that reads have; never UNSPECIFIED
 * @param maxStalenessMillis how old a read may be under BOUNDED_STALENESS; 0 with another level
 * @param timeoutMillis the deadline of a unary call that brings none, and the longest that it may
 *     bring; 0: the server's default deadline
 * @param maxInFlight calls that the session may have at the backend at once under this config; 0:
 *     no bound of its own
 * @param acquireTimeoutMillis how long a call over that number waits; 0: until its deadline
 * @param rateLimit for this session's calls under this config, or null
 */
public record BoundConfig(
    String name,
    String version,
    ClientConfig config,
    ConfigSource source,
    AccessPattern pattern,
    String namespace,
    String instance,
    BackendType backendType,
    List<String> capabilities,
    ConsistencyLevel consistency,
    long maxStalenessMillis,
    long timeoutMillis,
    int maxInFlight,
    long acquireTimeoutMillis,
    @Nullable RateLimit rateLimit) {
  public BoundConfig {
    capabilities = List.copyOf(capabilities);
  }

  /**
   * What a checked config means for a session.
   *
   * @param config checked: its numbers are within their bounds
   */
  public static BoundConfig of(
      ClientConfig config,
      ConfigSource source,
      String namespace,
      String instance,
      BackendType backendType,
      List<String> capabilities,
      ConsistencyLevel consistency) {
    PoolConfig pool = config.getBackend().getPool();
    RateLimitConfig rate = config.getRateLimit();
    boolean bounded = consistency == ConsistencyLevel.CONSISTENCY_LEVEL_BOUNDED_STALENESS;
    return new BoundConfig(
        config.getName(),
        config.getVersion(),
        config,
        source,
        config.getPattern(),
        namespace,
        instance,
        backendType,
        capabilities,
        consistency,
        bounded ? Times.millis(config.getConsistency().getMaxStaleness()) : 0,
        config.getConsistency().getTimeoutMs(),
        pool.getMaxInFlight(),
        Times.millis(pool.getAcquireTimeout()),
        config.hasRateLimit() ? new RateLimit(rate.getRps(), burst(rate)) : null);
  }

  /** Without one: a second's worth, at least 1. */
  private static long burst(RateLimitConfig rate) {
    return rate.getBurst() > 0 ? rate.getBurst() : Math.max(1, (long) Math.ceil(rate.getRps()));
  }
}
