package dev.prism.proxy.relay;

import dev.prism.link.CallHeader;
import dev.prism.plugin.v1.InfoResponse;
import dev.prism.plugin.v1.InterfaceInfo;
import dev.prism.proxy.route.MethodTable;
import dev.prism.proxy.route.MethodTable.Method;
import dev.prism.proxy.route.Plugins;
import dev.prism.proxy.route.Plugins.Plugin;
import dev.prism.type.v1.AccessPattern;
import dev.prism.type.v1.ConsistencyLevel;
import java.util.Comparator;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** The calls that a relay makes, each to a process of its backend that serves it. */
final class Processes {
  private static final MethodTable METHODS = MethodTable.ofContract();

  /** A stream is begun anew after this long, so that nothing of it has to last for ever. */
  private static final long STREAM_NANOS = TimeUnit.HOURS.toNanos(1);

  private static final AtomicLong CALLS = new AtomicLong();

  private final Plugins plugins;
  private final String namespace;

  Processes(Plugins plugins, String namespace) {
    this.plugins = plugins;
    this.namespace = namespace;
  }

  static Method method(String name) {
    return Objects.requireNonNull(METHODS.find(name), name);
  }

  /** A process that serves the method and whose backend answers. */
  Optional<? extends Plugin> ready(String instance, Method method) {
    return plugins.processes(instance).stream()
        .filter(plugin -> plugin.roles().contains(method.role()))
        .filter(plugin -> plugin.isReady() && plugin.live() != null)
        .min(Comparator.comparingInt(Plugin::process));
  }

  /** Whether it says that its queues can do this. */
  static boolean queueHas(Plugin plugin, String capability) {
    InfoResponse info = plugin.info();
    if (info == null) {
      return false;
    }
    for (InterfaceInfo each : info.getInterfaceInfoList()) {
      if (each.getPattern() == AccessPattern.ACCESS_PATTERN_QUEUE) {
        return each.getCapabilitiesList().contains(capability);
      }
    }
    return false;
  }

  CallHeader header(Method method, long timeoutNanos) {
    long now = System.nanoTime();
    return new CallHeader(
        method.operation(),
        namespace,
        0,
        ConsistencyLevel.CONSISTENCY_LEVEL_STRONG_VALUE,
        0,
        now + timeoutNanos,
        now,
        "relay-" + CALLS.incrementAndGet(),
        null);
  }

  CallHeader streamHeader(Method method) {
    return header(method, STREAM_NANOS);
  }
}
