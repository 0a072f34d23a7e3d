package dev.prism.proxy.config;

import dev.prism.config.v1.BackendConfig;
import dev.prism.config.v1.BackendType;
import dev.prism.config.v1.CacheConfig;
import dev.prism.config.v1.ClientConfig;
import dev.prism.config.v1.ConsistencyConfig;
import dev.prism.config.v1.PoolConfig;
import dev.prism.config.v1.RateLimitConfig;
import dev.prism.proxy.call.Times;
import dev.prism.proxy.config.ServerConfig.Backend;
import dev.prism.proxy.config.ServerConfig.Namespace;
import dev.prism.status.PrismException.Violation;
import dev.prism.type.v1.AccessPattern;
import dev.prism.type.v1.ConsistencyLevel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What must hold for a client configuration whatever its backend can do (RFC 3.4; contract 4): that
 * it is complete, that its numbers make sense, and that what it names is there. The same for the
 * server's file, RegisterConfig and inline configs.
 */
public final class ClientConfigRules {
  private static final long HOUR_MILLIS = 3_600_000;
  private static final double MOST_RPS = 1_000_000;
  private static final int MOST_BURST = 1_000_000;
  private static final int MOST_VERSION_BYTES = 64;

  private final Map<String, Backend> backends;
  private final Map<String, Namespace> namespaces;

  public ClientConfigRules(Map<String, Backend> backends, Map<String, Namespace> namespaces) {
    this.backends = backends;
    this.namespaces = namespaces;
  }

  /**
   * Every violation of a config.
   *
   * @param namespace the one that it is to work on, which exists; null where the config is for any
   */
  public List<Violation> check(ClientConfig config, @Nullable String namespace) {
    List<Violation> violations = new ArrayList<>();
    if (!config.getName().isEmpty() && !Names.isValid(config.getName())) {
      violations.add(new Violation("name", "must have " + Names.RULE));
    }
    if (bytes(config.getVersion()) > MOST_VERSION_BYTES) {
      violations.add(
          new Violation("version", "must have at most " + MOST_VERSION_BYTES + " bytes"));
    }
    if (isUnset(config.getPattern())) {
      violations.add(
          new Violation("pattern", "must be one of KEYVALUE, QUEUE, PUBSUB, READER, TRANSACT"));
    }
    backend(config.getBackend(), namespace, violations);
    consistency(config.getConsistency(), violations);
    cache(config.getCache(), violations);
    if (config.hasRateLimit()) {
      rateLimit(config.getRateLimit(), violations);
    }
    return violations;
  }

  /**
   * The instance that a config means, or null where {@link #check} has violations for its backend.
   *
   * @param namespace as {@link #check}
   */
  public @Nullable Backend resolve(BackendConfig backend, @Nullable String namespace) {
    return resolve(backend, namespace, new ArrayList<>());
  }

  /** The contract's name for a backend type of the server's configuration. */
  public static BackendType type(String type) {
    for (BackendType each : BackendType.values()) {
      if (each != BackendType.UNRECOGNIZED && word(each).equals(type)) {
        return each;
      }
    }
    return BackendType.BACKEND_TYPE_CUSTOM;
  }

  private void backend(
      BackendConfig backend, @Nullable String namespace, List<Violation> violations) {
    Backend instance = resolve(backend, namespace, violations);
    // No backend of this version takes options: each allow-list is empty.
    for (String option : backend.getOptionsMap().keySet()) {
      violations.add(
          new Violation(
              "backend.options[" + printable(option) + "]",
              "is not a setting that a client may choose for this backend"));
    }
    PoolConfig pool = backend.getPool();
    if (instance != null
        && Integer.compareUnsigned(pool.getMaxInFlight(), instance.pool().size()) > 0) {
      violations.add(
          new Violation(
              "backend.pool.max_in_flight",
              "must be at most " + instance.pool().size() + ", the pool of " + instance.name()));
    }
    long wait = Times.millis(pool.getAcquireTimeout());
    if (wait < 0 || wait > HOUR_MILLIS) {
      violations.add(new Violation("backend.pool.acquire_timeout", "must be from 0 to 1 h"));
    }
  }

