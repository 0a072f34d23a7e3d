package dev.prism.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.Gson;
import com.google.protobuf.ByteString;
import dev.prism.config.v1.BackendType;
import dev.prism.keyvalue.v1.GetRequest;
import dev.prism.keyvalue.v1.KeyValueServiceGrpc.KeyValueServiceBlockingStub;
import dev.prism.keyvalue.v1.PutRequest;
import dev.prism.queue.v1.Message;
import dev.prism.queue.v1.PublishRequest;
import dev.prism.testservers.DynamoDbServer;
import dev.prism.testservers.GremlinServer;
import dev.prism.testservers.KafkaServer;
import dev.prism.testservers.NatsServer;
import dev.prism.testservers.PostgresServer;
import dev.prism.testservers.RedisServer;
import dev.prism.testservers.SelfSigned;
import dev.prism.type.v1.AccessPattern;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code ./prism dist} makes serves on a machine without Java, from wherever it is. */
@Tag("system")
class DistTest {
  /** With eight JVMs on a busy machine; two seconds on an idle one. */
  private static final Duration START_BOUND = Duration.ofSeconds(30);

  private static final String PASSWORD = "correct-horse-battery";

  /** Modules that jars name for what Prism does not do. */
  private static final Set<String> NOT_NEEDED =
      Set.of(
          "java.compiler", // Agrona's generator of code, annotations of annotation processors
          "java.desktop", // a point of PostgreSQL as one of AWT
          "jdk.net"); // HTTP/1 of httpcore, of which HPACK is used

  private static Path folder;
  private static Archive archive;

  @BeforeAll
  static void pack() throws Exception {
    folder = Prism.newDirectory("dist");
    archive = Archive.in(folder);
  }

