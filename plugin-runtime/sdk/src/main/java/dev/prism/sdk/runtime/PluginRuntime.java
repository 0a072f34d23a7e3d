package dev.prism.sdk.runtime;

import com.google.protobuf.Descriptors.FileDescriptor;
import dev.prism.grpc.GrpcHost;
import dev.prism.keyvalue.v1.Keyvalue;
import dev.prism.link.CallHandler;
import dev.prism.link.InboundCall;
import dev.prism.plugin.v1.InfoResponse;
import dev.prism.plugin.v1.InterfaceInfo;
import dev.prism.pubsub.v1.Pubsub;
import dev.prism.queue.v1.Queue;
import dev.prism.reader.v1.Reader;
import dev.prism.sdk.Capability;
import dev.prism.sdk.Plugin;
import dev.prism.sdk.PluginConfig;
import dev.prism.sdk.PluginConfigException;
import dev.prism.sdk.PluginRefusedException;
import dev.prism.sdk.PluginRole;
import dev.prism.sdk.keyvalue.Consistency;
import dev.prism.sdk.keyvalue.KeyValueStore;
import dev.prism.sdk.pubsub.PubSub;
import dev.prism.sdk.queue.MessageQueue;
import dev.prism.sdk.reader.RecordReader;
import dev.prism.sdk.transact.Transactor;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import dev.prism.transact.v1.Transact;
import dev.prism.type.v1.AccessPattern;
import dev.prism.type.v1.ConsistencyLevel;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A plugin that takes calls: the handler to give to the plugin's end of one link. Its stores are
 * open from {@link #start} to {@link #close}.
 *
 * <p>Calls are checked on the link's thread. Those that change or read single items are joined into
 * batches and run by lanes, threads of their own, or on the link's thread where the store says that
 * it never waits. Every call is answered once, after the store's own return.
 */
public final class PluginRuntime implements CallHandler, AutoCloseable {
  private static final long DRAIN_POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  /**
   * A method that is served.
   *
   * @param data whether it touches data, so that it is refused while draining and for another
   *     namespace
   */
  private record Method(Handler handler, PluginMetrics.Operation operation, boolean data) {}

  private final PluginMetrics metrics = new PluginMetrics();
  private final PluginMetrics.Operation unserved = metrics.operation("unserved");
  private final Answers answers;
  private final PluginCalls pluginCalls;
  private final Budget budget;
  private final @Nullable String namespace;
  private final @Nullable KeyValueStore store;
  private final @Nullable MessageQueue queue;
  private final @Nullable PubSub pubSub;
  private final @Nullable RecordReader reader;
  private final @Nullable Transactor transactor;
  private final List<DataCalls> interfaces = new ArrayList<>();
  private final Readiness readiness;
  private final @Nullable Method[] methods;
  private volatile @Nullable GrpcHost standalone;
  private volatile boolean draining;

  private PluginRuntime(Plugin plugin, PluginConfig config, InstantSource clock, Budget budget) {
    check(plugin, config);
    this.budget = budget;
    this.namespace = config.namespace().orElse(null);
    this.answers =
        new Answers(metrics, plugin.name() + "/" + config.instance(), budget.batchBytes() * 2);
    metrics.info(plugin.name(), plugin.version(), plugin.backendType());
    this.store = plays(config, PluginRole.PROCESSOR) ? plugin.keyValue(config).orElse(null) : null;
    this.queue =
        plays(config, PluginRole.PUBLISHER) || plays(config, PluginRole.CONSUMER)
            ? plugin.queue(config).orElse(null)
            : null;
    this.pubSub =
        plays(config, PluginRole.PUBLISHER) || plays(config, PluginRole.LISTENER)
            ? plugin.pubSub(config).orElse(null)
            : null;
    this.reader = plays(config, PluginRole.PROCESSOR) ? plugin.reader(config).orElse(null) : null;
    this.transactor =
        plays(config, PluginRole.PROCESSOR) || plays(config, PluginRole.LISTENER)
            ? plugin.transactor(config).orElse(null)
            : null;
    if (store == null && queue == null && pubSub == null && reader == null && transactor == null) {
      throw noRole(plugin, config);
    }
    Map<Integer, Method> served = new TreeMap<>();
    Map<String, IntSupplier> depths = new TreeMap<>();
    Set<Capability> capabilities = EnumSet.noneOf(Capability.class);
    InfoResponse.Builder info =
        InfoResponse.newBuilder()
            .setName(plugin.name())
            .setVersion(plugin.version())
            .setBackendType(plugin.backendType())
            .setMaxValueBytes(budget.maxValueBytes())
            .setPid(ProcessHandle.current().pid());
    if (store != null) {
      int maxValueBytes = Math.min(budget.maxValueBytes(), store.maxValueBytes());
      if (queue == null && pubSub == null) {
        info.setMaxValueBytes(maxValueBytes);
      }
      KeyValueRules rules = new KeyValueRules(store.capabilities(), maxValueBytes, clock);
      serve(
          served,
          Keyvalue.getDescriptor(),
          new KeyValueCalls(store, rules, answers, metrics, budget));
      capabilities.addAll(store.capabilities());
      info.addInterfaces(AccessPattern.ACCESS_PATTERN_KEYVALUE)
          .addInterfaceInfo(
              interfaceInfo(AccessPattern.ACCESS_PATTERN_KEYVALUE, store.capabilities()));
    }
    if (queue != null) {
      QueueRules rules = new QueueRules(queue.capabilities(), budget.maxValueBytes(), clock);
      serve(
          served,
          Queue.getDescriptor(),
          new QueueCalls(queue, rules, answers, metrics, budget, clock, config.process()));
      capabilities.addAll(queue.capabilities());
      info.addInterfaces(AccessPattern.ACCESS_PATTERN_QUEUE)
          .addInterfaceInfo(
              interfaceInfo(AccessPattern.ACCESS_PATTERN_QUEUE, queue.capabilities()));
    }
    if (pubSub != null) {
      PubSubRules rules = new PubSubRules(pubSub.capabilities(), budget.maxValueBytes());
      serve(
          served,
          Pubsub.getDescriptor(),
          new PubSubCalls(pubSub, rules, answers, metrics, budget, clock));
      capabilities.addAll(pubSub.capabilities());
      info.addInterfaces(AccessPattern.ACCESS_PATTERN_PUBSUB)
          .addInterfaceInfo(
              interfaceInfo(AccessPattern.ACCESS_PATTERN_PUBSUB, pubSub.capabilities()));
    }
    if (reader != null) {
      serve(served, Reader.getDescriptor(), new ReaderCalls(reader, answers, metrics, budget));
      capabilities.addAll(reader.capabilities());
      info.addInterfaces(AccessPattern.ACCESS_PATTERN_READER)
          .addInterfaceInfo(
              interfaceInfo(AccessPattern.ACCESS_PATTERN_READER, reader.capabilities()));
    }
    if (transactor != null) {
      serve(
          served,
          Transact.getDescriptor(),
          new TransactCalls(transactor, answers, metrics, budget, clock, config.process()));
      capabilities.addAll(transactor.capabilities());
      info.addInterfaces(AccessPattern.ACCESS_PATTERN_TRANSACT)
          .addInterfaceInfo(
              interfaceInfo(AccessPattern.ACCESS_PATTERN_TRANSACT, transactor.capabilities()));
    }
    if (store != null) {
      info.addAllConsistencyLevels(levels(store.consistencyLevels()));
    } else if (reader != null) {
      info.addAllConsistencyLevels(levels(reader.consistencyLevels()));
    }
    info.addAllRoles(played(config));
    info.addAllCapabilities(capabilities.stream().map(Capability::name).sorted().toList());
    interfaces.forEach(each -> depths.putAll(each.depths()));
    metrics.queueDepth(depths);
    this.readiness = new Readiness(this::ping);
    this.pluginCalls = new PluginCalls(answers, this::problem, metrics, info.build(), queue);
    serve(served, dev.prism.plugin.v1.Plugin.getDescriptor(), pluginCalls.handlers(), false);
    this.methods = new Method[served.keySet().stream().max(Integer::compare).orElse(0) + 1];
    served.forEach((number, method) -> methods[number] = method);
  }

  /**
   * Opens the plugin's stores and makes a handler of them, with the bounds that fit this process's
   * heap. Blocks as long as the stores need.
   *
   * @param clock the time that times to live are counted from
   * @throws PluginConfigException where the configuration is wrong
   */
  public static PluginRuntime start(Plugin plugin, PluginConfig config, InstantSource clock) {
    return new PluginRuntime(plugin, config, clock, Budget.of(Runtime.getRuntime().maxMemory()));
  }

  /** What this process can hold; what its {@code Hello} says. */
  public Budget budget() {
    return budget;
  }

  @Override
  public void onCall(InboundCall call) {
    long arrivedNanos = System.nanoTime();
    int number = call.header().operation();
    Method method = number > 0 && number < methods.length ? methods[number] : null;
    PluginMetrics.Operation operation = method == null ? unserved : method.operation();
    operation.requestBytes().inc(call.request().length);
    try {
      if (method == null) {
        throw PrismException.of(
            Reason.METHOD_UNIMPLEMENTED, "this backend does not serve the method");
      }
      if (method.data()) {
        admit(call);
      }
      method.handler().take(call, operation, arrivedNanos);
    } catch (RuntimeException e) {
      answers.fail(call, operation, arrivedNanos, e);
    }
  }

  @Override
  public void onBatchEnd() {
    interfaces.forEach(DataCalls::start);
  }

  /**
   * Serves Live, Ready, GetMetrics and GetInfo over gRPC too, on 127.0.0.1, until {@link #close}.
   * Once only.
   *
   * @param port 0 picks a free one
   * @return the port
   * @throws IOException where the port is taken
   */
  public int serveStandalone(int port) throws IOException {
    GrpcHost host = StandaloneServices.start(pluginCalls, port);
    standalone = host;
    return host.port("plugin");
  }

  /** Why calls would not be served now; empty where they would. */
  public String problem() {
    return draining ? "the plugin is shutting down" : readiness.problem();
  }

  /** How many data calls have not been answered. */
  public int pending() {
    return interfaces.stream().mapToInt(DataCalls::pending).sum();
  }

  /**
   * Refuses new calls with {@code SHUTTING_DOWN} and waits until those in flight are answered, at
   * most {@code patience}. The link must go on delivering meanwhile.
   *
   * @return whether all were answered
   */
  public boolean drain(Duration patience) {
    draining = true;
    interfaces.forEach(DataCalls::drain);
    long end = System.nanoTime() + patience.toNanos();
    while (pending() > 0) {
      if (System.nanoTime() - end >= 0) {
        return false;
      }
      LockSupport.parkNanos(this, DRAIN_POLL_NANOS);
    }
    return true;
  }

  /**
   * Ends the threads and closes the stores. Calls that still wait are not answered: {@link #drain}
   * and end the link before.
   */
  @Override
  public void close() {
    draining = true;
    GrpcHost host = standalone;
    if (host != null) {
      host.close();
    }
    readiness.close();
    interfaces.forEach(DataCalls::close);
    if (store != null) {
      store.close();
    }
    if (queue != null) {
      queue.close();
    }
    if (pubSub != null) {
      pubSub.close();
    }
    if (transactor != null) {
      transactor.close();
    }
    if (reader != null) {
      reader.close();
    }
  }

  private void admit(InboundCall call) {
    if (draining) {
      throw PrismException.of(
          Reason.SHUTTING_DOWN, "the plugin is shutting down; try again after a moment");
    }
    if (namespace != null && !namespace.equals(call.header().namespace())) {
      throw PrismException.of(
          Reason.NAMESPACE_NOT_FOUND, "this plugin does not serve the session's namespace");
    }
  }

  private void serve(Map<Integer, Method> served, FileDescriptor file, DataCalls calls) {
    interfaces.add(calls);
    serve(served, file, calls.handlers(), true);
  }

  private void serve(
      Map<Integer, Method> served,
      FileDescriptor file,
      Map<String, Handler> handlers,
      boolean data) {
    Operations.of(file)
        .forEach(
            (number, method) -> {
              Handler handler = handlers.get(method.getName());
              if (handler == null) {
                throw new IllegalStateException("nothing serves " + method.getFullName());
              }
              served.put(number, new Method(handler, metrics.operation(method.getName()), data));
            });
  }

  /** The strongest first: the first one is the default. */
  private static List<ConsistencyLevel> levels(Set<Consistency.Level> given) {
    List<ConsistencyLevel> levels =
        given.stream()
            .sorted(Comparator.reverseOrder())
            .map(
                level ->
                    switch (level) {
                      case STRONG -> ConsistencyLevel.CONSISTENCY_LEVEL_STRONG;
                      case BOUNDED_STALENESS ->
                          ConsistencyLevel.CONSISTENCY_LEVEL_BOUNDED_STALENESS;
                      case EVENTUAL -> ConsistencyLevel.CONSISTENCY_LEVEL_EVENTUAL;
                    })
            .toList();
    if (levels.isEmpty()) {
      throw new IllegalStateException("the backend gives no consistency level");
    }
    return levels;
  }

  private static void check(Plugin plugin, PluginConfig config) {
    Optional<String> type = config.backendType();
    if (type.isPresent() && !type.get().equals(plugin.backendType())) {
      throw new PluginConfigException(
          "PRISM_BACKEND_TYPE",
          "is '" + type.get() + "', but this plugin's backend is '" + plugin.backendType() + "'");
    }
    if (plugin.isSingleProcess() && config.process() > 0) {
      throw new PluginRefusedException(
          "BACKEND_SINGLE_PROCESS: the plugin %s is one process, and this would be another"
              .formatted(plugin.name()));
    }
  }

  /** Whether this process is to play the role: it is, where none is named. */
  private static boolean plays(PluginConfig config, PluginRole role) {
    return config.roles().contains(role);
  }

  /** Those of its roles that the process has something for. */
  private List<dev.prism.plugin.v1.PluginRole> played(PluginConfig config) {
    return config.roles().stream()
        .filter(
            role ->
                switch (role) {
                  case PUBLISHER -> queue != null || pubSub != null;
                  case CONSUMER -> queue != null;
                  case PROCESSOR -> store != null || reader != null || transactor != null;
                  case LISTENER -> pubSub != null || transactor != null;
                })
        .map(role -> dev.prism.plugin.v1.PluginRole.valueOf("PLUGIN_ROLE_" + role.name()))
        .toList();
  }

  private static RuntimeException noRole(Plugin plugin, PluginConfig config) {
    if (config.roles().size() == PluginRole.values().length) {
      return new IllegalStateException("the plugin " + plugin.name() + " offers no interface");
    }
    return new PluginConfigException(
        "PRISM_PLUGIN_ROLE",
        "the plugin "
            + plugin.name()
            + " is no "
            + config.roles().stream()
                .map(role -> role.name().toLowerCase(Locale.ROOT))
                .collect(Collectors.joining(" or ")));
  }

  private static InterfaceInfo interfaceInfo(AccessPattern pattern, Set<Capability> capabilities) {
    return InterfaceInfo.newBuilder()
        .setPattern(pattern)
        .addAllCapabilities(capabilities.stream().map(Capability::name).sorted().toList())
        .build();
  }

  private void ping() {
    if (store != null) {
      store.ping();
    }
    if (queue != null) {
      queue.ping();
    }
    if (pubSub != null) {
      pubSub.ping();
    }
    if (reader != null) {
      reader.ping();
    }
    if (transactor != null) {
      transactor.ping();
    }
  }
}
