package dev.prism.proxy.catalog;

import dev.prism.config.v1.ClientConfig;
import dev.prism.plugin.v1.InfoResponse;
import dev.prism.proxy.config.ClientConfigRules;
import dev.prism.proxy.config.ServerConfig.Backend;
import dev.prism.status.PrismException.Violation;
import dev.prism.type.v1.AccessPattern;
import dev.prism.type.v1.ConsistencyLevel;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** All of RFC 3.4 for one config: what the server says of it, and what its backend can do. */
final class ConfigChecker {
  private final ClientConfigRules rules;
  private final BackendInfo backends;
  private final Schemas schemas;

  ConfigChecker(ClientConfigRules rules, BackendInfo backends, Schemas schemas) {
    this.rules = rules;
    this.backends = backends;
    this.schemas = schemas;
  }

  /**
   * What came of a check.
   *
   * @param violations what is wrong with the config, whenever it is used
   * @param notNow what keeps it from being used or checked at this moment
   * @param choice what the config means; null where there is anything of the others
   */
  record Checked(List<Violation> violations, List<Violation> notNow, @Nullable Choice choice) {}

  /** Every choice that a config leaves open, made. */
  record Choice(Backend backend, InfoResponse info, ConsistencyLevel level) {}

  /**
   * Checks a config.
   *
   * @param namespace the one that it works on; exists
   */
  Checked check(ClientConfig config, String namespace) {
    List<Violation> violations = new ArrayList<>(rules.check(config, namespace));
    String type = config.getValueType();
    if (!type.isEmpty() && schemas.find(namespace, type) == null) {
      violations.add(
          new Violation(
              "value_type",
              "the namespace has no message type of that name; tell it with RegisterSchema first"));
    }
    Backend backend = rules.resolve(config.getBackend(), namespace);
    if (backend == null) {
      return new Checked(violations, List.of(), null);
    }
    BackendInfo.Known known = backends.find(backend.name());
    InfoResponse info = known == null ? null : known.info();
    if (known == null || info == null) {
      return new Checked(violations, List.of(notReady(backend)), null);
    }
    pattern(config.getPattern(), backend, info, violations);
    ConsistencyLevel level = level(config, backend, info, violations);
    if (!known.ready()) {
      return new Checked(violations, List.of(notReady(backend)), null);
    }
    return new Checked(
        violations, List.of(), violations.isEmpty() ? new Choice(backend, info, level) : null);
  }

  private static Violation notReady(Backend backend) {
    return new Violation("backend", "the backend \"" + backend.name() + "\" is not ready now");
  }

  private static void pattern(
      AccessPattern pattern, Backend backend, InfoResponse info, List<Violation> violations) {
    boolean chosen =
        pattern != AccessPattern.ACCESS_PATTERN_UNSPECIFIED
            && pattern != AccessPattern.UNRECOGNIZED;
    if (chosen && !info.getInterfacesList().contains(pattern)) {
      violations.add(
          new Violation(
              "pattern",
              "the backend \""
                  + backend.name()
                  + "\" ("
                  + backend.type()
                  + ") does not serve "
                  + word(pattern)
                  + "; it serves "
                  + String.join(
                      ", ", info.getInterfacesList().stream().map(ConfigChecker::word).toList())));
    }
  }

  /** The level of reads; a backend's first one is its default. */
  private static ConsistencyLevel level(
      ClientConfig config, Backend backend, InfoResponse info, List<Violation> violations) {
    ConsistencyLevel level = config.getConsistency().getLevel();
    List<ConsistencyLevel> given = info.getConsistencyLevelsList();
    if (level == ConsistencyLevel.CONSISTENCY_LEVEL_UNSPECIFIED) {
      return given.isEmpty() ? level : given.getFirst(); // none: it has no reads to be of a level
    }
    if (level != ConsistencyLevel.UNRECOGNIZED && !given.contains(level)) {
      violations.add(
          new Violation(
              "consistency.level",
              "the backend \""
                  + backend.name()
                  + "\" ("
                  + backend.type()
                  + ") does not give "
                  + word(level)
                  + "; it gives "
                  + String.join(", ", given.stream().map(ConfigChecker::word).toList())));
    }
    return level;
  }

  private static String word(AccessPattern pattern) {
    return pattern.name().replace("ACCESS_PATTERN_", "");
  }

  private static String word(ConsistencyLevel level) {
    return level.name().replace("CONSISTENCY_LEVEL_", "");
  }
}
