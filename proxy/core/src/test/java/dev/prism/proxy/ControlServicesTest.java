package dev.prism.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.rpc.BadRequest;
import dev.prism.config.v1.BackendType;
import dev.prism.config.v1.ClientConfig;
import dev.prism.config.v1.ConfigServiceGrpc;
import dev.prism.config.v1.ConfigServiceGrpc.ConfigServiceBlockingStub;
import dev.prism.config.v1.ConfigSource;
import dev.prism.config.v1.DeleteConfigRequest;
import dev.prism.config.v1.GetConfigRequest;
import dev.prism.config.v1.ListConfigsRequest;
import dev.prism.config.v1.ListConfigsResponse;
import dev.prism.config.v1.RegisterConfigRequest;
import dev.prism.config.v1.RegisterSchemaRequest;
import dev.prism.config.v1.ValidateConfigRequest;
import dev.prism.grpc.Engine;
import dev.prism.proxy.config.ServerConfig;
import dev.prism.proxy.testing.Details;
import dev.prism.proxy.testing.InProcessPlugins;
import dev.prism.session.v1.BoundConfig;
import dev.prism.session.v1.CloseSessionRequest;
import dev.prism.session.v1.CreateSessionRequest;
import dev.prism.session.v1.CreateSessionResponse;
import dev.prism.session.v1.GetSessionRequest;
import dev.prism.session.v1.HeartbeatRequest;
import dev.prism.session.v1.Session;
import dev.prism.session.v1.SessionServiceGrpc;
import dev.prism.session.v1.SessionServiceGrpc.SessionServiceBlockingStub;
import dev.prism.status.Reason;
import dev.prism.type.v1.AccessPattern;
import dev.prism.type.v1.ConsistencyLevel;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.MetadataUtils;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** SessionService and ConfigService as clients see them. */
@Tag("conformance")
@Timeout(60)
class ControlServicesTest {
  @TempDir private Path data;

  private final InProcessPlugins plugins = new InProcessPlugins("mem", "control");
  private PrismServer server;
  private ManagedChannel channel;
  private SessionServiceBlockingStub sessions;
  private ConfigServiceBlockingStub configs;

  @BeforeEach
  void start() throws ServerStartException, InterruptedException {
    server = PrismServer.start(config(), plugins, "1.2.3");
    channel = NettyChannelBuilder.forAddress("127.0.0.1", server.port()).usePlaintext().build();
    sessions = SessionServiceGrpc.newBlockingStub(channel);
    configs = ConfigServiceGrpc.newBlockingStub(channel);
  }

  @AfterEach
  void stop() {
    channel.shutdownNow();
    server.close();
    plugins.close();
  }

  @Test
  void aSessionOfANamedConfigTellsWhatItGot() {
    CreateSessionResponse session = sessions.createSession(named("shared").build());

    assertThat(session.getSessionToken()).hasSize(43);
    assertThat(session.getNamespace()).isEqualTo("default");
    assertThat(session.getIdleTimeout().getSeconds()).isEqualTo(600);
    assertThat(session.getHeartbeatInterval().getSeconds()).isEqualTo(200);
    assertThat(session.getMaxMessageBytes()).isEqualTo(4 << 20);
    assertThat(session.getServerVersion()).isEqualTo("1.2.3");
    BoundConfig bound = session.getConfigs(0);
    assertThat(bound.getName()).isEqualTo("shared");
    assertThat(bound.getBackend()).isEqualTo("mem");
    assertThat(bound.getBackendType()).isEqualTo(BackendType.BACKEND_TYPE_MEMORY);
    assertThat(bound.getSource()).isEqualTo(ConfigSource.CONFIG_SOURCE_SERVER);
    assertThat(bound.getConsistency()).isEqualTo(ConsistencyLevel.CONSISTENCY_LEVEL_STRONG);
    assertThat(bound.getCapabilitiesList()).contains("TTL").isSorted();
  }

  @Test
  void theNamespaceIsTheRequestsElseTheConfigs() {
    assertThat(sessions.createSession(named("orders").build()).getNamespace()).isEqualTo("orders");
    assertThat(
            sessions.createSession(named("shared").setNamespace("orders").build()).getNamespace())
        .isEqualTo("orders");
    assertThat(
            sessions
                .createSession(named("shared").addAdditionalConfigNames("orders").build())
                .getNamespace())
        .isEqualTo("orders");
  }

  @Test
  void whatIsWrongWithTheRequestIsToldByField() {
    CreateSessionRequest request =
        CreateSessionRequest.newBuilder()
            .setClientId("x".repeat(129))
            .setClientVersion("x".repeat(65))
            .putMetadata("k", "x".repeat(4096))
            .addAllAdditionalConfigNames(java.util.Collections.nCopies(32, "shared"))
            .build();

    assertRefused(
        () -> sessions.createSession(request),
        Reason.FIELD_INVALID,
        "config",
        "client_id",
        "client_version",
        "metadata",
        "additional_config_names");
  }

