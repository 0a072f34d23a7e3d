package dev.prism.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.tuple;

import com.google.protobuf.ByteString;
import dev.prism.admin.v1.AdminServiceGrpc;
import dev.prism.admin.v1.CreateApiKeyRequest;
import dev.prism.admin.v1.GetStatsRequest;
import dev.prism.admin.v1.ListApiKeysRequest;
import dev.prism.admin.v1.ListNamespacesRequest;
import dev.prism.admin.v1.ListPluginsRequest;
import dev.prism.admin.v1.ListSessionsRequest;
import dev.prism.admin.v1.MethodStats;
import dev.prism.admin.v1.Namespace;
import dev.prism.admin.v1.PluginProcess;
import dev.prism.admin.v1.PluginState;
import dev.prism.admin.v1.RevokeApiKeyRequest;
import dev.prism.admin.v1.TerminateSessionRequest;
import dev.prism.config.v1.BackendConfig;
import dev.prism.config.v1.BackendType;
import dev.prism.config.v1.ClientConfig;
import dev.prism.grpc.Engine;
import dev.prism.keyvalue.v1.GetRequest;
import dev.prism.keyvalue.v1.KeyValueServiceGrpc;
import dev.prism.keyvalue.v1.KeyValueServiceGrpc.KeyValueServiceBlockingStub;
import dev.prism.keyvalue.v1.PutRequest;
import dev.prism.keyvalue.v1.PutResponse;
import dev.prism.proxy.config.ServerConfig;
import dev.prism.proxy.testing.Details;
import dev.prism.proxy.testing.InProcessPlugins;
import dev.prism.proxy.testing.MetricTables;
import dev.prism.proxy.testing.ProbedLink;
import dev.prism.session.v1.CreateSessionRequest;
import dev.prism.session.v1.CreateSessionResponse;
import dev.prism.session.v1.SessionServiceGrpc;
import dev.prism.status.Reason;
import dev.prism.type.v1.AccessPattern;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The whole proxy on real ports, its plugins in this process. */
@Tag("conformance")
@Timeout(60)
class PrismServerTest {
  private static final int PUT = 2;

  @TempDir private Path data;

  private final InProcessPlugins plugins = new InProcessPlugins("mem", "control");
  private PrismServer server;
  private final List<ManagedChannel> channels = new ArrayList<>();
  private ManagedChannel channel;
  private ManagedChannel admin;

  @BeforeEach
  void start() throws ServerStartException, InterruptedException {
    server = PrismServer.start(config(false, 0), plugins, "1.2.3");
    channel = channel(server.port());
    admin = channel(server.adminPort());
  }

  @AfterEach
  void stop() {
    channels.forEach(ManagedChannel::shutdownNow);
    server.close();
    plugins.close();
  }

  @Test
  void aClientOpensASessionPutsAValueAndReadsIt() {
    KeyValueServiceBlockingStub kv = kv(open().getSessionToken());

    kv.put(
        PutRequest.newBuilder()
            .setCollection("c")
            .setKey("k")
            .setValue(ByteString.copyFromUtf8("v"))
            .build());

    assertThat(kv.get(get()).getItem().getValue().toStringUtf8()).isEqualTo("v");
  }

  @Test
  void sessionsAndValuesOutliveARestartOfTheProxy()
      throws ServerStartException, InterruptedException {
    String token = open().getSessionToken();
    kv(token).put(PutRequest.newBuilder().setCollection("c").setKey("k").build());
    server.close();

    server = PrismServer.start(config(false, 0), plugins, "1.2.3");
    channel = channel(server.port());

    assertThat(kv(token).get(get()).hasItem()).isTrue();
  }

