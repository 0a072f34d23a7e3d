package dev.prism.proxy;

import dev.prism.grpc.Engine;
import dev.prism.grpc.GrpcHost;
import dev.prism.grpc.HttpRoute;
import dev.prism.grpc.StandardServices;
import dev.prism.grpc.TlsFiles;
import dev.prism.grpc.engine.Limits;
import dev.prism.plugin.v1.InfoResponse;
import dev.prism.plugin.v1.PluginRole;
import dev.prism.proxy.admin.AdminService;
import dev.prism.proxy.admin.Health;
import dev.prism.proxy.auth.ApiKeys;
import dev.prism.proxy.auth.Authenticator;
import dev.prism.proxy.call.RequestHeaders;
import dev.prism.proxy.catalog.BackendInfo;
import dev.prism.proxy.catalog.Catalog;
import dev.prism.proxy.catalog.ConfigService;
import dev.prism.proxy.catalog.Schemas;
import dev.prism.proxy.config.DataDirectory;
import dev.prism.proxy.config.ServerConfig;
import dev.prism.proxy.gate.Admission;
import dev.prism.proxy.gate.Authenticate;
import dev.prism.proxy.gate.Gate;
import dev.prism.proxy.gate.Policy;
import dev.prism.proxy.gate.RateLimits;
import dev.prism.proxy.gate.Resources;
import dev.prism.proxy.gate.SelectConfig;
import dev.prism.proxy.log.CallLog;
import dev.prism.proxy.metrics.MetricsPage;
import dev.prism.proxy.metrics.ProxyMetrics;
import dev.prism.proxy.plugin.PluginStartException;
import dev.prism.proxy.plugin.PluginSupervisor;
import dev.prism.proxy.relay.Relays;
import dev.prism.proxy.route.MethodTable;
import dev.prism.proxy.route.Plugins;
import dev.prism.proxy.route.Router;
import dev.prism.proxy.service.ControlCalls;
import dev.prism.proxy.service.DataPlane;
import dev.prism.proxy.service.HostFailures;
import dev.prism.proxy.session.Session;
import dev.prism.proxy.session.SessionService;
import dev.prism.proxy.session.Sessions;
import dev.prism.proxy.session.StillAllowed;
import dev.prism.proxy.store.ControlStore;
import dev.prism.status.PrismException;
import io.grpc.BindableService;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A whole proxy. While it starts, its ports are open and every call is answered UNAVAILABLE; {@link
 * #start} returns when it serves. {@link #close} lets calls in flight finish, then stops the
 * plugins.
 */
public final class PrismServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PrismServer.class);

  private static final String DATA = "data";
  private static final String ADMIN = "admin";

  /** What a plugin declares that keeps what it acknowledged (docs/capabilities.md). */
  private static final String DURABLE = "DURABLE";

  /**
   * A call holds a virtual thread, its request and its answer; more than this is a client that has
   * gone wild.
   */
  private static final int MAX_IN_FLIGHT = 8192;

  private static final int MAX_ADMIN_IN_FLIGHT = 64;

  /** Longer than any plugin takes to start, recovery of a large database included. */
  private static final Duration PLUGIN_START_LIMIT = Duration.ofSeconds(60);

  /** How long the control store may take for one operation, a restart of its plugin included. */
  private static final Duration CONTROL_TIMEOUT = Duration.ofSeconds(10);

  private final ServerConfig config;
  private final Admission admission = new Admission(MAX_IN_FLIGHT);
  private final ProxyMetrics metrics = new ProxyMetrics();
  private final CallLog callLog = new CallLog(System::nanoTime);

  /** What {@link #close} closes, the last one opened first. */
  private final Deque<AutoCloseable> opened = new ConcurrentLinkedDeque<>();

  private int dataPort;
  private int adminPort;

  private PrismServer(ServerConfig config) {
    this.config = config;
  }

  /**
   * Starts a proxy with a plugin process for each backend of the configuration.
   *
   * @param home the folder of the product, with {@code plugins/TYPE/*.jar}
   * @param version the proxy's own version
   * @param pluginLog where the plugins' log lines go
   * @throws ServerStartException where it cannot run like this; nothing is left behind then
   */
  public static PrismServer start(
      ServerConfig config, Path home, String version, OutputStream pluginLog)
      throws ServerStartException, InterruptedException {
    PrismServer server = new PrismServer(config);
    boolean started = false;
    try {
      server.opened.push(DataDirectory.open(config.data()));
      PluginSupervisor supervisor = PluginSupervisor.start(config, home, version, pluginLog);
      server.opened.push(supervisor);
      server.run(supervisor, version, () -> supervisor.awaitReady(PLUGIN_START_LIMIT));
      started = true;
      return server;
    } catch (DataDirectory.Unusable | PluginStartException | IOException | PrismException e) {
      throw new ServerStartException(String.valueOf(e.getMessage()), e);
    } finally {
      if (!started) {
        server.close();
      }
    }
  }

  /**
   * Starts a proxy on plugins that are there already, which stay the caller's.
   *
   * @throws ServerStartException as above
   */
  static PrismServer start(ServerConfig config, Plugins plugins, String version)
      throws ServerStartException, InterruptedException {
    PrismServer server = new PrismServer(config);
    boolean started = false;
    try {
      server.run(plugins, version, () -> true);
      started = true;
      return server;
    } catch (PluginStartException | IOException | PrismException e) {
      throw new ServerStartException(String.valueOf(e.getMessage()), e);
    } finally {
      if (!started) {
        server.close();
      }
    }
  }

  @FunctionalInterface
  private interface Ready {
    boolean await() throws PluginStartException, InterruptedException;
  }

  /** Opens the ports while the plugins start, then lets calls in. */
  private void run(Plugins plugins, String version, Ready ready)
      throws IOException, PluginStartException, InterruptedException {
    InstantSource clock = InstantSource.system();
    Plugins.Plugin control = controlPlugin(plugins);
    ControlStore store = new ControlStore(control, CONTROL_TIMEOUT);
    Sessions sessions = new Sessions(config.sessions(), store, clock, System::nanoTime);
    opened.push(sessions);
    ApiKeys keys =
        new ApiKeys(
            store,
            config.namespaces().keySet(),
            clock,
            key -> sessions.endAll(key, Session.End.REVOKED));
    Schemas schemas = new Schemas(store, clock);
    Catalog catalog =
        new Catalog(config, BackendInfo.of(plugins), schemas, store, clock, sessions::holds);
    Authenticator authenticator = config.auth().apiKeys() ? keys : Authenticator.ANONYMOUS;

    Router router = new Router(plugins, metrics);
    DataPlane dataPlane = new DataPlane(gate(sessions), router, metrics, callLog);
    admission.onDrain(dataPlane::endSubscriptions);
    Health health = new Health(admission, plugins);
    List<ServerServiceDefinition> data =
        new ArrayList<>(dataPlane.services(MethodTable.ofContract()));
    data.add(
        control(
            new SessionService(
                sessions, catalog, authenticator, config.server().maxMessageBytes(), version),
            admission));
    data.add(control(new ConfigService(catalog, schemas, authenticator), admission));
    // Stock Helidon does not tell a service that a watcher has gone.
    boolean watched = config.grpc().engine() == Engine.PRISM;
    data.add(uncounted(health.service(names(data), watched)));
    data.add(StandardServices.reflection(data));
    Admission administration = new Admission(MAX_ADMIN_IN_FLIGHT); // sees the server start and stop
    administration.open();
    List<ServerServiceDefinition> admin = new ArrayList<>();
    admin.add(
        control(
            new AdminService(config, version, sessions, keys, plugins, metrics, admission, clock),
            administration));
    admin.add(uncounted(health.service(names(admin), watched)));
    admin.add(StandardServices.reflection(admin));
    metrics.watch(config, plugins, sessions::count, admission::inFlight);

    GrpcHost host = host(data, admin, routes(health, new MetricsPage(metrics, plugins)));
    opened.push(host);
    metrics.watch(host);
    metrics.watchProcess(); // loads some classes: plugins are starting meanwhile
    TlsFiles tls = config.grpc().tls();
    if (tls != null) {
      opened.push(new CertificateWatch(tls, () -> host.reloadTls(DATA)));
    }
    dataPort = host.port(DATA);
    adminPort = host.port(ADMIN);
    if (!ready.await()) {
      LOG.warn("not every plugin is ready; the others serve");
    }
    requireDurable(control);
    keys.load();
    schemas.load();
    catalog.load();
    sessions.load(new StillAllowed(config, keys::isLive));
    sessions.start();
    opened.push(new Relays(config, plugins, metrics));
    admission.open();
  }

  private Gate gate(Sessions sessions) {
    return new Gate(
        admission,
        new Authenticate(sessions::authenticate),
        new SelectConfig(config.server().defaultDeadline()),
        new RateLimits(
            config.namespaces(),
            metrics.rateLimited("session"),
            metrics.rateLimited("namespace"),
            System::nanoTime),
        new Resources(Policy.WHOLE_NAMESPACE));
  }

  private GrpcHost host(
      List<ServerServiceDefinition> data,
      List<ServerServiceDefinition> admin,
      List<HttpRoute> routes)
      throws IOException {
    ServerConfig.Server server = config.server();
    return GrpcHost.start(
        new GrpcHost.Settings(
            config.grpc().engine(),
            server.maxMessageBytes(),
            new HostFailures(metrics, callLog),
            Limits.DEFAULT,
            metrics::replied),
        List.of(
            new GrpcHost.Socket(
                DATA,
                InetAddress.getByName(server.listen()),
                server.port(),
                data,
                List.of(),
                config.grpc().tls()),
            new GrpcHost.Socket(
                ADMIN, InetAddress.getLoopbackAddress(), server.adminPort(), admin, routes, null)));
  }

  private static List<HttpRoute> routes(Health health, MetricsPage metrics) {
    List<HttpRoute> routes = new ArrayList<>(health.routes());
    routes.add(
        new HttpRoute(
            "/observe/metrics",
            () -> new HttpRoute.Answer(200, metrics.contentType(), metrics.text())));
    return routes;
  }

  /** Counted and bounded as a data call is. */
  private ServerServiceDefinition control(BindableService service, Admission bound) {
    return ServerInterceptors.intercept(
        service.bindService(),
        RequestHeaders.interceptor(),
        new ControlCalls(bound, metrics, callLog));
  }

  /** Answered whatever the server's state: a probe asks for just that. */
  private static ServerServiceDefinition uncounted(BindableService service) {
    return service.bindService();
  }

  private static Set<String> names(List<ServerServiceDefinition> services) {
    return services.stream()
        .map(service -> service.getServiceDescriptor().getName())
        .collect(Collectors.toUnmodifiableSet());
  }

  private Plugins.Plugin controlPlugin(Plugins plugins) {
    String instance = config.control().backend();
    return plugins.processes(instance).stream()
        .filter(plugin -> plugin.roles().contains(PluginRole.PLUGIN_ROLE_PROCESSOR))
        .findFirst()
        .orElseThrow(
            () -> new IllegalArgumentException("no processor for control.backend " + instance));
  }

  /**
   * Refuses a control backend that forgets: sessions, configs and keys would go with its process.
   * The reader of the configuration can tell this of the types that it knows only.
   */
  private static void requireDurable(Plugins.Plugin control)
      throws PluginStartException, InterruptedException {
    control.awaitNext(0, System.nanoTime() + CONTROL_TIMEOUT.toNanos());
    InfoResponse info = control.info();
    if (info == null || !info.getCapabilitiesList().contains(DURABLE)) {
      throw new PluginStartException(
          "control.backend: the plugin of \""
              + control.instance()
              + "\" ("
              + control.type()
              + ") does not declare "
              + DURABLE
              + ": sessions, configs and keys would be lost");
    }
  }

  /** Where gRPC is served. */
  public int port() {
    return dataPort;
  }

  /** Where administration is served, over gRPC and HTTP; on loopback. */
  public int adminPort() {
    return adminPort;
  }

  /**
   * Takes no new call, waits for those in flight as long as the configuration allows, and ends the
   * plugins. Returns when nothing of the server is left.
   */
  @Override
  public void close() {
    if (!admission.drain(config.server().shutdownGrace())) {
      LOG.warn("{} calls did not end in time and are cut off", admission.inFlight());
    }
    for (AutoCloseable next = opened.poll(); next != null; next = opened.poll()) {
      try {
        next.close();
      } catch (Exception e) { // whatever it is: the rest is closed all the same
        LOG.error("{} could not be closed", next.getClass().getSimpleName(), e);
      }
    }
  }
}
