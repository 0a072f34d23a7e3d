package dev.prism.grpc;

import dev.prism.grpc.engine.Host;
import dev.prism.grpc.engine.Limits;
import io.grpc.Attributes;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.helidon.config.Config;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.http.encoding.ContentEncodingContext;
import io.helidon.webserver.ListenerConfig;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.grpc.GrpcConfig;
import io.helidon.webserver.grpc.GrpcRouting;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import io.helidon.webserver.http2.Http2Config;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Hosts ordinary {@link ServerServiceDefinition}s, and HTTP routes beside them, on Helidon's
 * listener, with {@linkplain Engine either engine}. What its users may rely on, whatever the
 * engine:
 *
 * <ul>
 *   <li>each call has a virtual thread of its own, on which its listener is called; on stock
 *       Helidon {@code onCancel} may come from another thread, while the call's own is at work;
 *   <li>{@code sendMessage} blocks while the client takes nothing: that is the backpressure of a
 *       stream;
 *   <li>a call is closed once; further closes are ignored; whatever a listener throws is answered;
 *   <li>a call's thread must not be interrupted by its service while it sends or closes (hazard 1:
 *       on stock Helidon the connection would be lost).
 * </ul>
 *
 * With stock Helidon on loopback only: what it does to a connection under attack is not fit for a
 * network.
 */
public final class GrpcHost implements AutoCloseable {
  /** The certificates that a call's client has shown, its own first; unset without one. */
  public static final Attributes.Key<List<X509Certificate>> PEER_CERTIFICATES =
      Attributes.Key.create("peer-certificates");

  /**
   * Stock Helidon counts each cancelled call as a rapid reset, and 50 deadlines that pass in 10 s
   * would cost a client its connection.
   */
  private static final int NO_RESET_LIMIT = -1;

  private final WebServer server;
  private final String first;
  private final Map<String, TlsFiles> tls;
  private final Map<String, Host> hosts;

  private GrpcHost(
      WebServer server, String first, Map<String, TlsFiles> tls, Map<String, Host> hosts) {
    this.server = server;
    this.hosts = hosts;
    this.first = first;
    this.tls = tls;
  }

  /**
   * One listener.
   *
   * @param name for {@link #port}
   * @param address where it listens; loopback
   * @param port 0 picks a free one
   * @param services tried in this order
   * @param routes HTTP beside them
   * @param tls null listens in the clear
   */
  public record Socket(
      String name,
      InetAddress address,
      int port,
      List<ServerServiceDefinition> services,
      List<HttpRoute> routes,
      @Nullable TlsFiles tls) {}

  /**
   * What holds for every socket.
   *
   * @param engine what speaks HTTP/2
   * @param maxMessageBytes the largest request; a larger one is refused with RESOURCE_EXHAUSTED
   * @param failures answers what no service answered
   * @param limits what a client may take; of Prism's own engine only
   * @param written told of each {@link TimedCall} that said when its answer was there: how many
   *     nanoseconds later the socket write that took its last frame has returned. Not told of one
   *     that could not be written. Called on the thread that writes; must not block
   */
  public record Settings(
      Engine engine, int maxMessageBytes, Failures failures, Limits limits, LongConsumer written) {
    /** Where nobody asks how long answers take to the socket. */
    public Settings(Engine engine, int maxMessageBytes, Failures failures, Limits limits) {
      this(engine, maxMessageBytes, failures, limits, nanos -> {});
    }

    /** With the limits of a server among clients of its own organisation. */
    public Settings(Engine engine, int maxMessageBytes, Failures failures) {
      this(engine, maxMessageBytes, failures, Limits.DEFAULT);
    }
  }

  /**
   * What a socket holds at one moment.
   *
   * @param connections of HTTP/2 that are open, those that have not said yet what they are included
   * @param streams that have not ended, or whose call's thread has not: what either the engine or a
   *     service does not let go of stays in it
   * @param outputBytes of responses that wait to be written, about 100 bytes of each one's headers
   *     and bookkeeping included
   */
  public record Load(int connections, long streams, long outputBytes) {}

  /**
   * Opens every socket.
   *
   * @throws IOException when a port is taken or an address is not loopback, in one line for a
   *     person; nothing is left open then
   */
  public static GrpcHost start(Settings settings, List<Socket> sockets) throws IOException {
    for (Socket socket : sockets) {
      requireFree(settings.engine(), socket);
    }
    WebServerConfig.Builder builder =
        WebServer.builder()
            .config(Config.empty())
            .shutdownHook(false)
            .featuresDiscoverServices(false);
    Map<String, Host> hosts = new LinkedHashMap<>();
    configure(builder, sockets.getFirst(), settings, hosts);
    for (Socket socket : sockets.subList(1, sockets.size())) {
      builder.putSocket(
          socket.name(),
          configure(ListenerConfig.builder(), socket, settings, hosts).buildPrototype());
    }
    WebServer server = builder.build().start();
    if (!server.isRunning()) {
      throw new IOException("a listener did not start; the log says why");
    }
    Map<String, TlsFiles> tls = new HashMap<>();
    for (Socket socket : sockets) {
      if (socket.tls() != null) {
        tls.put(socket.name(), socket.tls());
      }
    }
    return new GrpcHost(server, sockets.getFirst().name(), tls, hosts);
  }