  @Test
  void whatIsWrongWithAConfigIsToldByItsPlaceInTheRequest() {
    ClientConfig.Builder bad = keyValue("").setNamespace("orders").setValueType("acme.X");
    bad.getRateLimitBuilder().setRps(-1);

    assertRefused(
        () ->
            sessions.createSession(CreateSessionRequest.newBuilder().setInlineConfig(bad).build()),
        Reason.CONFIG_INVALID,
        "inline_config.rate_limit.rps",
        "inline_config.value_type");
    assertRefused(
        () -> sessions.createSession(named("orders").setNamespace("default").build()),
        Reason.CONFIG_NOT_FOUND);
    assertRefused(
        () ->
            sessions.createSession(
                CreateSessionRequest.newBuilder()
                    .setInlineConfig(keyValue("a").setNamespace("orders"))
                    .setNamespace("default")
                    .build()),
        Reason.CONFIG_INVALID,
        "inline_config.namespace");
    assertRefused(
        () -> sessions.createSession(named("shared").addAdditionalConfigNames("shared").build()),
        Reason.CONFIG_INVALID,
        "additional_config_names[0]");
    assertRefused(
        () ->
            sessions.createSession(
                CreateSessionRequest.newBuilder()
                    .setInlineConfig(keyValue(""))
                    .addAdditionalConfigNames("shared")
                    .build()),
        Reason.CONFIG_INVALID,
        "inline_config.name");
  }

  @Test
  void whatIsNotThereIsNotFound() {
    assertRefused(() -> sessions.createSession(named("nothing").build()), Reason.CONFIG_NOT_FOUND);
    assertRefused(
        () -> sessions.createSession(named("shared").setNamespace("nowhere").build()),
        Reason.NAMESPACE_NOT_FOUND);
    assertRefused(
        () -> sessions.createSession(named("shared").setNamespace("prism.control").build()),
        Reason.NAMESPACE_NOT_FOUND);
  }

  @Test
  void aSessionIsKeptAliveShownAndClosed() {
    CreateSessionResponse opened =
        sessions.createSession(
            named("shared").setClientId("billing").putMetadata("team", "a").build());
    SessionServiceBlockingStub own = with("prism-session", opened.getSessionToken());

    assertThat(own.heartbeat(HeartbeatRequest.getDefaultInstance()).getExpiresAt())
        .isEqualTo(opened.getExpiresAt());
    Session shown = own.getSession(GetSessionRequest.getDefaultInstance()).getSession();
    assertThat(shown.getSessionId()).isEqualTo(opened.getSessionId());
    assertThat(shown.getIdentity()).isEqualTo("anonymous");
    assertThat(shown.getClientId()).isEqualTo("billing");
    assertThat(shown.getMetadataMap()).containsEntry("team", "a");
    assertThat(shown.getConfigsList()).isEqualTo(opened.getConfigsList());
    own.closeSession(CloseSessionRequest.getDefaultInstance());

    assertRefused(
        () -> own.closeSession(CloseSessionRequest.getDefaultInstance()), Reason.SESSION_EXPIRED);
    assertRefused(
        () -> sessions.getSession(GetSessionRequest.getDefaultInstance()), Reason.SESSION_MISSING);
    assertRefused(
        () -> with("prism-session", "garbage").heartbeat(HeartbeatRequest.getDefaultInstance()),
        Reason.SESSION_INVALID);
  }

  @Test
  void aSessionKeepsTheVersionThatItWasOpenedWith() {
    configs.registerConfig(register(keyValue("mine").setVersion("1")));
    CreateSessionResponse opened = sessions.createSession(named("mine").build());

    configs.registerConfig(register(keyValue("mine").setVersion("2")));

    Session shown =
        with("prism-session", opened.getSessionToken())
            .getSession(GetSessionRequest.getDefaultInstance())
            .getSession();
    assertThat(shown.getConfigs(0).getVersion()).isEqualTo("1");
    assertThat(sessions.createSession(named("mine").build()).getConfigs(0).getVersion())
        .isEqualTo("2");
    assertRefused(
        () -> configs.deleteConfig(DeleteConfigRequest.newBuilder().setName("mine").build()),
        Reason.CONFIG_IN_USE);
  }

