package dev.prism.proxy.config;

import dev.prism.config.v1.ClientConfig;
import dev.prism.grpc.Engine;
import dev.prism.grpc.TlsFiles;
import dev.prism.plugin.v1.PluginRole;
import dev.prism.proxy.config.ServerConfig.Auth;
import dev.prism.proxy.config.ServerConfig.Backend;
import dev.prism.proxy.config.ServerConfig.Control;
import dev.prism.proxy.config.ServerConfig.Grpc;
import dev.prism.proxy.config.ServerConfig.NamedConfig;
import dev.prism.proxy.config.ServerConfig.Namespace;
import dev.prism.proxy.config.ServerConfig.Pool;
import dev.prism.proxy.config.ServerConfig.RateLimit;
import dev.prism.proxy.config.ServerConfig.Server;
import dev.prism.proxy.config.ServerConfig.Sessions;
import dev.prism.status.PrismException.Violation;
import dev.prism.type.v1.AccessPattern;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Turns the file's sections into a {@link ServerConfig}, with the defaults of
 * docs/configuration.md.
 */
final class ServerConfigReader {
  /** A namespace that is there when the file names none. */
  static final String DEFAULT_NAMESPACE = "default";

  private static final int MIB = 1 << 20;

  /** Room for the largest value, 16 MiB, and what goes with it. */
  private static final int DEFAULT_MESSAGE_BYTES = 17 * MIB;

  /** The longest that a plugin agrees to be given to finish ({@code PRISM_DRAIN_SECONDS}). */
  private static final Duration MAX_SHUTDOWN_GRACE = Duration.ofMinutes(5);

  /** The most connections that a plugin agrees to hold ({@code PRISM_POOL_SIZE}). */
  private static final int MAX_POOL_SIZE = 64;

  private static final List<String> SHIPPED_TYPES =
      List.of("memory", "sqlite", "postgres", "redis", "kafka", "nats", "dynamodb", "neptune");

  /**
   * Types that keep values durably: where the file does not choose, the one backend of the first of
   * these types that it has is taken.
   */
  private static final List<String> KEPT = List.of("sqlite", "dynamodb");

  /** Types that do not, or that offer no KeyValue. */
  private static final List<String> LOST =
      List.of("memory", "postgres", "redis", "kafka", "nats", "neptune");

  private final Section root;
  private final Overrides overrides;

  ServerConfigReader(Section root, Overrides overrides) {
    this.root = root;
    this.overrides = overrides;
  }

  ServerConfig read() {
    Section authSection = root.section("auth");
    Auth auth = new Auth(authSection.bool("api_keys", false));
    authSection.end();
    Server server = server(root.section("server"), auth);
    Grpc grpc = grpc(root.section("grpc"), server);
    Sessions sessions = sessions(root.section("sessions"));
    Path data = data();
    Map<String, Backend> backends = backends();
    Control control = control(root.section("control"), backends);
    Map<String, Namespace> namespaces = namespaces(backends);
    Map<String, NamedConfig> configs = configs(backends, namespaces);
    root.end();
    return new ServerConfig(
        server, grpc, auth, sessions, control, data, backends, namespaces, configs);
  }

  private Server server(Section section, Auth auth) {
    String fromFile = section.string("listen");
    String listen = fromFile == null ? "127.0.0.1" : fromFile;
    int port = section.integer("port", 8980, 0, 65_535);
    int adminPort = section.integer("admin_port", 8981, 0, 65_535);
    Server server =
        new Server(
            overrides.listen() == null ? listen : overrides.listen(),
            port(overrides.port(), "--port", port),
            port(overrides.adminPort(), "--admin-port", adminPort),
            section.bool("insecure", false) || overrides.insecure(),
            section.size("max_message_bytes", DEFAULT_MESSAGE_BYTES, 64 << 10, 64 * MIB),
            section.duration(
                "default_deadline",
                Duration.ofSeconds(30),
                Duration.ofMillis(1),
                Duration.ofHours(1)),
            section.duration(
                "shutdown_grace", Duration.ofSeconds(10), Duration.ZERO, MAX_SHUTDOWN_GRACE));
    section.end();
    if (server.port() != 0 && server.port() == server.adminPort()) {
      at(
          section,
          overrides.port() == null && overrides.adminPort() == null,
          "port",
          "server.port and server.admin_port are both " + server.port());
    }
    String problem = Listen.problem(server.listen(), auth.apiKeys() || server.insecure());
    if (problem != null) {
      at(section, overrides.listen() == null, "listen", problem);
    }
    return server;
  }

