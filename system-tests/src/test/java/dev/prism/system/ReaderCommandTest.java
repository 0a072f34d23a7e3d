package dev.prism.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@code ./prism read}, {@code query} and {@code count} as people and scripts use them. */
@Tag("system")
class ReaderCommandTest {
  private static final int MANY = 500_000;

  private static Prism prism;

  @BeforeAll
  static void start() throws Exception {
    Path data = Prism.newDirectory("reader-command");
    prism = Prism.up(data);
    String url = "jdbc:sqlite:" + data.resolve("sqlite/sqlite.tables.default.db");
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      statement.execute(
          """
          CREATE TABLE orders (
            id INTEGER PRIMARY KEY, customer TEXT NOT NULL, total DECIMAL_TEXT, status TEXT,
            paid BOOLEAN, day DATE, at TIMESTAMP, image BLOB, tags LIST_JSON)
          """);
      statement.execute(
          """
          INSERT INTO orders VALUES
            (1, 'Ada', '99.50', 'new', 0, '2025-01-31', '2025-01-31T12:00:00.5Z', x'00ff', '["a"]'),
            (9007199254740993, 'Bob''s "shop"', '120.00', 'paid', 1, NULL, NULL, NULL, NULL),
            (3, 'Alan', '7', NULL, NULL, NULL, NULL, NULL, NULL),
            (4, 'Zoë', '1000', 'lost', 1, NULL, NULL, NULL, NULL)
          """);
      statement.execute("CREATE TABLE many (id INTEGER PRIMARY KEY, text TEXT NOT NULL)");
      statement.execute(
          """
          INSERT INTO many
          WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
          SELECT i, 'number ' || i FROM n
          """
              .formatted(MANY));
    }
  }

  @AfterAll
  static void stop() {
    prism.close();
  }

  @Test
  void rowsAreJsonForProgramsInTheOrderOfTheirKey() throws Exception {
    Prism.Ended read = run("read", "orders");

    assertThat(read.status()).as(read.err()).isZero();
    assertThat(read.out().lines())
        .containsExactly(
            """
            {"id":1,"customer":"Ada","total":99.50,"status":"new","paid":false,"day":"2025-01-31",\
            "at":"2025-01-31T12:00:00.500Z","image":"AP8=","tags":["a"]}""",
            json(3, "\"Alan\"", "7", "null", "null"),
            json(4, "\"Zoë\"", "1000", "\"lost\"", "true"),
            json(9007199254740993L, "\"Bob's \\\"shop\\\"\"", "120.00", "\"paid\"", "true"));
    assertThat(read.err()).isEmpty();
  }

  private static String json(long id, String customer, String total, String status, String paid) {
    return """
        {"id":%d,"customer":%s,"total":%s,"status":%s,"paid":%s,"day":null,"at":null,"image":null,"tags":null}"""
        .formatted(id, customer, total, status, paid);
  }

  @Test
  void rowsAreATableForPeople() throws Exception {
    Prism.Ended read =
        Prism.run(
            Map.of("PRISM_JAVA_OPTIONS", "-Dprism.terminals=1"),
            prism.here("read", "orders", "--columns", "customer, total,status"));

    assertThat(read.out())
        .as(read.err())
        .isEqualTo(
            """
            customer       total  status
            Ada            99.50  new
            Alan               7  -
            Zoë             1000  lost
            Bob's "shop"  120.00  paid
            """);
  }

  @Test
  void aQueryHasAFilterAndAnOrder() throws Exception {
    Prism.Ended query =
        run(
            "query",
            "orders",
            "--where",
            "total > decimal 10.00 and (status in ('new', 'paid') or paid = true) and not customer starts with 'X'",
            "--sort",
            "total desc",
            "--columns",
            "total");
    Prism.Ended count = run("count", "orders", "--where", "status is not null");

    assertThat(query.out())
        .as(query.err())
        .isEqualTo("{\"total\":1000}\n{\"total\":120.00}\n{\"total\":99.50}\n");
    assertThat(count.out()).as(count.err()).isEqualTo("3\n");
    assertThat(run("count", "many").out()).isEqualTo(MANY + "\n");
  }

  @Test
  void aReadThatStopsEarlyGoesOnFromItsCursor() throws Exception {
    // Given
    Prism.Ended first = run("read", "orders", "--columns", "id", "--limit", "1");
    assertThat(first.out()).as(first.err()).isEqualTo("{\"id\":1}\n");
    assertThat(first.err()).startsWith("prism: there are more rows; go on with --cursor ");
    String cursor = first.err().strip().replaceFirst(".* ", "");

    // When
    Prism.Ended rest = run("read", "orders", "--columns", "id", "--cursor", cursor);

    // Then
    assertThat(rest.out().lines())
        .containsExactly("{\"id\":3}", "{\"id\":4}", "{\"id\":9007199254740993}");
    assertThat(rest.err()).isEmpty();
    Prism.Ended elsewhere = run("query", "orders", "--where", "id > 1", "--cursor", cursor);
    assertThat(elsewhere.err()).contains("CURSOR_INVALID").contains("--where");
    assertThat(run("read", "orders", "--cursor", "?").err()).contains("base64");
  }

  @Test
  void everyRowOfALongReadComesOnce() throws Exception {
    Prism.Ended read = run("read", "many", "--columns", "id", "--page-size", "10000");

    assertThat(read.status()).as(read.err()).isZero();
    assertThat(read.out().lines().toList())
        .isEqualTo(IntStream.rangeClosed(1, MANY).mapToObj(id -> "{\"id\":" + id + "}").toList());
  }

  @Test
  void aSignalEndsAReadWhichSaysHowToGoOn() throws Exception {
    // Given a read whose reader has stopped, so that it is still at it
    Path err = Files.createTempFile(Prism.HOME.resolve("system-tests/target"), "read-", ".err");
    Process read = prism.start(err, "read", "many");
    try (BufferedReader out = read.inputReader()) {
      assertThat(out.readLine()).isEqualTo("{\"id\":1,\"text\":\"number 1\"}");

      // When (TERM, not INT as Ctrl-C sends it: a build in the background has its children ignore
      // that) its reader goes on
      Signals.send("TERM", read.pid());
      long rest = out.lines().count();

      // Then
      assertThat(read.waitFor(10, TimeUnit.SECONDS)).isTrue();
      assertThat(rest).isLessThan(MANY - 1);
      String said = Files.readString(err);
      assertThat(said).startsWith("prism: interrupted; go on with --cursor ").hasLineCount(1);
      Prism.Ended next =
          run("read", "many", "--limit", "1", "--cursor", said.strip().replaceFirst(".* ", ""));
      assertThat(next.out()).startsWith("{\"id\":" + (rest + 2) + ",");
    } finally {
      read.destroyForcibly();
    }
  }

  @Test
  void whatIsWrongIsSaidWithItsPlaceOrWithWhatToDo() throws Exception {
    Prism.Ended filter = run("query", "orders", "--where", "total >> 5");
    Prism.Ended column = run("query", "orders", "--where", "price > 5");
    Prism.Ended table = run("count", "nothing");

    assertThat(filter.status()).isEqualTo(1);
    assertThat(filter.err())
        .isEqualTo(
            """
            prism: a value is expected, such as 5, 1.5, 'text', true, decimal 1.50, x'00ff', \
            date '2025-01-31', timestamp '2025-01-31T12:00:00Z' or uuid '...', and here is >
            prism:   total >> 5
            prism:          ^
            """);
    assertThat(column.err()).contains("FIELD_INVALID").contains("'price' is no column of orders");
    assertThat(table.err()).contains("COLLECTION_NOT_FOUND").contains("docs/reader.md");
  }

  private static Prism.Ended run(String... words) throws Exception {
    return Prism.run(prism.here(words));
  }
}
