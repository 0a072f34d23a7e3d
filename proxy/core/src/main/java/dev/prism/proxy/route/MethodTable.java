package dev.prism.proxy.route;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import dev.prism.keyvalue.v1.Keyvalue;
import dev.prism.options.Access;
import dev.prism.options.MethodInfo;
import dev.prism.options.Options;
import dev.prism.plugin.v1.PluginRole;
import dev.prism.pubsub.v1.Pubsub;
import dev.prism.queue.v1.Queue;
import dev.prism.reader.v1.Reader;
import dev.prism.transact.v1.Transact;
import dev.prism.type.v1.AccessPattern;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Every method of the five data interfaces, as the contract's descriptors have it: what the proxy
 * knows of a call without knowing its messages. Immutable and safe for any thread.
 */
public final class MethodTable {
  /**
   * One method.
   *
   * @param fullName as gRPC has it: {@code prism.keyvalue.v1.KeyValueService/Get}
   * @param operation its number on the link
   * @param access what it does to what it names
   * @param repeatable whether it changes nothing, so that it may be sent again unasked
   * @param clientStreaming whether the caller sends a stream of requests
   * @param serverStreaming whether the answer is a stream
   * @param pattern the interface it belongs to, and so the configs that it can use
   * @param request the type of its request, or of each message of a stream of them
   * @param response the type of its answer, or of each message of a stream of them
   * @param role the processes of a backend that serve it
   * @param spread which of those, where there are several
   * @param resources reads what a request names
   */
  public record Method(
      String fullName,
      int operation,
      Access access,
      boolean repeatable,
      boolean clientStreaming,
      boolean serverStreaming,
      AccessPattern pattern,
      Descriptor request,
      Descriptor response,
      PluginRole role,
      Spread spread,
      ResourceScanner resources) {
    /** Whether it is a stream of what others write, which has no end of its own. */
    public boolean isSubscription() {
      return serverStreaming
          && access == Access.ACCESS_READ
          && (pattern == AccessPattern.ACCESS_PATTERN_QUEUE
              || pattern == AccessPattern.ACCESS_PATTERN_PUBSUB
              || pattern == AccessPattern.ACCESS_PATTERN_TRANSACT);
    }

    /** Whether one request has one answer. */
    public boolean unary() {
      return !clientStreaming && !serverStreaming;
    }
  }

  private final Map<String, Method> methods;

  private MethodTable(Map<String, Method> methods) {
    this.methods = Collections.unmodifiableMap(methods);
  }

  /** The table of this build's contract. */
  public static MethodTable ofContract() {
    Map<String, Method> methods = new LinkedHashMap<>();
    add(methods, Keyvalue.getDescriptor(), AccessPattern.ACCESS_PATTERN_KEYVALUE);
    add(methods, Queue.getDescriptor(), AccessPattern.ACCESS_PATTERN_QUEUE);
    add(methods, Pubsub.getDescriptor(), AccessPattern.ACCESS_PATTERN_PUBSUB);
    add(methods, Reader.getDescriptor(), AccessPattern.ACCESS_PATTERN_READER);
    add(methods, Transact.getDescriptor(), AccessPattern.ACCESS_PATTERN_TRANSACT);
    return new MethodTable(methods);
  }

  private static void add(Map<String, Method> methods, FileDescriptor file, AccessPattern pattern) {
    for (ServiceDescriptor service : file.getServices()) {
      for (MethodDescriptor method : service.getMethods()) {
        MethodInfo info = method.getOptions().getExtension(Options.method);
        String fullName = service.getFullName() + "/" + method.getName();
        methods.put(
            fullName,
            new Method(
                fullName,
                info.getOperation(),
                info.getAccess(),
                info.getRepeatable(),
                method.isClientStreaming(),
                method.isServerStreaming(),
                pattern,
                method.getInputType(),
                method.getOutputType(),
                role(pattern, method.getName()),
                spread(pattern, method.getName()),
                ResourceScanner.of(method.getInputType())));
      }
    }
  }

  private static PluginRole role(AccessPattern pattern, String name) {
    boolean publishes = name.startsWith("Publish");
    return switch (pattern) {
      case ACCESS_PATTERN_QUEUE ->
          publishes ? PluginRole.PLUGIN_ROLE_PUBLISHER : PluginRole.PLUGIN_ROLE_CONSUMER;
      case ACCESS_PATTERN_PUBSUB ->
          publishes ? PluginRole.PLUGIN_ROLE_PUBLISHER : PluginRole.PLUGIN_ROLE_LISTENER;
      case ACCESS_PATTERN_TRANSACT ->
          name.endsWith("Mailbox")
              ? PluginRole.PLUGIN_ROLE_LISTENER
              : PluginRole.PLUGIN_ROLE_PROCESSOR;
      default -> PluginRole.PLUGIN_ROLE_PROCESSOR;
    };
  }

  private static Spread spread(AccessPattern pattern, String name) {
    if (name.startsWith("Acknowledge")) {
      return Spread.OWNERS;
    }
    return pattern == AccessPattern.ACCESS_PATTERN_PUBSUB
            && (name.equals("Unsubscribe") || name.equals("ListSubscriptions"))
        ? Spread.ALL
        : Spread.ONE;
  }

  /** The method of this full gRPC name, or null where no data interface has it. */
  public @Nullable Method find(String fullName) {
    return methods.get(fullName);
  }

  /** Every method, service by service in the contract's order. */
  public Collection<Method> all() {
    return methods.values();
  }
}