  private Grpc grpc(Section section, Server server) {
    Engine engine = Engine.PRISM;
    String name = section.string("engine");
    if ("helidon".equals(name)) {
      engine = Engine.HELIDON;
    } else if (name != null && !name.equals("prism")) {
      root.problems()
          .at(section.line("engine"), "grpc.engine is prism or helidon, not \"" + name + "\"");
    }
    TlsFiles tls = tls(section.section("tls"));
    section.end();
    if (engine == Engine.HELIDON && (tls != null || !Listen.isLoopback(server.listen()))) {
      root.problems()
          .at(
              section.line("engine"),
              "grpc.engine helidon is for measurements: in the clear and on loopback only");
    }
    return new Grpc(engine, tls);
  }

  private @Nullable TlsFiles tls(Section section) {
    Path certificate = file(section, "certificate");
    Path key = file(section, "key");
    Path clients = file(section, "client_authorities");
    section.end();
    if (certificate != null && key != null) {
      return new TlsFiles(certificate, key, clients);
    }
    if (section.present()) {
      root.problems().at(section.line(), "grpc.tls needs both certificate and key");
    }
    return null;
  }

  private @Nullable Path file(Section section, String key) {
    String text = section.string(key);
    if (text == null) {
      return null;
    }
    try {
      Path path = Path.of(text);
      if (!Files.isReadable(path)) {
        root.problems().at(section.line(key), "grpc.tls." + key + ": cannot read " + text);
      }
      return path;
    } catch (InvalidPathException e) {
      root.problems().at(section.line(key), "grpc.tls." + key + " is not a path: " + e.getReason());
      return null;
    }
  }

  private void at(Section section, boolean inFile, String key, String message) {
    if (inFile) {
      root.problems().at(section.line(key), message);
    } else {
      root.problems().commandLine(message);
    }
  }

  private int port(@Nullable Integer override, String flag, int otherwise) {
    if (override == null) {
      return otherwise;
    }
    if (override < 0 || override > 65_535) {
      root.problems().commandLine(flag + " must be from 0 to 65535, not " + override);
      return otherwise;
    }
    return override;
  }

  private static Sessions sessions(Section section) {
    Duration lifetime =
        section.duration(
            "lifetime", Duration.ofHours(24), Duration.ofSeconds(1), Duration.ofDays(365));
    Duration idle =
        section.duration(
            "idle_timeout", Duration.ofMinutes(15), Duration.ofSeconds(1), Duration.ofDays(365));
    int max = section.integer("max", 100_000, 1, 1_000_000);
    section.end();
    return new Sessions(idle, lifetime, max);
  }

  private Path data() {
    String text = root.string("data");
    Path override = overrides.data();
    if (override != null) {
      return override;
    }
    try {
      return Path.of(text == null ? "data" : text);
    } catch (InvalidPathException e) {
      root.problems().at(root.line("data"), "data is not a path: " + e.getReason());
      return Path.of("data");
    }
  }

  private Map<String, Backend> backends() {
    Map<String, Backend> backends = new LinkedHashMap<>();
    root.entries(
        "backends",
        (name, section) -> {
          name(section, "backend", name);
          Section pool = section.section("pool");
          String type = type(section);
          Backend backend =
              new Backend(
                  name,
                  type,
                  new Pool(
                      pool.integer("size", 4, 1, MAX_POOL_SIZE),
                      pool.duration(
                          "acquire_timeout",
                          Duration.ofSeconds(5),
                          Duration.ofMillis(1),
                          Duration.ofHours(1))),
                  Collections.unmodifiableMap(section.settings("settings")),
                  section.duration(
                      "restart_stalled_after",
                      Duration.ofSeconds(60),
                      Duration.ofSeconds(1),
                      Duration.ofDays(1)),
                  ProcessesReader.read(type, section));
          pool.end();
          section.end();
          backends.put(name, backend);
        });
    if (backends.isEmpty()) {
      if (root.section("backends").present()) {
        root.problems().at(root.line("backends"), "backends must name at least one");
      }
      for (String type : List.of("sqlite", "memory")) {
        backends.put(type, backend(type));
      }
    }
    return Collections.unmodifiableMap(backends);
  }

