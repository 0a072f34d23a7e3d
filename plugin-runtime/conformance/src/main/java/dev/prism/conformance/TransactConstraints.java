package dev.prism.conformance;

import static dev.prism.conformance.KeyValueFixture.assertFails;
import static dev.prism.conformance.TransactFixture.insert;
import static dev.prism.conformance.TransactFixture.on;
import static dev.prism.conformance.TransactFixture.update;
import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.sdk.rows.Values;
import dev.prism.status.Reason;
import dev.prism.transact.v1.Delete;
import dev.prism.transact.v1.Upsert;
import org.junit.jupiter.api.Test;

/** What a table's own rules forbid, and what they fill in, of a database that speaks SQL. */
public interface TransactConstraints extends TransactFixture {
  /** Says something to the database in its own words; {@code %s} stands for the table. */
  void sql(String table, String statement);

  /** What a statement calls the table. */
  String name(String table);

  @Test
  default void aUniqueColumnIsNoPrimaryKey() {
    String table = newTable();
    sql(table, "CREATE UNIQUE INDEX \"u" + table + "\" ON %s (note)");
    write(on(table, noted("a")));

    assertFails(Reason.CONSTRAINT_VIOLATED, () -> write(on(table, noted("b"))));

    assertThat(row(table, "b")).isNull();
  }

  @Test
  default void aRowThatAnotherNeedsStays() {
    String parents = newTable();
    String children = newTable();
    sql(children, "DROP TABLE %s");
    sql(
        parents,
        "CREATE TABLE "
            + name(children)
            + " (id TEXT NOT NULL PRIMARY KEY, parent TEXT REFERENCES %s (id))");
    write(insert(parents, "p", 1));
    write(on(children, child("c", "p")));

    assertFails(
        Reason.CONSTRAINT_VIOLATED,
        () -> write(on(parents, Delete.newBuilder().putKey("id", Values.of("p")))));
    assertFails(Reason.CONSTRAINT_VIOLATED, () -> write(on(children, child("d", "nobody"))));

    assertThat(balance(parents, "p")).isEqualTo(1);
  }

  @Test
  default void whatIsLookedAtWithTheCommitFailsItsOwnCallerAlone() {
    String parents = newTable();
    String children = newTable();
    sql(children, "DROP TABLE %s");
    sql(
        parents,
        "CREATE TABLE "
            + name(children)
            + " (id TEXT NOT NULL PRIMARY KEY, parent TEXT"
            + " REFERENCES %s (id) DEFERRABLE INITIALLY DEFERRED)");

    write(on(children, child("c", "p")), insert(parents, "p", 1));
    assertFails(Reason.CONSTRAINT_VIOLATED, () -> write(on(children, child("d", "nobody"))));

    assertThat(row(children, "c")).isNotNull();
    assertThat(row(children, "d")).isNull();
  }

  @Test
  default void aColumnThatIsNotNamedGetsTheTablesDefault() {
    String table = newTable();
    sql(table, "DROP TABLE %s");
    sql(
        table,
        "CREATE TABLE %s (id TEXT NOT NULL PRIMARY KEY, balance BIGINT NOT NULL DEFAULT 7, note TEXT)");

    write(on(table, Upsert.newBuilder().putValues("id", Values.of("a"))));

    assertThat(balance(table, "a")).isEqualTo(7);
  }

  @Test
  default void anUpsertOfARowThatIsThereAsksNothingOfColumnsThatItDoesNotName() {
    String table = newTable();
    sql(table, "DROP TABLE %s");
    sql(
        table,
        "CREATE TABLE %s (id TEXT NOT NULL PRIMARY KEY,"
            + " balance BIGINT NOT NULL CHECK (balance > 0), note TEXT)");
    write(insert(table, "a", 1));
    Upsert.Builder named =
        Upsert.newBuilder().putValues("id", Values.of("a")).putValues("note", Values.of("n"));

    write(on(table, named));

    assertThat(balance(table, "a")).isEqualTo(1);
    assertFails(Reason.CONSTRAINT_VIOLATED, () -> write(on(table, update("a", -1))));
    assertFails(
        Reason.CONSTRAINT_VIOLATED, () -> write(on(table, named.putValues("id", Values.of("b")))));
  }

  @Test
  default void noAnswerHoldsTheDatabasesOwnText() {
    String table = newTable();
    sql(table, "CREATE UNIQUE INDEX \"u" + table + "\" ON %s (note)");
    write(on(table, noted("a")));

    String said = KeyValueFixture.failure(() -> write(on(table, noted("b")))).status().getMessage();

    assertThat(said).doesNotContain(table, "UNIQUE", "unique", "same");
  }

  private static Upsert.Builder noted(String id) {
    return Upsert.newBuilder()
        .putValues("id", Values.of(id))
        .putValues("balance", Values.of(1))
        .putValues("note", Values.of("same"));
  }

  private static Upsert.Builder child(String id, String parent) {
    return Upsert.newBuilder()
        .putValues("id", Values.of(id))
        .putValues("parent", Values.of(parent));
  }
}