  /** What each socket holds now, by its name; nothing with stock Helidon, which does not say. */
  public Map<String, Load> loads() {
    Map<String, Load> loads = new LinkedHashMap<>();
    hosts.forEach((socket, host) -> loads.put(socket, host.load()));
    return loads;
  }

  /** The port that a socket is bound to. */
  public int port(String socket) {
    int port = socket.equals(first) ? server.port() : server.port(socket);
    if (port < 0) {
      throw new IllegalArgumentException("no open socket " + socket);
    }
    return port;
  }

  /**
   * Reads a socket's TLS files again. Connections that are open keep what they agreed on; new ones
   * get the new.
   *
   * @throws IOException when the files are not fit; the socket goes on with the old ones
   */
  public void reloadTls(String socket) throws IOException {
    TlsFiles files = tls.get(socket);
    if (files == null) {
      throw new IllegalArgumentException("no socket " + socket + " with TLS");
    }
    server.reloadTls(socket.equals(first) ? WebServer.DEFAULT_SOCKET_NAME : socket, files.read());
  }

  /**
   * Closes every socket and connection. Stock Helidon interrupts calls half a second later: whoever
   * wants them to finish waits for that first.
   */
  @Override
  public void close() {
    server.stop();
    hosts.values().forEach(Host::close);
  }

  private static <B extends ListenerConfig.BuilderBase<B, ?>> B configure(
      B builder, Socket socket, Settings settings, Map<String, Host> hosts) throws IOException {
    if (socket.tls() != null) {
      builder.tls(socket.tls().read());
    }
    builder
        .address(socket.address())
        .port(socket.port())
        .connectionOptions(options -> options.tcpNoDelay(true))
        .useNio(true);
    return switch (settings.engine()) {
      case PRISM -> prism(builder, socket, settings, hosts);
      case HELIDON -> helidon(builder, socket, settings);
    };
  }

  private static <B extends ListenerConfig.BuilderBase<B, ?>> B prism(
      B builder, Socket socket, Settings settings, Map<String, Host> hosts) {
    boolean hasPages = !socket.routes().isEmpty();
    Host host =
        new Host(
            socket.services(),
            socket.routes(),
            hasPages
                ? Http1ConnectionSelector.builder().config(Http1Config.create()).build()
                : null,
            settings.maxMessageBytes(),
            settings.failures(),
            settings.limits(),
            settings.written());
    hosts.put(socket.name(), host);
    // In the clear a plain socket: half the buffers, and a batch is one system call, not four. With
    // TLS it would not ask clients for their certificates.
    builder
        .useNio(socket.tls() != null)
        .protocolsDiscoverServices(false)
        .addConnectionSelector(host);
    if (hasPages) {
      builder.routing(http(socket));
    }
    return builder;
  }

  private static <B extends ListenerConfig.BuilderBase<B, ?>> B helidon(
      B builder, Socket socket, Settings settings) {
    GrpcRouting.Builder grpc = GrpcRouting.builder().config(Config.empty());
    CatchAll catchAll = new CatchAll(settings.failures());
    for (ServerServiceDefinition service : socket.services()) {
      grpc.service(ServerInterceptors.intercept(service, catchAll));
    }
    return builder
        .contentEncoding(
            ContentEncodingContext.builder().contentEncodingsDiscoverServices(false).build())
        .addProtocol(Http2Config.builder().maxRapidResets(NO_RESET_LIMIT).build())
        .addProtocol(
            GrpcConfig.builder()
                .enableCompression(false)
                .maxReadBufferSize(settings.maxMessageBytes())
                .build())
        .addRouting(grpc)
        .routing(http(socket));
  }

  private static HttpRouting.Builder http(Socket socket) {
    HttpRouting.Builder http = HttpRouting.builder();
    for (HttpRoute route : socket.routes()) {
      http.get(
          route.path(),
          (request, response) -> {
            HttpRoute.Answer answer = route.handler().get();
            response
                .status(Status.create(answer.status()))
                .header(HeaderNames.CONTENT_TYPE, answer.contentType())
                .send(answer.body().getBytes(StandardCharsets.UTF_8));
          });
    }
    return http;
  }

  /** Helidon reports a taken port with a stack trace in its log and starts without the socket. */
  private static void requireFree(Engine engine, Socket socket) throws IOException {
    if (engine == Engine.HELIDON && !socket.address().isLoopbackAddress()) {
      throw new IOException(
          "the engine helidon listens on loopback only, not on "
              + socket.address().getHostAddress());
    }
    if (socket.port() == 0) {
      return;
    }
    try (ServerSocket probe = new ServerSocket()) {
      probe.setReuseAddress(true);
      probe.bind(new InetSocketAddress(socket.address(), socket.port()));
    } catch (BindException e) {
      throw new IOException("port " + socket.port() + " is in use", e);
    }
  }
}
