package dev.prism.proxy.admin;

import com.google.protobuf.Duration;
import dev.prism.admin.v1.AdminServiceGrpc;
import dev.prism.admin.v1.CreateApiKeyRequest;
import dev.prism.admin.v1.CreateApiKeyResponse;
import dev.prism.admin.v1.GetStatsRequest;
import dev.prism.admin.v1.GetStatsResponse;
import dev.prism.admin.v1.ListApiKeysRequest;
import dev.prism.admin.v1.ListApiKeysResponse;
import dev.prism.admin.v1.ListNamespacesRequest;
import dev.prism.admin.v1.ListNamespacesResponse;
import dev.prism.admin.v1.ListPluginsRequest;
import dev.prism.admin.v1.ListPluginsResponse;
import dev.prism.admin.v1.ListSessionsRequest;
import dev.prism.admin.v1.ListSessionsResponse;
import dev.prism.admin.v1.MethodStats;
import dev.prism.admin.v1.Namespace;
import dev.prism.admin.v1.PluginProcess;
import dev.prism.admin.v1.ProvisionRequest;
import dev.prism.admin.v1.ProvisionResponse;
import dev.prism.admin.v1.RevokeApiKeyRequest;
import dev.prism.admin.v1.RevokeApiKeyResponse;
import dev.prism.admin.v1.TerminateSessionRequest;
import dev.prism.admin.v1.TerminateSessionResponse;
import dev.prism.config.v1.RateLimitConfig;
import dev.prism.plugin.v1.InfoResponse;
import dev.prism.proxy.auth.ApiKeys;
import dev.prism.proxy.call.Times;
import dev.prism.proxy.config.ServerConfig;
import dev.prism.proxy.gate.Admission;
import dev.prism.proxy.metrics.MethodMetrics;
import dev.prism.proxy.metrics.ProxyMetrics;
import dev.prism.proxy.plugin.ProcessMemory;
import dev.prism.proxy.route.Plugins;
import dev.prism.proxy.session.SessionMessages;
import dev.prism.proxy.session.Sessions;
import io.grpc.stub.StreamObserver;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;

/**
 * AdminService (prism/admin/v1/admin.proto). Off the path of data calls; may block on the control
 * store.
 */
public final class AdminService extends AdminServiceGrpc.AdminServiceImplBase {
  private final ServerConfig config;
  private final String version;
  private final Sessions sessions;
  private final ApiKeys keys;
  private final Plugins plugins;
  private final ProxyMetrics metrics;
  private final Admission admission;
  private final InstantSource clock;
  private final Instant startedAt;
  private final Provisioning provisioning;

  /**
   * @param version the proxy's own
   */
  public AdminService(
      ServerConfig config,
      String version,
      Sessions sessions,
      ApiKeys keys,
      Plugins plugins,
      ProxyMetrics metrics,
      Admission admission,
      InstantSource clock) {
    this.config = config;
    this.version = version;
    this.sessions = sessions;
    this.keys = keys;
    this.plugins = plugins;
    this.metrics = metrics;
    this.admission = admission;
    this.clock = clock;
    startedAt = clock.instant();
    provisioning = new Provisioning(config, plugins);
  }

  @Override
  public void listSessions(
      ListSessionsRequest request, StreamObserver<ListSessionsResponse> responses) {
    var page =
        SessionMessages.page(
            sessions, request.getNamespace(), request.getPageSize(), request.getPageToken());
    answer(
        responses,
        ListSessionsResponse.newBuilder()
            .addAllSessions(page.entries())
            .setNextPageToken(page.next())
            .build());
  }

  @Override
  public void terminateSession(
      TerminateSessionRequest request, StreamObserver<TerminateSessionResponse> responses) {
    answer(
        responses,
        TerminateSessionResponse.newBuilder()
            .setExisted(sessions.terminate(request.getSessionId()))
            .build());
  }

  @Override
  public void listPlugins(
      ListPluginsRequest request, StreamObserver<ListPluginsResponse> responses) {
    ListPluginsResponse.Builder list = ListPluginsResponse.newBuilder();
    plugins.all().stream()
        .sorted(
            Comparator.comparing(Plugins.Plugin::instance)
                .thenComparingInt(Plugins.Plugin::process))
        .forEach(plugin -> list.addProcesses(process(plugin)));
    answer(responses, list.build());
  }