  private static Backend backend(String type) {
    return new Backend(
        type, type, new Pool(4, Duration.ofSeconds(5)), Map.of(), Duration.ofSeconds(60));
  }

  /**
   * The plugin that serves a backend. Any name may be a third party's, but one that is a slip of a
   * shipped one is more likely that.
   */
  private static String type(Section section) {
    String type = section.string("type");
    if (type == null) {
      section
          .problems()
          .at(section.line(), section.path("type") + " is needed: one of " + SHIPPED_TYPES);
      return "memory";
    }
    String meant = Names.nearest(type, SHIPPED_TYPES);
    if (!SHIPPED_TYPES.contains(type) && meant != null) {
      section
          .problems()
          .at(
              section.line("type"),
              section.path("type")
                  + ": there is no backend type \""
                  + type
                  + "\"; did you mean \""
                  + meant
                  + "\"?");
      return meant; // so that nothing else is wrong for this alone
    }
    if (!Names.isValid(type)) {
      section
          .problems()
          .at(section.line("type"), section.path("type") + " must have " + Names.RULE);
    }
    return type;
  }

  private Control control(Section section, Map<String, Backend> backends) {
    String name = section.string("backend");
    section.end();
    if (name == null) {
      List<String> durable =
          KEPT.stream()
              .map(type -> processors(backends, type))
              .filter(names -> !names.isEmpty())
              .findFirst()
              .orElse(List.of());
      if (durable.size() != 1) {
        root.problems()
            .at(
                section.line(),
                "control.backend is needed, to say which backend keeps sessions and keys"
                    + (durable.isEmpty() ? "; none of those here does" : ": one of " + durable));
      }
      return new Control(durable.isEmpty() ? "" : durable.getFirst());
    }
    Backend backend = backends.get(name);
    if (backend == null) {
      root.problems()
          .at(
              section.line("backend"),
              "control.backend: there is no backend \""
                  + name
                  + "\""
                  + Names.suggest(name, backends.keySet()));
    } else if (LOST.contains(backend.type())) {
      root.problems()
          .at(
              section.line("backend"),
              "control.backend: \""
                  + name
                  + "\" is of type "
                  + backend.type()
                  + ", which does not keep values durably: sessions and keys would be lost");
    } else if (!hasProcessor(backend)) {
      root.problems()
          .at(
              section.line("backend"),
              "control.backend: \""
                  + name
                  + "\" has no process with the role processor, which keeps values");
    }
    return new Control(name);
  }

  private static List<String> processors(Map<String, Backend> backends, String type) {
    return backends.values().stream()
        .filter(backend -> backend.type().equals(type))
        .filter(ServerConfigReader::hasProcessor)
        .map(Backend::name)
        .toList();
  }

  private static boolean hasProcessor(Backend backend) {
    return backend.processes().stream()
        .anyMatch(roles -> roles.contains(PluginRole.PLUGIN_ROLE_PROCESSOR));
  }

  private Map<String, Namespace> namespaces(Map<String, Backend> backends) {
    Map<String, Namespace> namespaces = new LinkedHashMap<>();
    TopicsReader topics = new TopicsReader(backends, root.section("namespaces").keys());
    RelaysReader relays = new RelaysReader(backends);
    root.entries(
        "namespaces",
        (name, section) -> {
          name(section, "namespace", name);
          List<String> allowed = section.strings("backends");
          for (String backend : allowed) {
            if (!backends.containsKey(backend)) {
              section
                  .problems()
                  .at(
                      section.line("backends"),
                      section.path("backends")
                          + ": there is no backend \""
                          + backend
                          + "\""
                          + Names.suggest(backend, backends.keySet()));
            }
          }
          RateLimit limit = rateLimit(section.section("rate_limit"));
          boolean requires = topics.requires(section);
          List<ServerConfig.Topic> named = topics.read(name, allowed, section);
          List<ServerConfig.Relay> carried = relays.read(allowed, section);
          section.end();
          namespaces.put(
              name, new Namespace(name, List.copyOf(allowed), limit, requires, named, carried));
        });
    if (namespaces.isEmpty()) {
      namespaces.put(DEFAULT_NAMESPACE, new Namespace(DEFAULT_NAMESPACE, List.of(), null));
    }
    return Collections.unmodifiableMap(namespaces);
  }