  private @Nullable Backend resolve(
      BackendConfig backend, @Nullable String namespace, List<Violation> violations) {
    BackendType type = backend.getType();
    List<Backend> allowed =
        backends.values().stream().filter(each -> mayUse(namespace, each)).toList();
    if (type == BackendType.BACKEND_TYPE_UNSPECIFIED || type == BackendType.UNRECOGNIZED) {
      violations.add(
          new Violation(
              "backend.type",
              "is needed" + known(allowed.stream().map(Backend::type).distinct().toList())));
      return null;
    }
    if (!backend.getName().isEmpty()) {
      return named(backend, allowed, violations);
    }
    if (type == BackendType.BACKEND_TYPE_CUSTOM) {
      violations.add(new Violation("backend.name", "is needed with type CUSTOM"));
      return null;
    }
    List<Backend> ofType = allowed.stream().filter(each -> type(each.type()) == type).toList();
    if (ofType.size() == 1) {
      return ofType.getFirst();
    }
    violations.add(
        ofType.isEmpty()
            ? new Violation(
                "backend.type",
                "the server has no "
                    + word(type)
                    + " backend"
                    + where(namespace)
                    + known(allowed.stream().map(Backend::type).distinct().toList()))
            : new Violation(
                "backend.name",
                "is needed, as the server has several of type "
                    + word(type)
                    + known(ofType.stream().map(Backend::name).toList())));
    return null;
  }

  private static @Nullable Backend named(
      BackendConfig backend, List<Backend> allowed, List<Violation> violations) {
    for (Backend each : allowed) {
      if (each.name().equals(backend.getName())) {
        if (type(each.type()) == backend.getType()) {
          return each;
        }
        violations.add(
            new Violation(
                "backend.type",
                "is "
                    + word(backend.getType())
                    + ", but the backend \""
                    + each.name()
                    + "\" is of type "
                    + each.type()));
        return null;
      }
    }
    violations.add(
        new Violation(
            "backend.name",
            "there is no backend \""
                + printable(backend.getName())
                + "\""
                + Names.suggest(backend.getName(), allowed.stream().map(Backend::name).toList())));
    return null;
  }

  private boolean mayUse(@Nullable String namespace, Backend backend) {
    Namespace tenant = namespace == null ? null : namespaces.get(namespace);
    return tenant == null
        || tenant.backends().isEmpty()
        || tenant.backends().contains(backend.name());
  }

  private static void consistency(ConsistencyConfig consistency, List<Violation> violations) {
    boolean bounded =
        consistency.getLevel() == ConsistencyLevel.CONSISTENCY_LEVEL_BOUNDED_STALENESS;
    if (consistency.getLevel() == ConsistencyLevel.UNRECOGNIZED) {
      violations.add(
          new Violation("consistency.level", "must be one of EVENTUAL, BOUNDED_STALENESS, STRONG"));
    }
    if (Integer.compareUnsigned(consistency.getTimeoutMs(), (int) HOUR_MILLIS) > 0) {
      violations.add(new Violation("consistency.timeout_ms", "must be at most " + HOUR_MILLIS));
    }
    long staleness = Times.millis(consistency.getMaxStaleness());
    if (bounded && (staleness < 1 || staleness > HOUR_MILLIS)) {
      violations.add(
          new Violation(
              "consistency.max_staleness",
              "must be from 1 ms to 1 h with the level BOUNDED_STALENESS"));
    }
    if (!bounded && consistency.hasMaxStaleness()) {
      violations.add(
          new Violation(
              "consistency.max_staleness", "means something with level BOUNDED_STALENESS only"));
    }
  }

  /** This version of the server caches nothing: saying so is better than not doing it. */
  private static void cache(CacheConfig cache, List<Violation> violations) {
    if (cache.getEnabled()) {
      violations.add(new Violation("cache.enabled", "this server has no cache"));
    }
  }

  private static void rateLimit(RateLimitConfig limit, List<Violation> violations) {
    if (!(limit.getRps() > 0 && limit.getRps() <= MOST_RPS)) {
      violations.add(
          new Violation("rate_limit.rps", "must be over 0 and at most " + (long) MOST_RPS));
    }
    if (Integer.compareUnsigned(limit.getBurst(), MOST_BURST) > 0) {
      violations.add(new Violation("rate_limit.burst", "must be at most " + MOST_BURST));
    }
  }

  private static boolean isUnset(AccessPattern pattern) {
    return pattern == AccessPattern.ACCESS_PATTERN_UNSPECIFIED
        || pattern == AccessPattern.UNRECOGNIZED;
  }

  private static String word(BackendType type) {
    return type.name().substring("BACKEND_TYPE_".length()).toLowerCase(Locale.ROOT);
  }

  private static String where(@Nullable String namespace) {
    return namespace == null ? "" : " for namespace " + namespace;
  }

  private static String known(List<String> names) {
    return names.isEmpty() ? "" : ": " + String.join(", ", names);
  }

  /** A client's own text in an answer: short, and without what a terminal would act on. */
  private static String printable(String text) {
    String cut = text.length() > 64 ? text.substring(0, 64) + "..." : text;
    return cut.replaceAll("\\p{Cntrl}", "?");
  }

  private static int bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }
}
