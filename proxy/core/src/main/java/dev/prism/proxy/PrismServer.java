package dev.prism.proxy;

import dev.prism.admin.v1.PluginState;
import dev.prism.grpc.GrpcHost;
import dev.prism.grpc.HttpRoute;
import dev.prism.grpc.StandardServices;
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
import dev.prism.proxy.gate.Identify;
import dev.prism.proxy.gate.Policy;
import dev.prism.proxy.gate.RateLimits;
import dev.prism.proxy.gate.Resources;
import dev.prism.proxy.gate.SelectConfig;
import dev.prism.proxy.gate.SessionSlots;
import dev.prism.proxy.log.CallLog;
import dev.prism.proxy.metrics.MetricsPage;
import dev.prism.proxy.metrics.ProxyMetrics;
import dev.prism.proxy.plugin.PluginStartException;
import dev.prism.proxy.plugin.PluginSupervisor;
import dev.prism.proxy.route.MethodTable;
import dev.prism.proxy.route.Plugins;
import dev.prism.proxy.route.Router;
import dev.prism.proxy.service.ControlCalls;
import dev.prism.proxy.service.DataPlane;
import dev.prism.proxy.service.HostFailures;
import dev.prism.proxy.session.Session;
import dev.prism.proxy.session.SessionService;
import dev.prism.proxy.session.Sessions;
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
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A whole proxy. While it starts, its ports are open and every call is answered UNAVAILABLE; {@link #start} returns when
 * it serves. {@link #close} lets calls in flight finish, then stops the plugins.
 */
public final class PrismServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PrismServer.class);

  private static final String DATA = "data";
  private static final String ADMIN = "admin";

  /** A call holds a virtual thread, its request and its answer; more than this is a client that has gone wild. */
  private static final int MAX_IN_FLIGHT = 8192;

  /** Longer than any plugin takes to start, recovery of a large database included. */
  private static final Duration PLUGIN_START_LIMIT = Duration.ofSeconds(60);

  /** How long the control store may take for one operation, a restart of its plugin included. */
  private static final Duration CONTROL_TIMEOUT = Duration.ofSeconds(10);

  private final ServerConfig config;
  private final Admission admission = new Admission(MAX_IN_FLIGHT);
  private final ProxyMetrics metrics = new ProxyMetrics();
  private final CallLog callLog = new CallLog(System::nanoTime);

  /** What {@link #close} closes, the last one opened first. */
  private final Deque<AutoCloseable> opened = new ArrayDeque<>();

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
}
