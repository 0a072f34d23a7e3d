package dev.prism.proxy.testing;

import dev.prism.config.v1.BackendType;
import dev.prism.config.v1.ClientConfig;
import dev.prism.config.v1.ConfigSource;
import dev.prism.grpc.Engine;
import dev.prism.grpc.GrpcHost;
import dev.prism.grpc.engine.Limits;
import dev.prism.proxy.auth.Principal;
import dev.prism.proxy.config.ServerConfig;
import dev.prism.proxy.gate.Admission;
import dev.prism.proxy.gate.Authenticate;
import dev.prism.proxy.gate.Gate;
import dev.prism.proxy.gate.Policy;
import dev.prism.proxy.gate.RateLimits;
import dev.prism.proxy.gate.Resources;
import dev.prism.proxy.gate.SelectConfig;
import dev.prism.proxy.log.CallLog;
import dev.prism.proxy.metrics.ProxyMetrics;
import dev.prism.proxy.route.MethodTable;
import dev.prism.proxy.route.Router;
import dev.prism.proxy.service.DataPlane;
import dev.prism.proxy.service.HostFailures;
import dev.prism.proxy.session.BoundConfig;
import dev.prism.proxy.session.Sessions;
import dev.prism.proxy.store.ControlStore;
import dev.prism.type.v1.AccessPattern;
import dev.prism.type.v1.ConsistencyLevel;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

/**
 * The data plane on a real port with a memory plugin in this process, sessions opened without a
 * service.
 */
public final class DataPlaneHarness implements AutoCloseable {
  public static final String INSTANCE = "mem";
  public static final int MAX_MESSAGE = 1 << 20;

  public final InProcessPlugins plugins = new InProcessPlugins(INSTANCE, "control");
  public final ProxyMetrics metrics = new ProxyMetrics();
  public final Admission admission = new Admission(100);
  public final Sessions sessions =
      new Sessions(
          new ServerConfig.Sessions(Duration.ofMinutes(1), Duration.ofHours(1), 100),
          new ControlStore(plugins.get("control"), Duration.ofSeconds(5)),
          InstantSource.system(),
          System::nanoTime);
  public final GrpcHost host;
  public final ManagedChannel channel;

  /** With a limit for namespace {@code limited}: one call an hour. */
  public DataPlaneHarness() throws IOException {
    admission.open();
    CallLog log = new CallLog(System::nanoTime);
    Gate gate =
        new Gate(
            admission,
            new Authenticate(sessions::authenticate),
            new SelectConfig(Duration.ofSeconds(2)),
            new RateLimits(
                Map.of(
                    "limited",
                    new ServerConfig.Namespace(
                        "limited", List.of(), new ServerConfig.RateLimit(1 / 3600.0, 1))),
                metrics.rateLimited("session"),
                metrics.rateLimited("namespace"),
                System::nanoTime),
            new Resources(Policy.WHOLE_NAMESPACE));
    DataPlane plane = new DataPlane(gate, new Router(plugins, metrics), metrics, log);
    host =
        GrpcHost.start(
            new GrpcHost.Settings(
                Engine.PRISM,
                MAX_MESSAGE,
                new HostFailures(metrics, log),
                Limits.DEFAULT,
                metrics::replied),
            List.of(
                new GrpcHost.Socket(
                    "data",
                    InetAddress.getLoopbackAddress(),
                    0,
                    plane.services(MethodTable.ofContract()),
                    List.of(),
                    null)));
    channel = NettyChannelBuilder.forAddress("127.0.0.1", host.port("data")).usePlaintext().build();
  }

  /** Opens a session with one config; returns its token. */
  public String session(String namespace, UnaryOperator<BoundConfig> change) {
    BoundConfig config =
        new BoundConfig(
            "kv",
            "1",
            ClientConfig.getDefaultInstance(),
            ConfigSource.CONFIG_SOURCE_INLINE,
            AccessPattern.ACCESS_PATTERN_KEYVALUE,
            namespace,
            INSTANCE,
            BackendType.BACKEND_TYPE_MEMORY,
            List.of(),
            ConsistencyLevel.CONSISTENCY_LEVEL_STRONG,
            0,
            0,
            0,
            0,
            null);
    return sessions
        .open(
            Principal.ANONYMOUS,
            new Sessions.Opening(
                namespace, List.of(change.apply(config)), "test", "0", Map.of(), ""))
        .token();
  }

  @Override
  public void close() {
    channel.shutdownNow();
    try {
      channel.awaitTermination(5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    host.close();
    sessions.close();
    plugins.close();
  }
}
