package dev.prism.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@code ./prism tx} and {@code mailbox} as people and scripts use them. */
@Tag("system")
class TransactCommandTest {
  private static Prism prism;

  @BeforeAll
  static void start() throws Exception {
    Path data = Prism.newDirectory("transact-command");
    prism = Prism.up(data);
    String url = "jdbc:sqlite:" + data.resolve("sqlite/sqlite.tables.default.db");
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE orders (id TEXT PRIMARY KEY, total INTEGER, note TEXT)");
    }
  }

  @AfterAll
  static void stop() {
    prism.close();
  }

  @Test
  void rowsAndMessagesOfArgumentsAreCommittedTogether() throws Exception {
    Prism.Ended done =
        run(
            "tx",
            "insert orders id = 'a-1', total = 42",
            "upsert orders id = 'a-2', total = 7, note = null",
            "update orders id = 'a-2' set total = 8 expect total = 7 must exist",
            "select orders columns id, total where id starts with 'a-' sort total desc",
            "message a-outbox 'placed' key 'c-3' id 'a-1' header 'type' 'order'");
    Prism.Ended read = run("mailbox", "read", "a-outbox");
    Prism.Ended again = run("mailbox", "read", "a-outbox");

    assertThat(done.status()).as(done.err()).isZero();
    assertThat(done.out())
        .isEqualTo(
            """
            {"id":"a-1","total":42}
            {"id":"a-2","total":8}
            a-1
            """);
    assertThat(done.err()).isEqualTo("1 row\n1 row\n1 row\ncommitted\n");
    assertThat(read.out()).as(read.err()).endsWith("\tc-3\tplaced\n").hasLineCount(1);
    assertThat(again.out()).isEmpty();
  }

  @Test
  void aStatementThatFailsUndoesThoseBeforeIt() throws Exception {
    Prism.Ended failed =
        run("tx", "insert orders id = 'b-1'", "delete orders id = 'b-9' must exist");
    Prism.Ended misspelt = run("tx", "insert orders id = 'b-2'", "insert orders id 'b-3'");

    assertThat(failed.status()).isEqualTo(1);
    assertThat(failed.err())
        .contains("statement 2 failed, and all was rolled back:")
        .contains("KEY_ABSENT");
    assertThat(misspelt.status()).isEqualTo(1);
    assertThat(misspelt.err()).contains("'=' is expected");
    assertThat(rowsOf("b-")).isZero();
  }

  @Test
  void linesOfStandardInputAreCommittedOnlyByACommit() throws Exception {
    Prism.Ended committed =
        lines(
            "-- one that is for people, and one that a program made",
            "insert orders id = 'c-1', total = 1",
            "",
            "{\"write\": {\"table\": \"orders\", \"insert\": {\"values\": {\"id\": {\"stringValue\": \"c-2\"}}}}}",
            "commit");
    Prism.Ended undone = lines("insert orders id = 'c-3'", "rollback");
    Prism.Ended cut = lines("insert orders id = 'c-4'");
    Prism.Ended wrong = lines("insert orders id = 'c-5'", "insert nonsense", "commit");

    assertThat(committed.status()).as(committed.err()).isZero();
    assertThat(undone.status()).as(undone.err()).isZero();
    assertThat(undone.err()).endsWith("rolled back\n");
    assertThat(cut.status()).isEqualTo(1);
    assertThat(cut.err()).endsWith("rolled back: there was no commit\n");
    assertThat(wrong.status()).isEqualTo(1);
    assertThat(wrong.err()).contains("statement 2 is none, and all was rolled back:");
    assertThat(rowsOf("c-")).isEqualTo(2);
  }

  @Test
  void whatWasDoneOnceIsNotDoneAgain() throws Exception {
    String[] keyed = {"tx", "--idempotency-key", "d", "insert orders id = 'd-1'"};
    String[] processed = {
      "tx", "--inbox", "billing", "--message-id", "d-2", "insert orders id = 'd-2'"
    };
    run(keyed);
    run(processed);

    Prism.Ended replayed = run(keyed);
    Prism.Ended known = run(processed);

    assertThat(replayed.status()).as(replayed.err()).isZero();
    assertThat(replayed.err()).contains("with this idempotency key: nothing was done");
    assertThat(known.status()).as(known.err()).isZero();
    assertThat(known.err()).contains("the inbox knows this message: nothing was done");
    assertThat(rowsOf("d-")).isEqualTo(2);
    assertThat(run("tx", "--inbox", "billing", "select orders").status()).isEqualTo(2);
    assertThat(run("tx", "--isolation", "none", "select orders").err()).contains("serializable");
  }

  @Test
  void aSignalRollsATransactionBack() throws Exception {
    // Given
    Path err = Files.createTempFile(Prism.HOME.resolve("system-tests/target"), "tx-", ".err");
    Process tx = prism.start(err, "tx", "--json");
    try (BufferedWriter in = tx.outputWriter()) {
      in.write("insert orders id = 'e-1'\n");
      in.flush();
      assertThat(tx.inputReader().readLine()).startsWith("{\"begun\":");
      assertThat(tx.inputReader().readLine()).isEqualTo("{\"write\":{\"rows\":\"1\"}}");

      // When
      Signals.send("TERM", tx.pid());

      // Then
      assertThat(tx.waitFor(10, TimeUnit.SECONDS)).isTrue();
      assertThat(rowsOf("e-")).isZero();
    } finally {
      tx.destroyForcibly();
    }
  }

  @Test
  void aDeliveryIsAcknowledgedOrRejectedByItsReceipt() throws Exception {
    run("tx", "message f-outbox 'first'", "message f-outbox 'second'");
    Path err = Files.createTempFile(Prism.HOME.resolve("system-tests/target"), "box-", ".err");
    Process reader =
        prism.start(err, "mailbox", "read", "f-outbox", "--follow", "--no-ack", "--json");
    try {
      String receipt = receipt(reader.inputReader().readLine());
      String other = receipt(reader.inputReader().readLine());

      Prism.Ended rejected = run("mailbox", "ack", "f-outbox", receipt, "--reject", "no order");
      Prism.Ended done = run("mailbox", "ack", "f-outbox", other);
      Prism.Ended late = run("mailbox", "ack", "f-outbox", other);

      assertThat(rejected.status()).as(rejected.err()).isZero();
      assertThat(done.status()).as(done.err()).isZero();
      assertThat(late.status()).isEqualTo(1);
      assertThat(late.err()).contains("RECEIPT_EXPIRED");
    } finally {
      Signals.send("TERM", reader.pid());
      assertThat(reader.waitFor(Duration.ofSeconds(10))).isTrue();
    }
    assertThat(run("mailbox", "read", "f-outbox").out()).isEmpty();
  }

  private static String receipt(String delivery) {
    return delivery.replaceFirst(".*\"receipt\":\"([^\"]*)\".*", "$1");
  }

  private static int rowsOf(String prefix) throws Exception {
    Prism.Ended count = run("count", "orders", "--where", "id starts with '" + prefix + "'");
    assertThat(count.status()).as(count.err()).isZero();
    return Integer.parseInt(count.out().strip());
  }

  private static Prism.Ended lines(String... lines) throws Exception {
    Path input = Files.createTempFile(Prism.HOME.resolve("system-tests/target"), "tx-", ".in");
    Files.write(input, List.of(lines));
    return Prism.run(input, prism.here("tx"));
  }

  private static Prism.Ended run(String... words) throws Exception {
    return Prism.run(prism.here(words));
  }
}
