package dev.prism.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.testservers.DynamoDbServer;
import dev.prism.testservers.NatsServer;
import dev.prism.testservers.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The examples are run as they stand there. */
@Tag("system")
class ExamplesTest {
  private static final Path EXAMPLES = Prism.HOME.resolve("examples");

  @BeforeAll
  static void build() throws Exception {
    Language.PYTHON.build();
  }

  @Test
  void ordersArriveOnNatsAndAreBilledOnce() throws Exception {
    // Given
    Path data = Prism.newDirectory("example-orders");
    String config = EXAMPLES.resolve("orders/prism.yaml").toString();
    try (NatsServer nats = NatsServer.startOwn("");
        Prism prism = Prism.up(Map.of("NATS_URL", nats.url()), data, "--config", config)) {
      createTables(data);
      String[] ids = {"o-1", "o-2", "o-3"};
      for (String id : ids) {
        assertThat(python(prism, "orders/place_order.py", "customer-7", "1250", id))
            .isEqualTo("placed " + id + "\n");
      }
      assertThat(python(prism, "orders/place_order.py", "customer-7", "1250", "o-1"))
          .as("a retry")
          .isEqualTo("placed o-1\n");
      Await.until(
          "all are carried to NATS",
          Duration.ofSeconds(20),
          () -> run(prism, "queue", "info", "orders", "--config", "shop-events").endsWith(" 4\n"));

      // When
      String billed = python(prism, "orders/billing.py");
      String event = "{\"order\": \"o-2\", \"customer\": \"customer-7\", \"cents\": 1250}";
      run(
          prism,
          "queue",
          "publish",
          "orders",
          event,
          "--header",
          "message-id=o-2",
          "--config",
          "shop-events");
      String again = python(prism, "orders/billing.py");

      // Then
      assertThat(billed.lines()).containsExactly("billed o-1", "billed o-2", "billed o-3");
      assertThat(again).isEqualTo("knew o-2\n");
      assertThat(
              run(
                  prism,
                  "query",
                  "bills",
                  "--sort",
                  "order_id",
                  "--columns",
                  "order_id,cents",
                  "--config",
                  "shop-rows"))
          .isEqualTo(
              """
              {"order_id":"o-1","cents":1250}
              {"order_id":"o-2","cents":1250}
              {"order_id":"o-3","cents":1250}
              """);
      assertThat(run(prism, "count", "orders", "--config", "shop-rows")).isEqualTo("3\n");
    }
  }

  @Test
  void oneProgramRunsOnThreeBackendsByTheNameOfItsConfig() throws Exception {
    // Given
    try (PostgresServer postgres = PostgresServer.start(Prism.newDirectory("postgres-server"));
        DynamoDbServer dynamo = DynamoDbServer.forTests(Prism.newDirectory("dynamodb-server"))) {
      Map<String, String> environment = new HashMap<>(dynamo.settings());
      environment.put("DATABASE_URL", postgres.url());
      String config = EXAMPLES.resolve("one-program/prism.yaml").toString();
      try (Prism prism =
          Prism.up(environment, Prism.newDirectory("example-notes"), "--config", config)) {
        // When
        List<String> outputs =
            List.of(
                python(prism, "one-program/notes.py", "notes-sqlite"),
                python(prism, "one-program/notes.py", "notes-postgres"),
                python(prism, "one-program/notes.py", "notes-dynamodb"));

        // Then
        assertThat(outputs)
            .containsOnly(
                """
                another has changed it: ABORTED
                it was changed once: True
                monday - write a proof
                tuesday - run it
                """);
      }
    }
  }

  private static void createTables(Path data) throws Exception {
    String url = "jdbc:sqlite:" + data.resolve("shop/shop.tables.default.db");
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      for (String sql : Files.readString(EXAMPLES.resolve("orders/tables.sql")).split(";")) {
        if (!sql.isBlank()) {
          statement.execute(sql);
        }
      }
    }
  }

  private static String python(Prism prism, String program, String... arguments)
      throws IOException, InterruptedException {
    String[] command = new String[2 + arguments.length];
    command[0] = Language.PYTHON.folder.resolve("venv/bin/python").toString();
    command[1] = EXAMPLES.resolve(program).toString();
    System.arraycopy(arguments, 0, command, 2, arguments.length);
    return Tools.run(
        Prism.HOME,
        Map.of("PRISM_ENDPOINT", prism.endpoint(), "PYTHONDONTWRITEBYTECODE", "1"),
        command);
  }

  private static String run(Prism prism, String... arguments) {
    try {
      Prism.Ended ended = Prism.run(prism.here(arguments));
      assertThat(ended.status()).as(ended.err()).isZero();
      return ended.out();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
