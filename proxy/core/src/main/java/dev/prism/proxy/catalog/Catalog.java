package dev.prism.proxy.catalog;

import dev.prism.config.v1.ClientConfig;
import dev.prism.config.v1.ConfigEntry;
import dev.prism.config.v1.ConfigSource;
import dev.prism.control.v1.ConfigRecord;
import dev.prism.plugin.v1.InfoResponse;
import dev.prism.proxy.auth.Principal;
import dev.prism.proxy.call.Times;
import dev.prism.proxy.config.ClientConfigRules;
import dev.prism.proxy.config.Names;
import dev.prism.proxy.config.ServerConfig;
import dev.prism.proxy.config.ServerConfig.Backend;
import dev.prism.proxy.config.ServerConfig.NamedConfig;
import dev.prism.proxy.store.ControlStore;
import dev.prism.proxy.store.ControlStore.Kind;
import dev.prism.status.PrismException;
import dev.prism.status.PrismException.Violation;
import dev.prism.status.Reason;
import dev.prism.type.v1.ConsistencyLevel;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The client configurations (RFC 3.3): those of the server's file, and those that clients
 * registered, which the control store keeps. Safe for any thread; not used by data calls.
 *
 * <p>A name of the server's file counts in every namespace that the config is for, and cannot be
 * registered there.
 */
public final class Catalog {
  /** The namespace of requests that name none. */
  public static final String DEFAULT_NAMESPACE = "default";

  /** Configs that a namespace may register. */
  private static final int MAX_REGISTERED = 1000;

  private static final int MAX_CONFIG_BYTES = 64 << 10;

  private final ServerConfig server;
  private final ClientConfigRules rules;
  private final ConfigChecker checker;
  private final ControlStore store;
  private final InstantSource clock;
  private final BiPredicate<String, String> inUse;
  private final int maxRegistered;
  private final ReentrantLock changing = new ReentrantLock();

  /** By namespace and name. */
  private final Map<String, SortedMap<String, ConfigRecord>> registered = new ConcurrentHashMap<>();

  /**
   * @param inUse whether an open session of a namespace holds the registered config of a name
   */
  public Catalog(
      ServerConfig server,
      BackendInfo backends,
      Schemas schemas,
      ControlStore store,
      InstantSource clock,
      BiPredicate<String, String> inUse) {
    this(server, backends, schemas, store, clock, inUse, MAX_REGISTERED);
  }

  /** With another bound on the configs that a namespace registers. */
  Catalog(
      ServerConfig server,
      BackendInfo backends,
      Schemas schemas,
      ControlStore store,
      InstantSource clock,
      BiPredicate<String, String> inUse,
      int maxRegistered) {
    this.server = server;
    this.rules = new ClientConfigRules(server.backends(), server.namespaces());
    this.checker = new ConfigChecker(rules, backends, schemas);
    this.store = store;
    this.clock = clock;
    this.inUse = inUse;
    this.maxRegistered = maxRegistered;
  }

  /** Takes up the registered configs. Called once, before the first call is served. */
  public void load() {
    for (var entry : store.list(Kind.CONFIGS, ConfigRecord.parser())) {
      keep(entry.value());
    }
  }

  /**
   * That a principal may use a namespace.
   *
   * @throws PrismException NAMESPACE_NOT_FOUND, also where it may not: what it may not use is not
   *     told to be there
   */
  public void requireNamespace(String namespace, Principal principal) {
    if (!mayUse(namespace, principal)) {
      throw PrismException.of(
          Reason.NAMESPACE_NOT_FOUND,
          "There is no such namespace for these credentials.",
          Map.of("namespace", Names.isValid(namespace) ? namespace : ""));
    }
  }

  /** Whether a namespace exists and a principal may use it. */
  public boolean mayUse(String namespace, Principal principal) {
    return server.namespaces().containsKey(namespace) && principal.mayUse(namespace);
  }

  /**
   * Every violation of a config that is registered or used as it is (RFC 3.4), a backend that is
   * not ready included.
   */
  public List<Violation> validate(ClientConfig config, Principal principal) {
    String namespace = namespace(config.getNamespace());
    if (!mayUse(namespace, principal)) {
      List<Violation> violations = new ArrayList<>(rules.check(config, null));
      violations.add(
          new Violation("namespace", "there is no such namespace for these credentials"));
      return violations;
    }
    ConfigChecker.Checked checked = checker.check(config, namespace);
    List<Violation> all = new ArrayList<>(checked.violations());
    all.addAll(checked.notNow());
    return all;
  }