  @AfterAll
  static void delete() throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }

  @Test
  void theCommandsOfTheReadmeWorkOnTheArchivesOwnJavaAlone() throws Exception {
    // Given
    Path java = archive.home.resolve("runtime/bin/java").toRealPath();
    try (Prism prism = Prism.upOf(archive.program(), Prism.newDirectory("dist-data"))) {
      // When
      Tools.Ended put = archive.end(prism.here("kv", "put", "greeting", "hello"));
      Tools.Ended get = archive.end(prism.here("kv", "get", "greeting"));
      Tools.Ended publish = archive.end(prism.here("queue", "publish", "orders", "two of those"));
      Tools.Ended subscribe =
          archive.end(
              prism.here("queue", "subscribe", "orders", "--group", "g", "--max", "1", "--raw"));

      // Then
      assertThat(List.of(put.status(), publish.status())).containsOnly(0);
      assertThat(get.out()).isEqualTo("hello");
      assertThat(subscribe.out()).contains("two of those");
      assertThat(prism.pluginPids()).hasSize(2);
      for (long pid : Stream.concat(Stream.of(prism.pid()), prism.pluginPids().stream()).toList()) {
        assertThat(Path.of("/proc/" + pid + "/exe").toRealPath()).isEqualTo(java);
      }
      System.out.printf("archive: ready after %d ms%n", prism.startTime().toMillis());
      assertThat(prism.startTime()).isLessThan(START_BOUND);
      assertThat(prism.terminate()).isZero();
    }
  }

  @Test
  void everyPluginServesItsBackendThroughTlsAndPasswordsToo() throws Exception {
    // Given
    SelfSigned.write(folder, "nats");
    String tls = "tls { cert_file: \"%s/nats.crt\", key_file: \"%1$s/nats.key\", timeout: 20 }\n";
    try (PostgresServer postgres = PostgresServer.secured(folder.resolve("postgres"), PASSWORD);
        RedisServer redis = RedisServer.secured(folder.resolve("redis"), PASSWORD, "~* &* +@all");
        KafkaServer kafka = KafkaServer.startSecured(folder.resolve("kafka"), "prism", PASSWORD);
        NatsServer nats = NatsServer.startOwn(tls.formatted(folder));
        DynamoDbServer dynamodb = DynamoDbServer.forTests(folder);
        GremlinServer neptune = GremlinServer.forTests(folder)) {
      Map<String, Map<String, String>> settings = new TreeMap<>();
      settings.put("memory", Map.of());
      settings.put("sqlite", Map.of());
      settings.put("postgres", settingsOf(postgres));
      settings.put("redis", settingsOf(redis));
      settings.put("kafka", settingsOf(kafka));
      settings.put("nats", settingsOf(nats));
      settings.put("dynamodb", dynamodb.settings());
      settings.put("neptune", Map.of("NEPTUNE_ENDPOINT", neptune.url()));
      assertThat(plugins()).isEqualTo(settings.keySet());

      // When
      try (Prism prism = up(settings)) {
        // Then
        assertThat(prism.pluginPids()).as(prism.log()).hasSameSizeAs(settings.keySet());
        for (BackendType backend :
            List.of(
                BackendType.BACKEND_TYPE_SQLITE,
                BackendType.BACKEND_TYPE_POSTGRES,
                BackendType.BACKEND_TYPE_REDIS,
                BackendType.BACKEND_TYPE_NATS,
                BackendType.BACKEND_TYPE_DYNAMODB)) {
          assertThat(putAndGet(prism, backend)).as(backend.name()).isEqualTo("value");
        }
        assertThat(
                QueueTrial.queue(prism, BackendType.BACKEND_TYPE_KAFKA)
                    .publish(
                        PublishRequest.newBuilder()
                            .setTopic("t")
                            .setMessage(
                                Message.newBuilder().setPayload(ByteString.copyFromUtf8("value")))
                            .build())
                    .getMessageId())
            .isNotEmpty();
      }
    }
  }

  @Test
  void itsJavaHasEveryModuleThatItsJarsName() throws Exception {
    // When
    Set<String> missing = archive.namedModules();

    // Then
    assertThat(missing).contains("java.net.http", "java.sql");
    missing.removeAll(archive.modules());
    assertThat(missing).isSubsetOf(NOT_NEEDED);
  }

  @Test
  void theStartUpCacheHoldsWhereItIsUnpacked() throws Exception {
    // When: a JVM that is told so ends where it cannot use its cache
    Tools.Ended version =
        Tools.end(
            folder,
            Map.of("PRISM_JAVA_OPTIONS", "-XX:AOTMode=on"),
            archive.home.resolve("prism").toString(),
            "version");

    // Then
    assertThat(version.status()).as(version.out() + version.err()).isZero();
    assertThat(archive.home.resolve("aot")).isDirectoryContaining("glob:**/sqlite.aot");
  }

  @Test
  void itHoldsTheProductAndNothingOfTests() throws Exception {
    // When
    List<String> files = archive.files().stream().map(Path::toString).toList();

    // Then
    assertThat(archive.home.getFileName().toString()).startsWith("prism-");
    assertThat(files).contains("prism", "LICENSE", "README.md", "docs/operations.md");
    assertThat(files)
        .noneMatch(
            file ->
                file.matches(
                    ".*(junit|assertj|-tests\\.jar|conformance|test-servers|system-tests|\\.log$).*"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"build", "test", "format", "dist"})
  void whatNeedsACheckoutSaysSo(String command) throws Exception {
    // When
    Tools.Ended ended = archive.end(command);

    // Then
    assertThat(ended.status()).isEqualTo(2);
    assertThat(ended.err())
        .isEqualTo("prism: %s needs a checkout of Prism: this is an unpacked archive%n", command);
  }

  @Test
  void theHarnessOfTheGatesIsInIt() throws Exception {
    // When
    Tools.Ended ended = archive.end("bench", "--help");

    // Then
    assertThat(ended.status()).as(ended.err()).isZero();
    assertThat(ended.out()).contains("--gate");
  }

  /** The types of the plugins that are in the archive. */
  private static Set<String> plugins() throws IOException {
    try (Stream<Path> found = Files.list(archive.home.resolve("plugins"))) {
      Set<String> types = new TreeSet<>();
      found.forEach(each -> types.add(each.getFileName().toString()));
      return types;
    }
  }

  /** Starts it with a backend of each type, called like it. */
  private static Prism up(Map<String, Map<String, String>> settings) throws IOException {
    Map<String, Map<String, ?>> backends = new HashMap<>();
    settings.forEach((type, its) -> backends.put(type, Map.of("type", type, "settings", its)));
    Map<String, ?> configuration =
        Map.of(
            "control", Map.of("backend", "sqlite"),
            "backends", backends,
            "namespaces", Map.of("default", Map.of()));
    Path config = Files.writeString(folder.resolve("prism.yaml"), new Gson().toJson(configuration));
    return Prism.upOf(
        archive.program(), Prism.newDirectory("dist-data"), "--config", config.toString());
  }

  private static Map<String, String> settingsOf(PostgresServer server) {
    return Map.of(
        "DATABASE_URL",
        server.url() + "?sslmode=verify-full&sslrootcert=" + server.certificate(),
        "DATABASE_PASSWORD",
        PASSWORD);
  }

  private static Map<String, String> settingsOf(RedisServer server) {
    return Map.of(
        "REDIS_URL", server.url(),
        "REDIS_USER", RedisServer.USER,
        "REDIS_PASSWORD", PASSWORD,
        "REDIS_TLS_CA_FILE", server.certificate().toString(),
        "REDIS_TLS_CERT_FILE", server.certificate().toString(),
        "REDIS_TLS_KEY_FILE", server.key().toString());
  }

  private static Map<String, String> settingsOf(KafkaServer server) {
    return Map.of(
        "KAFKA_BROKERS",
        server.addresses(),
        "KAFKA_SECURITY_PROTOCOL",
        "SASL_SSL",
        "KAFKA_SASL_MECHANISM",
        "PLAIN",
        "KAFKA_USERNAME",
        "prism",
        "KAFKA_PASSWORD",
        PASSWORD,
        "KAFKA_CA_FILE",
        KafkaServer.authority(folder.resolve("kafka")).toString());
  }

  private static Map<String, String> settingsOf(NatsServer server) {
    return Map.of(
        "NATS_URL", server.url().replace("nats:", "tls:"),
        "NATS_TLS_CA", folder.resolve("nats.crt").toString());
  }

  private static String putAndGet(Prism prism, BackendType backend) {
    KeyValueServiceBlockingStub values =
        prism.keyValueIn(
            prism.openSession(AccessPattern.ACCESS_PATTERN_KEYVALUE, backend).getSessionToken());
    values.put(
        PutRequest.newBuilder()
            .setCollection("dist")
            .setKey("key")
            .setValue(ByteString.copyFromUtf8("value"))
            .build());
    return values
        .get(GetRequest.newBuilder().setCollection("dist").setKey("key").build())
        .getItem()
        .getValue()
        .toStringUtf8();
  }
}
