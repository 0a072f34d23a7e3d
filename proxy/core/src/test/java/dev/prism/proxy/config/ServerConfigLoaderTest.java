package dev.prism.proxy.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.prism.config.v1.BackendType;
import dev.prism.config.v1.ClientConfig;
import dev.prism.grpc.Engine;
import dev.prism.proxy.config.ConfigErrors.ConfigError;
import dev.prism.type.v1.AccessPattern;
import dev.prism.type.v1.ConsistencyLevel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ServerConfigLoaderTest {
  @TempDir Path directory;

  @Test
  void withoutAFileThereIsOneNamespaceOnSqliteAndMemoryBesideIt() throws Exception {
    ServerConfig config = ServerConfigLoader.load(null, Map.of(), Overrides.NONE);

    assertThat(config.server().listen()).isEqualTo("127.0.0.1");
    assertThat(config.server().port()).isEqualTo(8980);
    assertThat(config.server().adminPort()).isEqualTo(8981);
    assertThat(config.auth().apiKeys()).isFalse();
    assertThat(config.control().backend()).isEqualTo("sqlite");
    assertThat(config.data()).isEqualTo(Path.of("data"));
    assertThat(config.backends().keySet()).containsExactly("sqlite", "memory");
    assertThat(config.namespaces().keySet()).containsExactly("default");
    assertThat(config.configs().keySet())
        .containsExactlyInAnyOrder(
            "default",
            "memory",
            "queue",
            "memory-queue",
            "pubsub",
            "reader",
            "memory-reader",
            "transact");
    ClientConfig named = config.configs().get("default").config();
    assertThat(named.getPattern()).isEqualTo(AccessPattern.ACCESS_PATTERN_KEYVALUE);
    assertThat(named.getBackend().getType()).isEqualTo(BackendType.BACKEND_TYPE_SQLITE);
    assertThat(named.getConsistency().getLevel())
        .isEqualTo(ConsistencyLevel.CONSISTENCY_LEVEL_STRONG);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{ far: { type: dynamodb }, near: { type: sqlite } } | near",
        "{ far: { type: dynamodb }, it: { type: memory } }   | far",
      })
  void whatKeepsTheServersOwnStateIsTheSqliteThatIsThereOrElseTheDynamodb(
      String backends, String control) throws Exception {
    assertThat(load("backends: " + backends).control().backend()).isEqualTo(control);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "# nothing but a comment\n", "---\n", "server:\n", "null\n"})
  void anEmptyFileIsAsNone(String yaml) throws Exception {
    assertThat(load(yaml)).isEqualTo(ServerConfigLoader.load(null, Map.of(), Overrides.NONE));
  }

  @Test
  void theCommandLineCountsMoreThanTheFile() throws Exception {
    Path file = write("server: { port: 1, admin_port: 2, listen: 127.0.0.1 }\ndata: /a\n");

    ServerConfig config =
        ServerConfigLoader.load(
            file, Map.of(), new Overrides(0, 0, Path.of("/b"), "0.0.0.0", true));

    assertThat(config.server().port()).isZero();
    assertThat(config.server().adminPort()).isZero();
    assertThat(config.server().listen()).isEqualTo("0.0.0.0");
    assertThat(config.server().insecure()).isTrue();
    assertThat(config.data()).isEqualTo(Path.of("/b"));
  }

  @Test
  void theEngineIsPrismsOwnUnlessTheFileAsksForTheReference() throws Exception {
    ServerConfig config = load("grpc: { engine: helidon }");

    assertThat(config.grpc()).isEqualTo(new ServerConfig.Grpc(Engine.HELIDON, null));
    assertThat(load("").grpc()).isEqualTo(new ServerConfig.Grpc(Engine.PRISM, null));
  }

  @Test
  void everyErrorOfAFileIsToldAtOnceWithItsLine() throws Exception {
    List<ConfigError> errors =
        errors(
            """
            server:
              prot: 9000
              port: ninety
              default_deadline: 30
            sesions: {}
            backends:
              main: { type: sqlit }
            namespaces:
              default: { backends: [mian] }
            """);

    assertThat(errors).extracting(ConfigError::line).containsExactly(2, 3, 4, 5, 7, 9);
    assertThat(errors.get(0).toString())
        .contains("prism.yaml:2: unknown key server.prot; did you mean \"port\"?");
    assertThat(errors.get(1).message())
        .isEqualTo("server.port must be a whole number from 0 to 65535, not \"ninety\"");
    assertThat(errors.get(2).message()).contains("with a unit (ms, s, m, h, d)");
    assertThat(errors.get(3).message()).contains("did you mean \"sessions\"?");
    assertThat(errors.get(4).message()).contains("did you mean \"sqlite\"?");
    assertThat(errors.get(5).message()).contains("did you mean \"main\"?");
  }

  @Test
  void aKeyThatResemblesNothingIsAnsweredWithThoseThereAre() throws Exception {
    assertThat(errors("auth: { quux: 1 }").getFirst().message())
        .isEqualTo("unknown key auth.quux; known: api_keys");
  }

  @Test
  void aKeyTwiceIsAnErrorThatNamesTheFirst() throws Exception {
    List<ConfigError> errors = errors("server:\n  port: 1\n  port: 2\n");

    assertThat(errors)
        .containsExactly(
            new ConfigError(
                file().toString(), 3, "server.port is there twice; the first is at line 2"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "server: 1                              | server must hold keys and values",
        "server: [a]                            | server must hold keys and values",
        "[a, b]                                 | the file must hold keys and values",
        "server: { port: 65536 }                | from 0 to 65535",
        "server: { port: -1 }                   | from 0 to 65535",
        "server: { port: 99999999999999999999 } | from 0 to 65535",
        "server: { port: '80' }                 | a whole number",
        "server: { port: 1.5 }                  | a whole number",
        "server: { port: }                      | server.port needs a value",
        "server: { port: [1] }                  | server.port needs a value",
        "server: { port: 7, admin_port: 7 }     | are both 7",
        "server: { insecure: yes }              | true or false",
        "server: { max_message_bytes: 65MiB }   | a size from",
        "server: { max_message_bytes: 1KiB }    | a size from",
        "server: { default_deadline: 0ms }      | a time from 1ms to 1h",
        "server: { shutdown_grace: 301s }       | a time from 0s to 5m",
        "server: { default_deadline: 5 s }      | with a unit",
        "server: { listen: '' }                 | must be an address",
        "server: { listen: no.such.host.invalid } | no address of this machine",
        "grpc: { engine: netty }                | is prism or helidon, not",
        "grpc: { engine: helidon, tls: { certificate: /a, key: /b } } | in the clear and on loopback",
        "grpc: { tls: { certificate: /no/such } }           | cannot read /no/such",
        "grpc: { tls: { key: /etc/hostname } }              | needs both certificate and key",
        "auth: { api_keys: 1 }                  | true or false",
        "sessions: { max: 0 }                   | from 1 to 1000000",
        "backends: {}                           | must name at least one",
        "backends: { Main: { type: sqlite } }   | must have 1 to 63 characters",
        "backends: { a-: { type: sqlite } }     | must have 1 to 63 characters",
        "backends: { a: { pool: { size: 4 } } } | backends.a.type is needed",
        "backends: { a: { type: sqlite, pool: { size: 65 } } } | from 1 to 64",
        "backends: { a: { type: memory } }      | control.backend is needed",
        "control: { backend: memory }           | does not keep values durably",
        "control: { backend: sqlit }            | did you mean \"sqlite\"?",
        "namespaces: { prism.control: {} }      | must have 1 to 63 characters",
        "namespaces: { a: { rate_limit: { burst: 5 } } }        | rate_limit.rps is needed",
        "namespaces: { a: { rate_limit: { rps: 0 } } }          | rate_limit.rps must be",
        "namespaces: { a: { rate_limit: { rps: .nan } } }       | rate_limit.rps must be",
        "namespaces: { a: { backends: sqlite } }                | must be a list",
        "configs: { a: { pattern: KEYVALU, backend: { type: SQLITE } } } | did you mean KEYVALUE?",
        "configs: { a: { backend: { type: SQLITE } } }          | configs.a.pattern must be one of",
        "configs: { a: { pattern: KEYVALUE } }                  | configs.a.backend.type is needed",
        "configs: { a: { pattern: KEYVALUE, backend: { type: REDIS } } } | has no redis backend",
        "configs: { a: { pattern: KEYVALUE, backend: { type: SQLITE, name: memory } } } | is of type memory",
        "configs: { a: { pattern: KEYVALUE, backend: { type: SQLITE }, namespace: x } } | there is no namespace",
        "configs: { a: { pattern: KEYVALUE, backend: { type: SQLITE }, cache: { enabled: true } } } | no cache",
        "configs: { a: { pattern: KEYVALUE, backend: { type: SQLITE, options: { url: x } } } } | may choose",
        "configs: { a: { name: b } }                            | unknown key configs.a.name",
        "configs: { a: { consistency: { level: STRONGER } } }   | did you mean STRONG?",
        "data: \"a\\0b\"                        | data is not a path",
        "server: !custom { port: 1 }            | tags such as !custom",
        "? [a]\\n: b                            | must be a word",
      })
  void whatIsWrongIsSaid(String yaml, String message) throws Exception {
    List<ConfigError> errors = errors(yaml.replace("\\n", "\n"));

    assertThat(errors).extracting(ConfigError::message).anyMatch(each -> each.contains(message));
    assertThat(errors).allSatisfy(error -> assertThat(error.line()).isPositive());
  }

  @Test
  void aViolationOfANamedConfigIsToldAtItsField() throws Exception {
    List<ConfigError> errors =
        errors(
            """
            configs:
              a:
                pattern: KEYVALUE
                backend:
                  type: SQLITE
                  pool:
                    max_in_flight: 99
                consistency:
                  level: STRONG
                  max_staleness: 5s
                rate_limit:
                  rps: 0
            """);

    assertThat(errors).extracting(ConfigError::line).containsExactly(7, 10, 12);
  }

  @Test
  void textThatIsNoYamlIsToldWithItsLine() throws Exception {
    assertThat(errors("server:\n  port: [1\n").getFirst().line()).isPositive();
    assertThat(errors("server:\n\tport: 1\n").getFirst().toString()).contains(":2: not YAML");
    assertThat(errors("a: &a [*a, *b]\n").getFirst().message()).startsWith("not YAML");
    assertThat(errors("--- {}\n--- {}\n").getFirst().message()).contains("second document");
  }

  @Test
  void aFileThatCannotBeReadIsNamed() throws Exception {
    Path missing = directory.resolve("missing.yaml");
    Path latin = Files.write(directory.resolve("latin.yaml"), new byte[] {'a', ':', (byte) 0xe9});

    assertThat(errors(missing).toString()).contains("missing.yaml: there is no such file");
    assertThat(errors(latin).toString()).contains("latin.yaml: the file is not UTF-8 text");
    assertThat(errors(directory).toString()).contains("cannot be read");
  }

  @Test
  void variablesComeFromTheEnvironment() throws Exception {
    Path file =
        write(
            """
            server: { port: "${PORT}", admin_port: "${ADMIN:-77}" }
            backends:
              a:
                type: sqlite
                settings: { URL: "x://${USER}:${PASSWORD:-}@h", PRICE: "$${5}", EMPTY: "${NONE}" }
            """);

    ServerConfig config =
        ServerConfigLoader.load(
            file, Map.of("PORT", "66", "USER", "u$1", "NONE", ""), Overrides.NONE);

    assertThat(config.server().port()).isEqualTo(66);
    assertThat(config.server().adminPort()).isEqualTo(77);
    assertThat(config.backends().get("a").settings())
        .containsExactly(
            Map.entry("URL", "x://u$1:@h"), Map.entry("PRICE", "${5}"), Map.entry("EMPTY", ""));
  }

  @Test
  void aMissingVariableIsAnErrorAtItsLine() throws Exception {
    List<ConfigError> errors =
        errors("backends:\n  a:\n    type: sqlite\n    settings:\n      A: ${NOT_SET}\n");

    assertThat(errors).hasSize(1);
    assertThat(errors.getFirst().line()).isEqualTo(5);
    assertThat(errors.getFirst().message()).contains("the environment has no NOT_SET");
  }

  @Test
  void whatAVariableHoldsIsNeverRepeated() throws Exception {
    Path file = write("server: { port: \"${SECRET}\" }\n");

    ConfigErrors errors =
        catchThrowableOfType(
            ConfigErrors.class,
            () -> ServerConfigLoader.load(file, Map.of("SECRET", "hunter2"), Overrides.NONE));

    assertThat(errors.getMessage()).contains("server.port").doesNotContain("hunter2");
  }

  @Test
  void aSettingThatEndsInFileIsReadFromThatFile() throws Exception {
    Files.writeString(directory.resolve("secret"), "s3cret\n");

    ServerConfig config =
        load("backends: { a: { type: sqlite, settings: { PASSWORD_FILE: secret } } }");

    assertThat(config.backends().get("a").settings())
        .containsExactly(Map.entry("PASSWORD", "s3cret"));
  }

  @Test
  void theKeyOfCursorsIsTheAdministratorsToSet() throws Exception {
    Files.writeString(directory.resolve("secret"), "s3cret\n");

    ServerConfig config =
        load("backends: { a: { type: sqlite, settings: { PRISM_CURSOR_KEY_FILE: secret } } }");

    assertThat(config.backends().get("a").settings())
        .containsExactly(Map.entry("PRISM_CURSOR_KEY", "s3cret"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{ PASSWORD_FILE: nowhere }            | there is no file",
        "{ PASSWORD_FILE: big }                | is over 65536 bytes",
        "{ PASSWORD: a, PASSWORD_FILE: small } | is given both here and as PASSWORD_FILE",
        "{ password: a }                       | must be in capitals",
        "{ PRISM_DATA_DIR: a }                 | are the server's to set",
        "{ URL: '${1A}' }                      | is not a variable's name",
      })
  void aSettingThatCannotBeIsSaid(String settings, String message) throws Exception {
    Files.writeString(directory.resolve("small"), "x");
    Files.write(directory.resolve("big"), new byte[65_537]);

    assertThat(errors("backends: { a: { type: sqlite, settings: " + settings + " } }"))
        .extracting(ConfigError::message)
        .anyMatch(each -> each.contains(message));
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0", "::", "10.1.2.3"})
  void listeningWhereOthersReachItNeedsAuthenticationOrInsecure(String address) throws Exception {
    String server = "server: { listen: \"" + address + "\"";

    assertThat(errors(server + " }").getFirst().message()).contains("--insecure");
    assertThat(load(server + ", insecure: true }").server().listen()).isEqualTo(address);
    assertThat(load(server + " }\nauth: { api_keys: true }").auth().apiKeys()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "127.1.2.3", "::1", "localhost"})
  void loopbackNeedsNoAuthentication(String address) throws Exception {
    assertThat(load("server: { listen: \"" + address + "\" }").server().listen())
        .isEqualTo(address);
  }

  @Test
  void anErrorOfTheCommandLineSaysSo() {
    ConfigErrors errors =
        catchThrowableOfType(
            ConfigErrors.class,
            () ->
                ServerConfigLoader.load(
                    null, Map.of(), new Overrides(70_000, null, null, "0.0.0.0", false)));

    assertThat(errors.errors())
        .extracting(ConfigError::source)
        .containsExactly("command line", "command line");
  }

  @Test
  void aThirdPartysBackendIsOfTypeCustom() throws Exception {
    ServerConfig config =
        load(
            """
            backends: { main: { type: sqlite }, ours: { type: acme-store } }
            configs: { a: { pattern: KEYVALUE, backend: { type: CUSTOM, name: ours } } }
            """);

    assertThat(config.backends().get("ours").type()).isEqualTo("acme-store");
    assertThat(config.configs().get("a").config().getBackend().getType())
        .isEqualTo(BackendType.BACKEND_TYPE_CUSTOM);
  }

  @Test
  void aNamedConfigSaysAllThatTheContractCan() throws Exception {
    ClientConfig config =
        load("""
                configs:
                  a:
                    version: "3"
                    pattern: keyvalue
                    namespace: default
                    backend: { type: SQLITE, name: sqlite, pool: { max_in_flight: 2, acquire_timeout: 1s } }
                    consistency: { level: BOUNDED_STALENESS, timeout_ms: 250, max_staleness: 1500ms }
                    rate_limit: { rps: 2.5, burst: 7 }
                    value_type: acme.User
                """)
            .configs()
            .get("a")
            .config();

    assertThat(config.getName()).isEqualTo("a");
    assertThat(config.getVersion()).isEqualTo("3");
    assertThat(config.getPattern()).isEqualTo(AccessPattern.ACCESS_PATTERN_KEYVALUE);
    assertThat(config.getBackend().getPool().getMaxInFlight()).isEqualTo(2);
    assertThat(config.getBackend().getPool().getAcquireTimeout().getSeconds()).isEqualTo(1);
    assertThat(config.getConsistency().getTimeoutMs()).isEqualTo(250);
    assertThat(config.getConsistency().getMaxStaleness().getNanos()).isEqualTo(500_000_000);
    assertThat(config.getRateLimit().getRps()).isEqualTo(2.5);
    assertThat(config.getRateLimit().getBurst()).isEqualTo(7);
    assertThat(config.getValueType()).isEqualTo("acme.User");
  }

  @Test
  void limitsAndTimesAreRead() throws Exception {
    ServerConfig config =
        load(
            """
            server: { max_message_bytes: 1MiB, default_deadline: 5s, shutdown_grace: 0ms }
            sessions: { idle_timeout: 90s, lifetime: 7d, max: 5 }
            backends: { a: { type: sqlite, pool: { size: 9, acquire_timeout: 250ms }, restart_stalled_after: 2m } }
            namespaces: { n: { backends: [a], rate_limit: { rps: 0.5 } } }
            """);

    assertThat(config.server().maxMessageBytes()).isEqualTo(1 << 20);
    assertThat(config.server().shutdownGrace()).isZero();
    assertThat(config.sessions())
        .isEqualTo(new ServerConfig.Sessions(Duration.ofSeconds(90), Duration.ofDays(7), 5));
    assertThat(config.backends().get("a").pool())
        .isEqualTo(new ServerConfig.Pool(9, Duration.ofMillis(250)));
    assertThat(config.backends().get("a").restartStalledAfter()).isEqualTo(Duration.ofMinutes(2));
    assertThat(config.namespaces().get("n").rateLimit())
        .isEqualTo(new ServerConfig.RateLimit(0.5, 1));
    assertThat(config.configs()).isEmpty();
  }

  private Path file() {
    return directory.resolve("prism.yaml");
  }

  private Path write(String yaml) throws Exception {
    return Files.write(file(), yaml.getBytes(StandardCharsets.UTF_8));
  }

  private ServerConfig load(String yaml) throws Exception {
    return ServerConfigLoader.load(write(yaml), Map.of(), Overrides.NONE);
  }

  private List<ConfigError> errors(String yaml) throws Exception {
    return errors(write(yaml));
  }

  private static List<ConfigError> errors(Path file) {
    ConfigErrors errors =
        catchThrowableOfType(
            ConfigErrors.class, () -> ServerConfigLoader.load(file, Map.of(), Overrides.NONE));
    assertThat(errors).isNotNull();
    return errors.errors();
  }
}
