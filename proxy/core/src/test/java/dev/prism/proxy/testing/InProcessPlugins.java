package dev.prism.proxy.testing;

import dev.prism.admin.v1.PluginState;
import dev.prism.link.CallHeader;
import dev.prism.link.Hello;
import dev.prism.link.InProcessLink;
import dev.prism.link.Link;
import dev.prism.link.LinkException;
import dev.prism.plugin.memory.MemoryPlugin;
import dev.prism.plugin.v1.InfoRequest;
import dev.prism.plugin.v1.InfoResponse;
import dev.prism.plugin.v1.MetricsRequest;
import dev.prism.plugin.v1.MetricsResponse;
import dev.prism.plugin.v1.PluginRole;
import dev.prism.plugin.v1.ProvisionRequest;
import dev.prism.plugin.v1.ProvisionResponse;
import dev.prism.proxy.config.ServerConfig;
import dev.prism.proxy.route.CallFailedException;
import dev.prism.proxy.route.Outcomes;
import dev.prism.proxy.route.Plugins;
import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.runtime.PluginRuntime;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;

/**
 * Memory plugins in this process, one per instance, over in-process links: all of a plugin but the
 * process. A plugin can be killed and started again; what it held stays, as if a disk had it, so
 * that it declares DURABLE.
 */
public final class InProcessPlugins implements Plugins, AutoCloseable {
  private static final int GET_METRICS = 102;
  private static final int GET_INFO = 103;
  private static final int PROVISION = 104;

  private final Map<String, One> plugins = new LinkedHashMap<>();

  public InProcessPlugins(String... instances) {
    for (String instance : instances) {
      plugins.put(instance, new One(instance));
    }
  }

  @Override
  public List<One> processes(String instance) {
    One one = plugins.get(instance);
    return one == null ? List.of() : List.of(one);
  }

  /** The plugin of an instance that is there. */
  public One get(String instance) {
    return plugins.get(instance);
  }

  @Override
  public Collection<? extends Plugin> all() {
    return List.copyOf(plugins.values());
  }

  @Override
  public boolean ready() {
    return plugins.values().stream().allMatch(One::up);
  }

  @Override
  public void close() {
    plugins.values().forEach(One::close);
  }

  /** One instance. */
  public static final class One implements Plugin {
    private final String instance;
    private final PluginRuntime runtime;
    private final Instant startedAt = Instant.now();
    private volatile Incarnation incarnation;
    private volatile UnaryOperator<Link> around = link -> link;
    private volatile boolean durable = true;

    One(String instance) {
      this.instance = instance;
      runtime =
          PluginRuntime.start(
              new MemoryPlugin(InstantSource.system()),
              PluginConfig.of(
                  Map.of("PRISM_INSTANCE", instance, "PRISM_MEMORY_MAX_BYTES", "33554432")),
              InstantSource.system());
      incarnation = new Incarnation(1, connect());
    }

    /** Changes the links that are made from now on. */
    public void wrap(UnaryOperator<Link> around) {
      this.around = around;
    }

    /** Declares what a memory plugin does. */
    public void declareNotDurable() {
      durable = false;
    }

    /** The link dies under its calls. */
    public void kill() {
      incarnation.link().close();
    }

    /** The next incarnation. */
    public void restart() {
      incarnation = new Incarnation(incarnation.number() + 1, connect());
    }

    private Link connect() {
      Hello hello = new Hello(Hello.LINK_VERSION, "test", "0", Set.of(), 64 << 20, 64 << 20);
      return around.apply(InProcessLink.connect(hello, hello, runtime));
    }

    boolean up() {
      return incarnation.link().state() == Link.State.UP;
    }

    void close() {
      incarnation.link().close();
      runtime.close();
    }

    @Override
    public String instance() {
      return instance;
    }

    @Override
    public String type() {
      return "memory";
    }

    @Override
    public int process() {
      return 0;
    }

    @Override
    public Set<PluginRole> roles() {
      return ServerConfig.Backend.ALL_ROLES;
    }

    @Override
    public boolean isReady() {
      return up();
    }

    @Override
    public Incarnation live() {
      return up() ? incarnation : null;
    }

    @Override
    public Incarnation current() {
      if (!up()) {
        throw unavailable();
      }
      return incarnation;
    }

    @Override
    public Incarnation awaitNext(long after, long deadlineNanos) throws InterruptedException {
      while (true) {
        Incarnation now = incarnation;
        if (now.number() > after && up()) {
          return now;
        }
        if (System.nanoTime() - deadlineNanos >= 0) {
          throw unavailable();
        }
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
        LockSupport.parkNanos(1_000_000);
      }
    }

    private static PrismException unavailable() {
      return PrismException.of(Reason.PLUGIN_UNAVAILABLE, "the plugin is not there");
    }

    @Override
    public Status status() {
      return new Status(
          up() ? PluginState.PLUGIN_STATE_READY : PluginState.PLUGIN_STATE_RESTARTING,
          info(),
          ProcessHandle.current().pid(),
          startedAt,
          0,
          incarnation.number() - 1,
          incarnation.number(),
          "",
          null);
    }

    @Override
    public InfoResponse info() {
      if (!up()) {
        return InfoResponse.getDefaultInstance();
      }
      try {
        byte[] answer = ask(GET_INFO, InfoRequest.getDefaultInstance().toByteArray());
        InfoResponse.Builder info = InfoResponse.parseFrom(answer).toBuilder();
        return durable ? info.addCapabilities("DURABLE").build() : info.build();
      } catch (IOException | LinkException e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public String metrics(long deadlineNanos) {
      try {
        return MetricsResponse.parseFrom(
                ask(GET_METRICS, MetricsRequest.getDefaultInstance().toByteArray()))
            .getText();
      } catch (IOException | LinkException e) {
        throw unavailable();
      }
    }

    @Override
    public ProvisionResponse provision(ProvisionRequest request, long deadlineNanos)
        throws CallFailedException {
      try {
        return ProvisionResponse.parseFrom(ask(PROVISION, request.toByteArray()));
      } catch (LinkException e) {
        throw new CallFailedException(Outcomes.of(e));
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }

    private byte[] ask(int operation, byte[] request) throws LinkException {
      long now = System.nanoTime();
      return incarnation
          .link()
          .call(
              new CallHeader(
                  operation,
                  "default",
                  0,
                  0,
                  0,
                  now + Duration.ofSeconds(5).toNanos(),
                  now,
                  "test",
                  null),
              request);
    }
  }
}
