package dev.prism.grpc.engine;

import dev.prism.grpc.Failures;
import dev.prism.grpc.GrpcHost;
import dev.prism.grpc.HttpRoute;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What one listener serves, and Helidon's way in: its only selector, so that every connection is
 * ours from its first byte on, and its times are (hazard 10). Holds what its connections share.
 */
public final class Host implements ServerConnectionSelector, AutoCloseable {
  /** Enough of the preface to tell it from HTTP/1.1, as no method begins so. */
  private static final byte[] BEGINNING = "PRI ".getBytes(StandardCharsets.US_ASCII);

  private static final Duration WATCH = Duration.ofSeconds(1);

  private final Map<String, ServerMethodDefinition<?, ?>> methods = new HashMap<>();
  private final Map<String, HttpRoute> routes = new HashMap<>();
  private final @Nullable ServerConnectionSelector http1;
  private final int maxMessageBytes;
  private final Failures failures;
  private final Limits limits;
  private final LongConsumer written;
  private final LongAdder streams = new LongAdder();
  private final Bodies bodies;
  private final Buffers buffers = new Buffers();
  private final Clock clock;

  /**
   * @param services the first that has a method serves it
   * @param routes answered over HTTP/2
   * @param http1 whose are the connections that are not HTTP/2's; null: there are none
   * @param maxMessageBytes the largest request
   * @param written see {@link GrpcHost.Settings#written}
   */
  public Host(
      List<ServerServiceDefinition> services,
      List<HttpRoute> routes,
      @Nullable ServerConnectionSelector http1,
      int maxMessageBytes,
      Failures failures,
      Limits limits,
      LongConsumer written) {
    for (ServerServiceDefinition service : services) {
      for (ServerMethodDefinition<?, ?> method : service.getMethods()) {
        methods.putIfAbsent("/" + method.getMethodDescriptor().getFullMethodName(), method);
      }
    }
    for (HttpRoute route : routes) {
      this.routes.put(route.path(), route);
    }
    this.http1 = http1;
    this.maxMessageBytes = maxMessageBytes;
    this.failures = failures;
    this.limits = limits;
    this.written = written;
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

  /** What is open here now. Looks at every connection; for any thread. */
  public GrpcHost.Load load() {
    return new GrpcHost.Load(clock.connections(), streams.sum(), clock.queuedBytes());
  }

  /** A stream has come; {@link #streamEnded} follows. */
  void streamOpened() {
    streams.increment();
  }

  /** A stream and its thread have ended. Any thread. */
  void streamEnded() {
    streams.decrement();
  }

  /** An answer's last frame has reached the socket, so long after it was there. Any thread. */
  void written(long nanos) {
    written.accept(nanos);
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

  /**
   * The connection of a client that begins as HTTP/1.1 does, where the listener has pages for it;
   * else null. Waits for the first bytes.
   */
  @Nullable ServerConnection http1(ConnectionContext context) {
    DataReader reader = context.dataReader();
    if (http1 == null || reader.startsWith(BEGINNING)) {
      return null;
    }
    return http1.supports(reader.getBuffer(reader.available())) == Support.UNSUPPORTED
        ? null
        : http1.connection(context);
  }

  /** None: Helidon would wait for them for ever. With one selector it asks nothing. */
  @Override
  public int bytesToIdentifyConnection() {
    return 0;
  }

  @Override
  public Support supports(BufferData data) {
    return Support.SUPPORTED;
  }

  @Override
  public Set<String> supportedApplicationProtocols() {
    return http1 == null ? Set.of("h2") : Set.of("h2", "http/1.1");
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