  /** What a config means in a namespace. */
  public sealed interface Meaning {
    /** It can be used, and every choice is made. */
    record Usable(Backend backend, InfoResponse info, ConsistencyLevel level) implements Meaning {}

    /** It cannot, whenever it is tried. */
    record Invalid(List<Violation> violations) implements Meaning {}

    /** It cannot at this moment. */
    record NotNow(List<Violation> reasons) implements Meaning {}
  }

  /**
   * What a config means in a namespace, for a session.
   *
   * @param namespace exists
   */
  public Meaning meaning(ClientConfig config, String namespace) {
    ConfigChecker.Checked checked = checker.check(config, namespace);
    ConfigChecker.Choice choice = checked.choice();
    if (!checked.violations().isEmpty()) {
      return new Meaning.Invalid(checked.violations());
    }
    return choice == null
        ? new Meaning.NotNow(checked.notNow())
        : new Meaning.Usable(choice.backend(), choice.info(), choice.level());
  }

  /**
   * The config of a name.
   *
   * @param namespace where it is looked for; empty: the server's own configs, then {@link
   *     #DEFAULT_NAMESPACE}
   * @throws PrismException CONFIG_NOT_FOUND, also where the principal may not use its namespace
   */
  public ConfigEntry get(String name, String namespace, Principal principal) {
    NamedConfig provided = server.configs().get(name);
    if (provided != null) {
      String own = provided.config().getNamespace();
      boolean fits = namespace.isEmpty() || own.isEmpty() || own.equals(namespace);
      if (fits && (own.isEmpty() || mayUse(own, principal))) {
        return entry(provided.config());
      }
    }
    ConfigRecord record = find(namespace(namespace), name);
    if (record == null || !mayUse(namespace(namespace), principal)) {
      throw PrismException.of(
          Reason.CONFIG_NOT_FOUND,
          "There is no config of that name in namespace "
              + namespace(namespace)
              + "; ConfigService.ListConfigs lists those there are.",
          Map.of("config", Names.isValid(name) ? name : ""));
    }
    return entry(record);
  }

  /** The configs that sessions of a namespace can name, in the order of their names. */
  public List<ConfigEntry> list(String namespace) {
    SortedMap<String, ConfigEntry> entries = new TreeMap<>();
    for (ConfigRecord record : registered(namespace).values()) {
      entries.put(record.getConfig().getName(), entry(record));
    }
    for (NamedConfig provided : server.configs().values()) {
      ClientConfig config = provided.config();
      if (isFor(config, namespace)) {
        entries.put(config.getName(), entry(config.toBuilder().setNamespace(namespace).build()));
      }
    }
    return List.copyOf(entries.values());
  }

  /** What RegisterConfig answers. */
  public record Registration(ConfigEntry entry, boolean changed) {}

  /**
   * Keeps a config under its name; returns when the control store holds it.
   *
   * @throws PrismException NAMESPACE_NOT_FOUND, CONFIG_INVALID, CONFIG_EXISTS, REGISTRATION_LIMIT,
   *     PLUGIN_UNAVAILABLE where its backend or the control store does not answer
   */
  public Registration register(ClientConfig given, Principal principal) {
    if (given.getSerializedSize() > MAX_CONFIG_BYTES) {
      throw invalid(List.of(new Violation("", "must have at most " + MAX_CONFIG_BYTES + " bytes")));
    }
    String namespace = namespace(given.getNamespace());
    requireNamespace(namespace, principal);
    ClientConfig config = given.toBuilder().setNamespace(namespace).build();
    List<Violation> violations = new ArrayList<>();
    if (config.getName().isEmpty()) {
      violations.add(new Violation("name", "is needed"));
    }
    Meaning meaning = meaning(config, namespace);
    if (meaning instanceof Meaning.Invalid invalid) {
      violations.addAll(invalid.violations());
    }
    if (!violations.isEmpty()) {
      throw invalid(violations);
    }
    if (meaning instanceof Meaning.NotNow notNow) {
      throw unavailable(notNow);
    }
    NamedConfig provided = server.configs().get(config.getName());
    if (provided != null && isFor(provided.config(), namespace)) {
      throw exists("The server's configuration provides a config of that name.");
    }
    changing.lock();
    try {
      return registerChecked(config, namespace);
    } finally {
      changing.unlock();
    }
  }