  @Test
  void withApiKeysASessionNeedsOneAndARevokedOneEndsIt()
      throws ServerStartException, InterruptedException {
    server.close();
    server = PrismServer.start(config(true, 0), plugins, "1.2.3");
    channel = channel(server.port());
    var administration = AdminServiceGrpc.newBlockingStub(channel(server.adminPort()));
    assertThat(reason(failure(this::open))).isEqualTo(Reason.CREDENTIALS_MISSING.name());
    var key =
        administration.createApiKey(
            CreateApiKeyRequest.newBuilder().setName("ci").addNamespaces("default").build());
    String token =
        sessions("authorization", "Bearer " + key.getKey())
            .createSession(request())
            .getSessionToken();
    kv(token).get(get());

    administration.revokeApiKey(
        RevokeApiKeyRequest.newBuilder().setId(key.getApiKey().getId()).build());

    assertThat(reason(failure(() -> kv(token).get(get()))))
        .isEqualTo(Reason.SESSION_EXPIRED.name());
    assertThat(
            administration
                .listApiKeys(ListApiKeysRequest.getDefaultInstance())
                .getKeys(0)
                .hasRevokedAt())
        .isTrue();
  }

  @Test
  void anAdministratorSeesAndEndsSessions() {
    CreateSessionResponse session = open();
    var administration = AdminServiceGrpc.newBlockingStub(admin);
    assertThat(
            administration.listSessions(ListSessionsRequest.getDefaultInstance()).getSessionsList())
        .extracting(dev.prism.session.v1.Session::getSessionId)
        .containsExactly(session.getSessionId());

    administration.terminateSession(
        TerminateSessionRequest.newBuilder().setSessionId(session.getSessionId()).build());

    StatusRuntimeException refusal = failure(() -> kv(session.getSessionToken()).get(get()));
    assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
    assertThat(reason(refusal)).isEqualTo(Reason.SESSION_EXPIRED.name());
  }

  @Test
  void anAdministratorSeesPluginsNamespacesAndFigures() {
    kv(open().getSessionToken()).get(get());
    var administration = AdminServiceGrpc.newBlockingStub(admin);

    List<PluginProcess> processes =
        administration.listPlugins(ListPluginsRequest.getDefaultInstance()).getProcessesList();

    assertThat(processes).extracting(PluginProcess::getInstance).containsExactly("control", "mem");
    assertThat(processes.get(1).getState()).isEqualTo(PluginState.PLUGIN_STATE_READY);
    assertThat(processes.get(1).getCalls()).isEqualTo(1);
    assertThat(
            administration
                .listNamespaces(ListNamespacesRequest.getDefaultInstance())
                .getNamespacesList())
        .extracting(Namespace::getName, Namespace::getSessions)
        .containsExactly(tuple("default", 1));
    assertThat(administration.getStats(GetStatsRequest.getDefaultInstance()).getMethodsList())
        .extracting(MethodStats::getMethod)
        .contains(
            "prism.keyvalue.v1.KeyValueService/Get",
            "prism.session.v1.SessionService/CreateSession");
  }

  @Test
  void readinessFollowsThePlugins() throws IOException, InterruptedException {
    HealthGrpc.HealthBlockingStub health = HealthGrpc.newBlockingStub(channel);
    assertThat(http("/observe/health").statusCode()).isEqualTo(200);
    assertThat(health.check(HealthCheckRequest.getDefaultInstance()).getStatus())
        .isEqualTo(ServingStatus.SERVING);

    plugins.get("mem").kill();

    assertThat(http("/observe/health").statusCode()).isEqualTo(503);
    assertThat(http("/observe/health").body())
        .contains(
            "\"instance\":\"mem\",\"process\":0,\"type\":\"memory\",\"state\":\"RESTARTING\"");
    assertThat(http("/observe/health/live").statusCode()).isEqualTo(200);
    assertThat(health.check(HealthCheckRequest.getDefaultInstance()).getStatus())
        .isEqualTo(ServingStatus.NOT_SERVING);
  }