  private static @Nullable RateLimit rateLimit(Section section) {
    double rps = section.number("rps", 0, 0.001, 10_000_000);
    long burst = section.integer("burst", 0L, 1, 10_000_000);
    section.end();
    if (!section.present()) {
      return null;
    }
    if (rps == 0) {
      section.problems().at(section.line(), section.path("rps") + " is needed");
    }
    return new RateLimit(rps, burst == 0 ? Math.max(1, (long) Math.ceil(rps)) : burst);
  }

  private Map<String, NamedConfig> configs(
      Map<String, Backend> backends, Map<String, Namespace> namespaces) {
    ClientConfigRules rules = new ClientConfigRules(backends, namespaces);
    Map<String, NamedConfig> configs = new LinkedHashMap<>();
    root.entries(
        "configs",
        (name, section) -> {
          name(section, "config", name);
          ClientConfigReader reader = new ClientConfigReader();
          ClientConfig config = reader.read(name, section);
          String namespace = config.getNamespace();
          boolean known = namespace.isEmpty() || namespaces.containsKey(namespace);
          if (!known) {
            section
                .problems()
                .at(
                    section.line("namespace"),
                    section.path("namespace")
                        + ": there is no namespace \""
                        + namespace
                        + "\""
                        + Names.suggest(namespace, namespaces.keySet()));
          }
          for (Violation violation :
              rules.check(config, known && !namespace.isEmpty() ? namespace : null)) {
            if (!violation.field().equals("name")) { // told above
              section
                  .problems()
                  .at(
                      reader.line(violation.field(), section.line()),
                      section.path(violation.field()) + " " + violation.description());
            }
          }
          configs.put(name, new NamedConfig(name, config));
        });
    if (!root.section("configs").present() && !root.section("backends").present()) {
      for (ClientConfig config :
          List.of(
              keyValue("default", "sqlite"),
              keyValue("memory", "memory"),
              config("queue", AccessPattern.ACCESS_PATTERN_QUEUE, "sqlite").build(),
              config("memory-queue", AccessPattern.ACCESS_PATTERN_QUEUE, "memory").build(),
              config("pubsub", AccessPattern.ACCESS_PATTERN_PUBSUB, "memory").build(),
              config("reader", AccessPattern.ACCESS_PATTERN_READER, "sqlite").build(),
              config("memory-reader", AccessPattern.ACCESS_PATTERN_READER, "memory").build(),
              config("transact", AccessPattern.ACCESS_PATTERN_TRANSACT, "sqlite").build())) {
        configs.put(config.getName(), new NamedConfig(config.getName(), config));
      }
    }
    return Collections.unmodifiableMap(configs);
  }

  /** A config without a file: strong KeyValue on one of the two backends that are there then. */
  private static ClientConfig keyValue(String name, String backend) {
    ClientConfig.Builder config = config(name, AccessPattern.ACCESS_PATTERN_KEYVALUE, backend);
    config
        .getConsistencyBuilder()
        .setLevel(dev.prism.type.v1.ConsistencyLevel.CONSISTENCY_LEVEL_STRONG);
    return config.build();
  }

  private static ClientConfig.Builder config(String name, AccessPattern pattern, String backend) {
    ClientConfig.Builder config = ClientConfig.newBuilder().setName(name).setPattern(pattern);
    config.getBackendBuilder().setType(ClientConfigRules.type(backend)).setName(backend);
    return config;
  }

  private static void name(Section section, String what, String name) {
    if (!Names.isValid(name)) {
      section
          .problems()
          .at(
              section.line(),
              "the name of a "
                  + what
                  + ", \""
                  + name.toLowerCase(Locale.ROOT)
                  + "\", must have "
                  + Names.RULE);
    }
  }
}