  private Registration registerChecked(ClientConfig config, String namespace) {
    ConfigRecord before = find(namespace, config.getName());
    if (before != null && before.getConfig().getVersion().equals(config.getVersion())) {
      if (before.getConfig().equals(config)) {
        return new Registration(entry(before), false);
      }
      throw exists(
          "A config of that name and version is registered with other content; give it another"
              + " version.");
    }
    if (before == null && registered(namespace).size() >= maxRegistered) {
      throw PrismException.of(
          Reason.REGISTRATION_LIMIT,
          "The namespace has as many configs as it may (" + maxRegistered + "); delete one first.");
    }
    ConfigRecord record =
        ConfigRecord.newBuilder()
            .setConfig(config)
            .setRegisteredAt(Times.timestamp(clock.instant()))
            .build();
    store.put(Kind.CONFIGS, namespace + "/" + config.getName(), record);
    keep(record);
    return new Registration(entry(record), true);
  }

  /**
   * Forgets a registered config; returns when the control store has.
   *
   * @return whether there was one
   * @throws PrismException CONFIG_IN_USE, NAMESPACE_NOT_FOUND, PLUGIN_UNAVAILABLE
   */
  public boolean delete(String name, String given, Principal principal) {
    String namespace = namespace(given);
    requireNamespace(namespace, principal);
    NamedConfig provided = server.configs().get(name);
    if (provided != null && isFor(provided.config(), namespace)) {
      throw PrismException.of(
          Reason.CONFIG_IN_USE,
          "The server's configuration provides this config; it goes when it is taken out there.");
    }
    changing.lock();
    try {
      if (find(namespace, name) == null) {
        return false;
      }
      if (inUse.test(namespace, name)) {
        throw PrismException.of(
            Reason.CONFIG_IN_USE, "Open sessions hold this config; close them first.");
      }
      store.delete(Kind.CONFIGS, namespace + "/" + name);
      registered.computeIfPresent(
          namespace,
          (_, configs) -> {
            SortedMap<String, ConfigRecord> without = new TreeMap<>(configs);
            without.remove(name);
            return without;
          });
      return true;
    } finally {
      changing.unlock();
    }
  }

  /** The failure of a config that cannot be used at this moment; it may be tried again. */
  public static PrismException unavailable(Meaning.NotNow notNow) {
    return PrismException.of(
        Reason.PLUGIN_UNAVAILABLE,
        "Not now: " + notNow.reasons().getFirst().description() + "; try again.");
  }

  /** The failure of a config that is not valid. */
  public static PrismException invalid(List<Violation> violations) {
    return PrismException.invalid(
        Reason.CONFIG_INVALID,
        "The config is not valid: "
            + violations.getFirst().field()
            + " "
            + violations.getFirst().description()
            + (violations.size() > 1 ? " (and " + (violations.size() - 1) + " more)" : "")
            + ".",
        violations);
  }

  /** The namespace that a request means. */
  public static String namespace(String given) {
    return given.isEmpty() ? DEFAULT_NAMESPACE : given;
  }

  /** Whether sessions of a namespace can name a config of the server's file. */
  private boolean isFor(ClientConfig provided, String namespace) {
    return provided.getNamespace().isEmpty()
        ? rules.resolve(provided.getBackend(), namespace) != null
        : provided.getNamespace().equals(namespace);
  }

  private void keep(ConfigRecord record) {
    registered.compute(
        record.getConfig().getNamespace(),
        (_, configs) -> {
          SortedMap<String, ConfigRecord> with =
              configs == null ? new TreeMap<>() : new TreeMap<>(configs);
          with.put(record.getConfig().getName(), record);
          return with;
        });
  }

  private SortedMap<String, ConfigRecord> registered(String namespace) {
    return registered.getOrDefault(namespace, java.util.Collections.emptySortedMap());
  }

  private @Nullable ConfigRecord find(String namespace, String name) {
    return registered(namespace).get(name);
  }

  private static ConfigEntry entry(ClientConfig provided) {
    return ConfigEntry.newBuilder()
        .setConfig(provided)
        .setSource(ConfigSource.CONFIG_SOURCE_SERVER)
        .build();
  }

  private static ConfigEntry entry(ConfigRecord record) {
    return ConfigEntry.newBuilder()
        .setConfig(record.getConfig())
        .setSource(ConfigSource.CONFIG_SOURCE_REGISTERED)
        .setRegisteredAt(record.getRegisteredAt())
        .build();
  }

  private static PrismException exists(String message) {
    return PrismException.of(Reason.CONFIG_EXISTS, message);
  }
}