  @Test
  void configsAreListedInPagesAndFoundByName() {
    for (String name : List.of("b", "a", "c")) {
      configs.registerConfig(register(keyValue(name)));
    }

    ListConfigsResponse first =
        configs.listConfigs(ListConfigsRequest.newBuilder().setPageSize(3).build());
    ListConfigsResponse second =
        configs.listConfigs(
            ListConfigsRequest.newBuilder()
                .setPageSize(3)
                .setPageToken(first.getNextPageToken())
                .build());

    assertThat(first.getConfigsList())
        .extracting(entry -> entry.getConfig().getName())
        .containsExactly("a", "b", "c");
    assertThat(second.getConfigsList())
        .extracting(entry -> entry.getConfig().getName())
        .containsExactly("shared");
    assertThat(second.getNextPageToken()).isEmpty();
    assertThat(
            configs
                .getConfig(
                    GetConfigRequest.newBuilder().setName("shared").setNamespace("orders").build())
                .getConfig()
                .getConfig()
                .getNamespace())
        .isEqualTo("orders");
    assertRefused(
        () -> configs.listConfigs(ListConfigsRequest.newBuilder().setPageSize(1001).build()),
        Reason.FIELD_INVALID,
        "page_size");
    assertRefused(
        () -> configs.listConfigs(ListConfigsRequest.newBuilder().setPageToken("?").build()),
        Reason.FIELD_INVALID,
        "page_token");
    assertRefused(
        () -> configs.listConfigs(ListConfigsRequest.newBuilder().setNamespace("x").build()),
        Reason.NAMESPACE_NOT_FOUND);
  }

  @Test
  void whatIsWrongWithAConfigIsAnAnswerOfItsValidation() {
    assertThat(
            configs
                .validateConfig(
                    ValidateConfigRequest.newBuilder()
                        .setConfig(keyValue("").setPattern(AccessPattern.ACCESS_PATTERN_TRANSACT))
                        .build())
                .getViolationsList())
        .extracting(BadRequest.FieldViolation::getField)
        .containsExactly("pattern");
    assertThat(
            configs
                .validateConfig(ValidateConfigRequest.newBuilder().setConfig(keyValue("")).build())
                .getViolationsList())
        .isEmpty();
  }

  @Test
  void aSchemaThatIsNoneIsRefused() {
    assertRefused(
        () -> configs.registerSchema(RegisterSchemaRequest.getDefaultInstance()),
        Reason.FIELD_INVALID,
        "descriptors");
  }

  private static void assertRefused(Runnable call, Reason reason, String... fields) {
    StatusRuntimeException failure = catchThrowableOfType(StatusRuntimeException.class, call::run);
    com.google.rpc.Status status = StatusProto.fromThrowable(failure);
    assertThat(Details.reason(status)).isEqualTo(reason.name());
    assertThat(status.getCode()).isEqualTo(reason.code().getNumber());
    assertThat(fields(status)).containsExactlyInAnyOrder(fields);
  }

  private static List<String> fields(com.google.rpc.Status status) {
    return status.getDetailsList().stream()
        .filter(detail -> detail.is(BadRequest.class))
        .flatMap(
            detail -> {
              try {
                return detail.unpack(BadRequest.class).getFieldViolationsList().stream();
              } catch (com.google.protobuf.InvalidProtocolBufferException e) {
                throw new IllegalStateException(e);
              }
            })
        .map(BadRequest.FieldViolation::getField)
        .toList();
  }

  private SessionServiceBlockingStub with(String name, String value) {
    Metadata headers = new Metadata();
    headers.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), value);
    return sessions.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  private static CreateSessionRequest.Builder named(String config) {
    return CreateSessionRequest.newBuilder().setConfigName(config);
  }

  private static RegisterConfigRequest register(ClientConfig.Builder config) {
    return RegisterConfigRequest.newBuilder().setConfig(config).build();
  }

  private static ClientConfig.Builder keyValue(String name) {
    ClientConfig.Builder config =
        ClientConfig.newBuilder().setName(name).setPattern(AccessPattern.ACCESS_PATTERN_KEYVALUE);
    config.getBackendBuilder().setType(BackendType.BACKEND_TYPE_MEMORY).setName("mem");
    return config;
  }

  private ServerConfig config() {
    Map<String, ServerConfig.Backend> backends = new LinkedHashMap<>();
    for (String name : List.of("mem", "control")) {
      backends.put(
          name,
          new ServerConfig.Backend(
              name,
              "memory",
              new ServerConfig.Pool(4, Duration.ofSeconds(1)),
              Map.of(),
              Duration.ofMinutes(1)));
    }
    return new ServerConfig(
        new ServerConfig.Server(
            "127.0.0.1", 0, 0, false, 4 << 20, Duration.ofSeconds(5), Duration.ofSeconds(5)),
        new ServerConfig.Grpc(Engine.PRISM, null),
        new ServerConfig.Auth(false),
        new ServerConfig.Sessions(Duration.ofMinutes(10), Duration.ofHours(1), 100),
        new ServerConfig.Control("control"),
        data,
        backends,
        Map.of(
            "default",
            new ServerConfig.Namespace("default", List.of(), null),
            "orders",
            new ServerConfig.Namespace("orders", List.of("mem"), null)),
        Map.of(
            "shared",
            new ServerConfig.NamedConfig("shared", keyValue("shared").build()),
            "orders",
            new ServerConfig.NamedConfig(
                "orders", keyValue("orders").setNamespace("orders").build())));
  }
}
