package dev.prism.benchmarks;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.prism.admin.v1.PluginState;
import dev.prism.config.v1.BackendType;
import dev.prism.config.v1.ClientConfig;
import dev.prism.config.v1.ConfigSource;
import dev.prism.config.v1.RateLimitConfig;
import dev.prism.link.Hello;
import dev.prism.link.InProcessLink;
import dev.prism.link.Link;
import dev.prism.plugin.v1.InfoResponse;
import dev.prism.plugin.v1.PluginRole;
import dev.prism.plugin.v1.ProvisionRequest;
import dev.prism.plugin.v1.ProvisionResponse;
import dev.prism.proxy.auth.Principal;
import dev.prism.proxy.config.ServerConfig;
import dev.prism.proxy.route.Plugins.Incarnation;
import dev.prism.proxy.route.Plugins.Plugin;
import dev.prism.proxy.route.Plugins.Status;
import dev.prism.proxy.session.BoundConfig;
import dev.prism.proxy.session.Sessions;
import dev.prism.proxy.store.ControlStore;
import dev.prism.type.v1.AccessPattern;
import dev.prism.type.v1.ConsistencyLevel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** A proxy's sessions with so many of them open, and a control store that keeps nothing. */
final class OpenSessions implements AutoCloseable {
  /** The namespace that they are all of. */
  static final String NAMESPACE = "benchmark";

  private static final Duration LONG = Duration.ofHours(1);

  private final Link link;
  private final Sessions sessions;
  private final byte[][] tokens;

  /**
   * Opens them.
   *
   * @param callsPerSecond what each may do under its config
   */
  OpenSessions(int count, double callsPerSecond) {
    ((Logger) LoggerFactory.getLogger("audit")).setLevel(Level.OFF); // a line for each otherwise
    link =
        InProcessLink.connect(
            hello("benchmark"), hello("forgetful"), call -> call.reply(new byte[0]));
    sessions =
        new Sessions(
            new ServerConfig.Sessions(LONG, LONG, count),
            new ControlStore(new Forgetful(link), LONG),
            InstantSource.system(),
            System::nanoTime);
    Sessions.Opening opening =
        new Sessions.Opening(
            NAMESPACE, List.of(config(callsPerSecond)), "benchmark", "1", Map.of(), "");
    tokens = new byte[count][];
    for (int i = 0; i < count; i++) {
      tokens[i] =
          sessions.open(Principal.ANONYMOUS, opening).token().getBytes(StandardCharsets.US_ASCII);
    }
  }

  Sessions sessions() {
    return sessions;
  }

  /** The token of each, as it is in metadata. */
  byte[][] tokens() {
    return tokens;
  }

  @Override
  public void close() {
    sessions.close();
    link.close();
  }

  private static BoundConfig config(double callsPerSecond) {
    return BoundConfig.of(
        ClientConfig.newBuilder()
            .setName("orders")
            .setPattern(AccessPattern.ACCESS_PATTERN_KEYVALUE)
            .setRateLimit(RateLimitConfig.newBuilder().setRps(callsPerSecond))
            .build(),
        ConfigSource.CONFIG_SOURCE_SERVER,
        NAMESPACE,
        "memory",
        BackendType.BACKEND_TYPE_MEMORY,
        List.of(),
        ConsistencyLevel.CONSISTENCY_LEVEL_STRONG);
  }

  private static Hello hello(String name) {
    return new Hello(Hello.LINK_VERSION, name, "bench", Set.of(), 1 << 20, 64L << 20);
  }

  /** A plugin that says yes to everything. */
  private record Forgetful(Link link) implements Plugin {
    @Override
    public String instance() {
      return "forgetful";
    }

    @Override
    public int process() {
      return 0;
    }

    @Override
    public Set<PluginRole> roles() {
      return Set.of(PluginRole.PLUGIN_ROLE_PROCESSOR);
    }

    @Override
    public boolean isReady() {
      return true;
    }

    @Override
    public Incarnation live() {
      return new Incarnation(1, link);
    }

    @Override
    public @Nullable InfoResponse info() {
      return null;
    }

    @Override
    public String type() {
      return "memory";
    }

    @Override
    public Incarnation current() {
      return live();
    }

    @Override
    public Incarnation awaitNext(long after, long deadlineNanos) {
      return live();
    }

    @Override
    public Status status() {
      return new Status(PluginState.PLUGIN_STATE_READY, null, 0, null, 0, 0, 1, "", null);
    }

    @Override
    public String metrics(long deadlineNanos) {
      return "";
    }

    @Override
    public ProvisionResponse provision(ProvisionRequest request, long deadlineNanos) {
      return ProvisionResponse.getDefaultInstance();
    }
  }
}