  private PluginProcess process(Plugins.Plugin plugin) {
    Plugins.Status status = plugin.status();
    PluginProcess.Builder process =
        PluginProcess.newBuilder()
            .setInstance(plugin.instance())
            .setProcess(plugin.process())
            .setBackendType(plugin.type())
            .setState(status.state())
            .setPid(status.pid())
            .setResidentMemoryBytes(status.residentBytes())
            .setCalls(metrics.pluginCalls(plugin).getLongValue())
            .setErrors(metrics.pluginErrors(plugin).getLongValue())
            .setRestarts(status.restarts())
            .setIncarnation(status.incarnation())
            .setLastFailure(status.lastFailure())
            .setInFlight(inFlight(plugin));
    if (!plugin.roles().equals(ServerConfig.Backend.ALL_ROLES)) {
      process.addAllRoles(plugin.roles());
    }
    Instant started = status.startedAt();
    if (started != null) {
      process.setUptime(since(started));
    }
    Instant failed = status.lastFailureAt();
    if (failed != null) {
      process.setLastFailureAt(Times.timestamp(failed));
    }
    InfoResponse info = status.info();
    if (info != null) {
      process.setVersion(info.getVersion()).addAllInterfaces(info.getInterfacesList());
    }
    return process.build();
  }

  private static int inFlight(Plugins.Plugin plugin) {
    Plugins.Incarnation live = plugin.live();
    return live == null ? 0 : live.link().stats().inFlight();
  }

  @Override
  public void listNamespaces(
      ListNamespacesRequest request, StreamObserver<ListNamespacesResponse> responses) {
    List<String> open = sessions.list().stream().map(session -> session.namespace()).toList();
    ListNamespacesResponse.Builder list = ListNamespacesResponse.newBuilder();
    config.namespaces().values().stream()
        .sorted(Comparator.comparing(ServerConfig.Namespace::name))
        .forEach(namespace -> list.addNamespaces(message(namespace, open)));
    answer(responses, list.build());
  }

  private Namespace message(ServerConfig.Namespace namespace, List<String> openSessions) {
    Namespace.Builder message =
        Namespace.newBuilder()
            .setName(namespace.name())
            .addAllBackends(
                namespace.backends().isEmpty() ? config.backends().keySet() : namespace.backends())
            .setSessions((int) openSessions.stream().filter(namespace.name()::equals).count());
    ServerConfig.RateLimit limit = namespace.rateLimit();
    if (limit != null) {
      message.setRateLimit(
          RateLimitConfig.newBuilder().setRps(limit.rps()).setBurst((int) limit.burst()));
    }
    return message.build();
  }

  @Override
  public void getStats(GetStatsRequest request, StreamObserver<GetStatsResponse> responses) {
    GetStatsResponse.Builder stats =
        GetStatsResponse.newBuilder()
            .setVersion(version)
            .setUptime(since(startedAt))
            .setPid(ProcessHandle.current().pid())
            .setResidentMemoryBytes(ProcessMemory.residentBytes(ProcessHandle.current().pid()))
            .setSessions(sessions.count())
            .setInFlight(admission.inFlight());
    for (MethodMetrics method : metrics.methods()) {
      long calls = method.calls();
      if (calls > 0) {
        stats.addMethods(
            MethodStats.newBuilder()
                .setMethod(method.method())
                .setCalls(calls)
                .setErrors(method.errors()));
      }
    }
    answer(responses, stats.build());
  }

  @Override
  public void createApiKey(
      CreateApiKeyRequest request, StreamObserver<CreateApiKeyResponse> responses) {
    ApiKeys.Created created =
        keys.create(
            request.getName(),
            request.getNamespacesList(),
            request.hasExpiresAt() ? Times.instant(request.getExpiresAt()) : null);
    answer(
        responses,
        CreateApiKeyResponse.newBuilder().setKey(created.text()).setApiKey(created.key()).build());
  }

  @Override
  public void listApiKeys(
      ListApiKeysRequest request, StreamObserver<ListApiKeysResponse> responses) {
    var page = keys.page(request.getNamespace(), request.getPageSize(), request.getPageToken());
    answer(
        responses,
        ListApiKeysResponse.newBuilder()
            .addAllKeys(page.entries())
            .setNextPageToken(page.next())
            .build());
  }

  @Override
  public void revokeApiKey(
      RevokeApiKeyRequest request, StreamObserver<RevokeApiKeyResponse> responses) {
    answer(
        responses,
        RevokeApiKeyResponse.newBuilder().setExisted(keys.revoke(request.getId())).build());
  }

  @Override
  public void provision(ProvisionRequest request, StreamObserver<ProvisionResponse> responses) {
    answer(responses, provisioning.provision(request));
  }

  private Duration since(Instant start) {
    return Times.message(java.time.Duration.between(start, clock.instant()));
  }

  private static <T> void answer(StreamObserver<T> responses, T response) {
    responses.onNext(response);
    responses.onCompleted();
  }
}
