package dev.prism.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.grpc.Implementation;
import dev.prism.grpc.InteropService;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Clients made with each language's usual gRPC library call Prism and gRPC's own test service. */
@Tag("system")
class ClientsTest {
  private static final String CONFIGURATION =
      """
      backends:
        files: {type: sqlite}
        stopped: {type: memory, restart_stalled_after: 1d}
      configs:
        default: {pattern: KEYVALUE, backend: {type: SQLITE}}
        queue: {pattern: QUEUE, backend: {type: SQLITE}}
        reader: {pattern: READER, backend: {type: SQLITE}}
        transact: {pattern: TRANSACT, backend: {type: SQLITE}}
        stopped: {pattern: KEYVALUE, backend: {type: MEMORY}}
        impatient: {pattern: KEYVALUE, backend: {type: MEMORY}, consistency: {timeout_ms: 300}}
      """;

  private static Prism prism;
  private static long stopped;
  private static Map<String, String> sessions;

  @BeforeAll
  static void startPrismAndStopABackend() throws Exception {
    Path data = Prism.newDirectory("clients");
    Path file = Files.writeString(Prism.newDirectory("clients").resolve("c.yaml"), CONFIGURATION);
    prism = Prism.up(data, "--config", file.toString());
    sessions =
        Map.of(
            "STOPPED_SESSION", prism.openSession("stopped"),
            "IMPATIENT_SESSION", prism.openSession("impatient"),
            "QUEUE_SESSION", prism.openSession("queue"),
            "READER_SESSION", prism.openSession("reader"),
            "TRANSACT_SESSION", prism.openSession("transact"));
    createTable(data.resolve("files/files.tables.default.db"));
    stopped = prism.plugin("stopped").getPid();
    Signals.send("STOP", stopped);
  }

  private static void createTable(Path file) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      statement.execute(
          "CREATE TABLE clients (owner TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (owner, n))");
    }
  }

  @AfterAll
  static void end() throws Exception {
    if (stopped != 0) {
      Signals.send("CONT", stopped); // ended by force otherwise, seconds later
    }
    prism.close();
  }

  @ParameterizedTest(name = "{0}")
  @EnumSource
  void everyKindOfAnswerOfPrismReachesTheClient(Language language) throws Exception {
    // Given
    language.build();

    // When
    List<String> steps = steps(language, "prism", prism.endpoint());

    // Then
    assertThat(steps)
        .containsExactly(
            "session",
            "put and get",
            "scan",
            "error details",
            "deadline",
            "deadline of the server",
            "cancel",
            "4 MiB");
    Await.until(
        "none of the client's calls is left at the proxy",
        Duration.ofSeconds(10),
        ClientsTest::isIdle);
  }

  @ParameterizedTest(name = "{0}")
  @EnumSource
  void messagesAreStreamedInBothDirections(Language language) throws Exception {
    // Given
    language.build();

    // When
    List<String> steps = steps(language, "queue", prism.endpoint());

    // Then
    assertThat(steps).containsExactly("publish stream", "consume");
  }

  @ParameterizedTest(name = "{0}")
  @EnumSource
  void rowsAreWrittenInATransactionAndReadInPages(Language language) throws Exception {
    // Given
    language.build();

    // When
    List<String> steps = steps(language, "rows", prism.endpoint());

    // Then
    assertThat(steps).containsExactly("transaction", "read");
  }

  @ParameterizedTest(name = "{0} on {1}")
  @MethodSource("clientsAndHosts")
  void everyCallTypeIsServed(Language language, Implementation host) throws Exception {
    // Given
    language.build();
    try (Implementation.Running server = host.start(null, List.of(InteropService.definition()))) {
      // When
      List<String> steps = steps(language, "testservice", "127.0.0.1:" + server.port());

      // Then
      assertThat(steps)
          .containsExactly("unary", "client streaming", "server streaming", "bidirectional");
    }
  }

  static Stream<Arguments> clientsAndHosts() {
    return Arrays.stream(Language.values())
        .flatMap(
            language ->
                Arrays.stream(Implementation.values()).map(host -> Arguments.of(language, host)));
  }

  private static boolean isIdle() {
    try {
      return prism.metrics().lines().anyMatch("prism_requests_in_flight 0.0"::equals);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Runs a client; what it prints are the steps that went well. */
  private static List<String> steps(Language language, String set, String endpoint)
      throws Exception {
    Language.Command command = language.command(set, endpoint);
    Map<String, String> environment = new HashMap<>(command.environment());
    environment.putAll(sessions);
    return Tools.run(Tools.FOLDER, environment, command.line().toArray(String[]::new))
        .lines()
        .toList();
  }
}