  @Test
  void whoWatchesTheHealthIsToldEachChangeAndTheEnd() throws Exception {
    // Given
    BlockingQueue<Object> told = new LinkedBlockingQueue<>();
    watch("", told);
    BlockingQueue<Object> ofNothing = new LinkedBlockingQueue<>();
    watch("no.such.Service", ofNothing);
    assertThat(told.poll(10, TimeUnit.SECONDS)).isEqualTo(ServingStatus.SERVING);
    assertThat(ofNothing.poll(10, TimeUnit.SECONDS)).isEqualTo(ServingStatus.SERVICE_UNKNOWN);

    // When
    plugins.get("mem").kill();

    // Then
    assertThat(told.poll(10, TimeUnit.SECONDS)).isEqualTo(ServingStatus.NOT_SERVING);
    long began = System.nanoTime();
    server.close();
    assertThat(told.poll(10, TimeUnit.SECONDS)).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(ofNothing.poll(10, TimeUnit.SECONDS)).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(5));
  }

  private void watch(String service, BlockingQueue<Object> told) {
    HealthGrpc.newStub(channel)
        .watch(
            HealthCheckRequest.newBuilder().setService(service).build(),
            new StreamObserver<>() {
              @Override
              public void onNext(HealthCheckResponse response) {
                told.add(response.getStatus());
              }

              @Override
              public void onError(Throwable failure) {
                told.add(Status.fromThrowable(failure).getCode());
              }

              @Override
              public void onCompleted() {
                told.add("completed");
              }
            });
  }

  @Test
  void theMetricsAreThoseOfTheirPage() throws IOException, InterruptedException {
    kv(open().getSessionToken()).get(get());

    String page = http("/observe/metrics").body();

    Map<String, String> exposed = MetricTables.exposed(page);
    Map<String, String> documented = MetricTables.documented();
    Set<String> ofPlugins =
        MetricTables.exposed(plugins.get("mem").metrics(System.nanoTime() + 5_000_000_000L))
            .keySet();
    assertThat(exposed).containsKeys(ofPlugins.toArray(String[]::new));
    exposed.keySet().removeIf(name -> ofPlugins.contains(name) && !documented.containsKey(name));
    assertThat(exposed).containsExactlyInAnyOrderEntriesOf(documented);
    assertThat(page.lines().filter(line -> line.startsWith("# TYPE "))).doesNotHaveDuplicates();
  }

  @Test
  void theOverheadsOfTheProxyAndOfPluginsHaveTheSameBuckets()
      throws IOException, InterruptedException {
    kv(open().getSessionToken()).get(get());

    String page = http("/observe/metrics").body();

    assertThat(bounds(page, "prism_request_overhead_seconds"))
        .contains("1.0E-4", "3.0E-4", "5.0E-4", "0.001")
        .isEqualTo(bounds(page, "prism_reply_seconds"))
        .isEqualTo(bounds(page, "prism_overhead_seconds"));
  }

  private static List<String> bounds(String page, String histogram) {
    return Pattern.compile("(?m)^" + histogram + "_bucket\\{.*\\ble=\"([^\"]+)\"")
        .matcher(page)
        .results()
        .map(bound -> bound.group(1))
        .distinct()
        .toList();
  }

  @Test
  void connectionsOfEachListenerAreCountedUntilTheyEnd() throws IOException, InterruptedException {
    kv(open().getSessionToken()).get(get());

    String during = http("/observe/metrics").body();

    assertThat(during.lines())
        .contains(
            "prism_connections{listener=\"admin\"} 0.0",
            "prism_connections{listener=\"data\"} 1.0");
    channel.shutdownNow();
    Set<String> gone =
        Set.of(
            "prism_connections{listener=\"data\"} 0.0",
            "prism_streams{listener=\"data\"} 0.0",
            "prism_output_bytes{listener=\"data\"} 0.0");
    while (http("/observe/metrics").body().lines().filter(gone::contains).count() < gone.size()) {
      Thread.onSpinWait(); // the server sees the end of a connection when it comes
    }
  }

  @Test
  void aPortInUseIsOneLineAndLeavesNothingBehind() {
    assertThatThrownBy(() -> PrismServer.start(config(false, server.port()), plugins, "1.2.3"))
        .isInstanceOf(ServerStartException.class)
        .hasMessage("port " + server.port() + " is in use");
  }

  @Test
  void aControlBackendThatForgetsIsRefused() {
    plugins.get("control").declareNotDurable();

    assertThatThrownBy(() -> PrismServer.start(config(false, 0), plugins, "1.2.3"))
        .isInstanceOf(ServerStartException.class)
        .hasMessage(
            "control.backend: the plugin of \"control\" (memory) does not declare DURABLE:"
                + " sessions, configs and keys would be lost");
  }

  @Test
  void closingFinishesACallInFlightAndRefusesNewOnes() throws Exception {
    // Given a put that is on its way to the plugin
    CountDownLatch underWay = new CountDownLatch(1);
    CountDownLatch released = new CountDownLatch(1);
    plugins
        .get("mem")
        .wrap(
            link ->
                new ProbedLink(
                    link,
                    header -> {
                      if (header.operation() == PUT) {
                        underWay.countDown();
                        await(released);
                      }
                    }));
    plugins.get("mem").restart();
    String token = open().getSessionToken();
    PutRequest request = PutRequest.newBuilder().setCollection("c").setKey("k").build();
    Future<PutResponse> put =
        KeyValueServiceGrpc.newFutureStub(
                ClientInterceptors.intercept(channel, header("prism-session", token)))
            .put(request);
    await(underWay);

    // When
    Thread closing = Thread.ofPlatform().start(server::close);
    StatusRuntimeException refusal = firstFailure(() -> kv(token).get(get()));
    boolean waits = closing.isAlive() && !put.isDone();
    released.countDown();
    closing.join();

    // Then
    assertThat(reason(refusal)).isEqualTo(Reason.SHUTTING_DOWN.name());
    assertThat(waits).isTrue();
    assertThat(put.get().getEtag()).isNotEmpty();
  }

  private CreateSessionResponse open() {
    return SessionServiceGrpc.newBlockingStub(channel).createSession(request());
  }

  private static CreateSessionRequest request() {
    return CreateSessionRequest.newBuilder()
        .setInlineConfig(
            ClientConfig.newBuilder()
                .setPattern(AccessPattern.ACCESS_PATTERN_KEYVALUE)
                .setBackend(
                    BackendConfig.newBuilder()
                        .setType(BackendType.BACKEND_TYPE_MEMORY)
                        .setName("mem")))
        .build();
  }

  private SessionServiceGrpc.SessionServiceBlockingStub sessions(String name, String value) {
    return SessionServiceGrpc.newBlockingStub(channel).withInterceptors(header(name, value));
  }

  private KeyValueServiceBlockingStub kv(String token) {
    return KeyValueServiceGrpc.newBlockingStub(
        ClientInterceptors.intercept(channel, header("prism-session", token)));
  }

  private static ClientInterceptor header(String name, String value) {
    Metadata headers = new Metadata();
    headers.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), value);
    return MetadataUtils.newAttachHeadersInterceptor(headers);
  }

  private static GetRequest get() {
    return GetRequest.newBuilder().setCollection("c").setKey("k").build();
  }

  private HttpResponse<String> http(String path) throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:" + server.adminPort() + path);
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
    }
  }

  private ManagedChannel channel(int port) {
    ManagedChannel made = NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
    channels.add(made);
    return made;
  }

  /** Of a call that is made until it fails. */
  private static StatusRuntimeException firstFailure(Runnable call) {
    StatusRuntimeException failure = null;
    while (failure == null) { // the test's own time limit ends it
      failure = failure(call);
    }
    return failure;
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static StatusRuntimeException failure(Runnable call) {
    return catchThrowableOfType(StatusRuntimeException.class, call::run);
  }

  private static String reason(StatusRuntimeException failure) {
    return Details.reason(StatusProto.fromThrowable(failure));
  }

  private ServerConfig config(boolean apiKeys, int port) {
    return new ServerConfig(
        new ServerConfig.Server(
            "127.0.0.1", port, 0, false, 4 << 20, Duration.ofSeconds(5), Duration.ofSeconds(5)),
        new ServerConfig.Grpc(Engine.PRISM, null),
        new ServerConfig.Auth(apiKeys),
        new ServerConfig.Sessions(Duration.ofMinutes(10), Duration.ofHours(1), 100),
        new ServerConfig.Control("control"),
        data,
        Map.of("mem", backend("mem"), "control", backend("control")),
        Map.of(
            "default",
            new ServerConfig.Namespace(
                "default",
                List.of(),
                null,
                false,
                List.of(),
                // Its metrics are there; it waits for a backend that never comes.
                List.of(new ServerConfig.Relay("outbox", "absent", "orders", "absent")))),
        Map.of());
  }

  private static ServerConfig.Backend backend(String name) {
    return new ServerConfig.Backend(
        name,
        "memory",
        new ServerConfig.Pool(4, Duration.ofSeconds(1)),
        Map.of(),
        Duration.ofMinutes(1));
  }
}
