package dev.prism.grpc.engine;

import dev.prism.grpc.Failures;
import dev.prism.grpc.HttpRoute;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.helidon.common.buffers.BufferData;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What one listener serves, and Helidon's way in: every connection whose first bytes are HTTP/2's.
 * Holds what its connections share.
 */
public final class Host implements ServerConnectionSelector, AutoCloseable {
  /** Enough of the preface to tell it from HTTP/1.1, as no method begins so. */
  private static final String BEGINNING = "PRI ";

  private static final Duration WATCH = Duration.ofSeconds(1);

  private final Map<String, ServerMethodDefinition<?, ?>> methods = new HashMap<>();
  private final Map<String, HttpRoute> routes = new HashMap<>();
  private final int maxMessageBytes;
  private final Failures failures;
  private final Limits limits;
  private final Bodies bodies;
  private final Buffers buffers = new Buffers();
  private final Clock clock;

  /**
   * @param services the first that has a method serves it
   * @param routes answered over HTTP/2 too
   * @param maxMessageBytes the largest request
   */
  public Host(
      List<ServerServiceDefinition> services,
      List<HttpRoute> routes,
      int maxMessageBytes,
      Failures failures,
      Limits limits) {
    for (ServerServiceDefinition service : services) {
      for (ServerMethodDefinition<?, ?> method : service.getMethods()) {
        methods.putIfAbsent("/" + method.getMethodDescriptor().getFullMethodName(), method);
      }
    }
    for (HttpRoute route : routes) {
      this.routes.put(route.path(), route);
    }
    this.maxMessageBytes = maxMessageBytes;
    this.failures = failures;
    this.limits = limits;
    this.bodies = new Bodies(limits.bodyBytes());
    Duration shortest =
        List.of(WATCH, limits.preface(), limits.keepAlive(), limits.idle(), limits.stall()).stream()
            .min(Duration::compareTo)
            .orElse(WATCH);
    this.clock = new Clock(shortest);
  }

  @Nullable ServerMethodDefinition<?, ?> method(String path) {
    return methods.get(path);
  }

  int maxMessageBytes() {
    return maxMessageBytes;
  }

  Failures failures() {
    return failures;
  }

  Limits limits() {
    return limits;
  }

  Bodies bodies() {
    return bodies;
  }

  Buffers buffers() {
    return buffers;
  }

  Clock clock() {
    return clock;
  }

  /** Answers a request that is not gRPC's. */
  Answer http(Connection connection, int id, RequestHead head, long window) {
    if (!head.method().equals("GET")) {
      return Answer.http(connection, id, head, window, 405, "Only POST, and GET of a few pages.\n");
    }
    HttpRoute route = routes.get(head.path());
    if (route == null) {
      return Answer.http(connection, id, head, window, 404, "There is no such page.\n");
    }
    return Answer.http(connection, id, head, window, route.handler());
  }

  @Override
  public int bytesToIdentifyConnection() {
    return BEGINNING.length();
  }

  @Override
  public Support supports(BufferData data) {
    return data.readString(BEGINNING.length()).equals(BEGINNING)
        ? Support.SUPPORTED
        : Support.UNSUPPORTED;
  }

  @Override
  public Set<String> supportedApplicationProtocols() {
    return Set.of("h2");
  }

  @Override
  public ServerConnection connection(ConnectionContext context) {
    return new Connection(this, context);
  }

  /** Stops the clock; Helidon closes the connections. */
  @Override
  public void close() {
    clock.close();
  }
}
