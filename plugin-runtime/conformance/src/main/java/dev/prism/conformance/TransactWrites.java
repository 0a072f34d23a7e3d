package dev.prism.conformance;

import static dev.prism.conformance.KeyValueFixture.assertFails;
import static dev.prism.conformance.TransactFixture.account;
import static dev.prism.conformance.TransactFixture.insert;
import static dev.prism.conformance.TransactFixture.message;
import static dev.prism.conformance.TransactFixture.on;
import static dev.prism.conformance.TransactFixture.request;
import static dev.prism.conformance.TransactFixture.update;
import static dev.prism.sdk.rows.Values.NULL;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import com.google.type.Date;
import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Kind;
import dev.prism.sdk.rows.Values;
import dev.prism.status.Reason;
import dev.prism.transact.v1.DataWrite;
import dev.prism.transact.v1.Delete;
import dev.prism.transact.v1.Insert;
import dev.prism.transact.v1.Update;
import dev.prism.transact.v1.Upsert;
import dev.prism.transact.v1.WriteResponse;
import dev.prism.transact.v1.WriteResult;
import dev.prism.type.v1.ListValue;
import dev.prism.type.v1.MapValue;
import dev.prism.type.v1.Value;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Rows that are made, changed and removed. */
public interface TransactWrites extends TransactFixture {
  @Test
  default void aRowIsInsertedAndWhatIsNotNamedIsNull() {
    String table = newTable();

    WriteResponse response = write(insert(table, "a", 1));

    assertThat(response.getResultsList()).extracting(WriteResult::getRows).containsExactly(1L);
    assertThat(response.getAlreadyProcessed()).isFalse();
    assertThat(row(table, "a")).isEqualTo(account("a", 1, NULL));
  }

  @Test
  default void aRowThatIsThereIsNotInsertedAgain() {
    String table = newTable();
    write(insert(table, "a", 1));

    assertFails(Reason.KEY_EXISTS, () -> write(insert(table, "a", 2)));

    assertThat(balance(table, "a")).isEqualTo(1);
  }

  @Test
  default void anUpdateChangesTheColumnsThatItNamesAndNoOthers() {
    String table = newTable();
    write(insert(table, "a", 1), insert(table, "b", 1));
    write(
        on(
            table,
            Update.newBuilder().putKey("id", Values.of("a")).putValues("note", Values.of("n"))));

    WriteResponse response = write(on(table, update("a", 5)));

    assertThat(response.getResults(0).getRows()).isEqualTo(1);
    assertThat(row(table, "a")).isEqualTo(account("a", 5, Values.of("n")));
    assertThat(balance(table, "b")).isEqualTo(1);
  }

  @Test
  default void anUpdateOfNoRowChangesNone() {
    String table = newTable();

    WriteResponse response =
        write(
            on(table, update("a", 5)), on(table, Delete.newBuilder().putKey("id", Values.of("a"))));

    assertThat(response.getResultsList()).extracting(WriteResult::getRows).containsExactly(0L, 0L);
    assertThat(row(table, "a")).isNull();
  }

  @Test
  default void aRowThatMustExistAndDoesNotFailsTheWrite() {
    String table = newTable();

    assertFails(
        Reason.KEY_ABSENT,
        () -> write(insert(table, "b", 1), on(table, update("a", 5).setMustExist(true))));

    assertThat(row(table, "b")).isNull();
    assertFails(
        Reason.KEY_ABSENT,
        () ->
            write(on(table, Delete.newBuilder().putKey("id", Values.of("a")).setMustExist(true))));
  }

  @Test
  default void anUpsertMakesARowOrChangesTheColumnsThatItNames() {
    String table = newTable();

    WriteResponse made = write(on(table, upsert("a").putValues("balance", Values.of(1))));
    WriteResponse changed = write(on(table, upsert("a").putValues("note", Values.of("n"))));

    assertThat(made.getResults(0).getRows()).isEqualTo(1);
    assertThat(changed.getResults(0).getRows()).isEqualTo(1);
    assertThat(row(table, "a")).isEqualTo(account("a", 1, Values.of("n")));
  }

  @Test
  default void anUpsertOfNothingButTheKeyLeavesARowAsItIs() {
    String table = newTable();
    write(insert(table, "a", 7));

    WriteResponse response = write(on(table, upsert("a")));

    assertThat(response.getResults(0).getRows()).isEqualTo(1);
    assertThat(balance(table, "a")).isEqualTo(7);
  }

  @Test
  default void aRowIsDeleted() {
    String table = newTable();
    write(insert(table, "a", 1), insert(table, "b", 2));

    WriteResponse response = write(on(table, Delete.newBuilder().putKey("id", Values.of("a"))));

    assertThat(response.getResults(0).getRows()).isEqualTo(1);
    assertThat(row(table, "a")).isNull();
    assertThat(balance(table, "b")).isEqualTo(2);
  }

  @Test
  default void writesAreDoneInTheOrderOfTheRequest() {
    String table = newTable();

    write(
        insert(table, "a", 1),
        on(table, update("a", 2)),
        on(table, Delete.newBuilder().putKey("id", Values.of("a")).setMustExist(true)),
        insert(table, "a", 3));

    assertThat(balance(table, "a")).isEqualTo(3);
  }

  @Test
  default void severalTablesAndMailboxesAreWrittenTogetherOrNotAtAll() {
    String one = newTable();
    String other = newTable();
    String mailbox = newMailbox();
    write(insert(other, "a", 1));

    assertFails(
        Reason.KEY_EXISTS,
        () ->
            api()
                .write(
                    request(insert(one, "a", 1), insert(other, "a", 2))
                        .addAllMessages(where(message(mailbox, "k", "lost")))
                        .build()));
    api()
        .write(
            request(insert(one, "b", 1), insert(other, "b", 2))
                .addAllMessages(where(message(mailbox, "k", "there")))
                .build());

    assertThat(row(one, "a")).isNull();
    assertThat(balance(other, "a")).isEqualTo(1);
    assertThat(balance(one, "b")).isEqualTo(1);
    assertThat(balance(other, "b")).isEqualTo(2);
    assertHas(mailbox, "there");
  }

  @Test
  default void aTableThatIsNotThereFailsTheWrite() {
    String table = newTable();

    assertFails(
        Reason.COLLECTION_NOT_FOUND,
        () -> write(insert(table, "a", 1), insert("nothing" + table, "a", 1)));

    assertThat(row(table, "a")).isNull();
  }

  @Test
  default void aColumnThatIsNotThereIsRefused() {
    assumeTrue(!areOpen());
    String table = newTable();
    DataWrite.Builder write = insert(table, "a", 1).toBuilder();
    write.getInsertBuilder().putValues("id\" = 'x'; --", Values.of(1));

    assertFails(Reason.FIELD_INVALID, () -> write(write.build()));
    assertFails(
        Reason.FIELD_INVALID,
        () -> write(on(table, update("a", 1).putExpected("nothing", Values.of(1)))));
  }

  @Test
  default void aKeyHasTheColumnsOfThePrimaryKeyAndNoOthers() {
    String table = newTable();

    assertFails(
        Reason.KEY_INVALID, () -> write(on(table, update("a", 1).putKey("balance", Values.of(1)))));
    assertFails(
        Reason.KEY_INVALID,
        () -> write(on(table, Update.newBuilder().putValues("balance", Values.of(1)))));
    assertFails(
        Reason.KEY_INVALID,
        () -> write(on(table, Upsert.newBuilder().putValues("balance", Values.of(1)))));
    assertFails(Reason.KEY_INVALID, () -> write(on(table, Delete.newBuilder().putKey("id", NULL))));
  }

  @Test
  default void anUpdateChangesNoKey() {
    String table = newTable();
    write(insert(table, "a", 1));

    assertFails(
        Reason.FIELD_INVALID,
        () -> write(on(table, update("a", 1).putValues("id", Values.of("b")))));
  }

  @Test
  default void aWriteThatDoesNothingIsRefused() {
    String table = newTable();

    assertFails(Reason.FIELD_INVALID, () -> write(DataWrite.newBuilder().setTable(table).build()));
    assertFails(
        Reason.FIELD_INVALID,
        () -> write(on(table, Update.newBuilder().putKey("id", Values.of("a")))));
    assertFails(
        Reason.FIELD_INVALID,
        () -> write(on(table, upsert("a").putValues("note", Value.getDefaultInstance()))));
  }

  @Test
  default void aValueThatDoesNotFitItsColumnIsRefused() {
    assumeTrue(!areOpen());
    String table = newTable();

    assertFails(
        Reason.FIELD_INVALID,
        () -> write(on(table, upsert("a").putValues("balance", Values.of("much")))));
    assertFails(
        Reason.FIELD_INVALID,
        () -> write(on(table, upsert("a").putValues("balance", Values.of(1.5)))));
    assertFails(
        Reason.FIELD_INVALID,
        () -> write(on(table, upsert("a").putValues("note", Values.of(new byte[] {1})))));
  }

  @Test
  default void aColumnThatIsNeverNullIsAConstraint() {
    assumeTrue(!areOpen());
    String table = newTable();

    assertFails(
        Reason.CONSTRAINT_VIOLATED,
        () ->
            write(
                DataWrite.newBuilder()
                    .setTable(table)
                    .setInsert(Insert.newBuilder().putValues("id", Values.of("a")))
                    .build()));
  }

  @Test
  default void valuesOfEveryKindAreReadAsTheyWereWritten() {
    assumeTrue(!areOpen());
    Map<String, Value> row = new LinkedHashMap<>();
    row.put("id", Values.of("ä\n'\"%_ \uD83D\uDE00"));
    row.put("bool", Values.of(true));
    row.put("int64", Values.of(Long.MIN_VALUE));
    row.put("double", Values.of(-1.5e-300));
    row.put("decimal", Values.of(new BigDecimal("-12345678901234567890.1200")));
    row.put("bytes", Values.of(new byte[] {0, -1, 127}));
    row.put(
        "timestamp",
        Value.newBuilder()
            .setTimestampValue(Timestamp.newBuilder().setSeconds(-1).setNanos(123_456_000))
            .build());
    row.put(
        "date",
        Value.newBuilder()
            .setDateValue(Date.newBuilder().setYear(1583).setMonth(2).setDay(28))
            .build());
    row.put(
        "uuid", Value.newBuilder().setUuidValue("f81d4fae-7dec-11d0-a765-00a0c91e6bf6").build());
    row.put(
        "document",
        Value.newBuilder()
            .setMapValue(
                MapValue.newBuilder()
                    .putEntries(
                        "a",
                        Value.newBuilder()
                            .setListValue(
                                ListValue.newBuilder().addValues(Values.of(1)).addValues(NULL))
                            .build()))
            .build());
    List<Column> columns = new ArrayList<>();
    columns.add(TableSpec.column("id", Kind.STRING));
    for (Kind kind :
        List.of(
            Kind.BOOL,
            Kind.INT64,
            Kind.DOUBLE,
            Kind.DECIMAL,
            Kind.BYTES,
            Kind.TIMESTAMP,
            Kind.DATE,
            Kind.UUID,
            Kind.DOCUMENT)) {
      columns.add(TableSpec.nullable(kind.name().toLowerCase(java.util.Locale.ROOT), kind));
    }
    String table = "t" + KeyValueFixture.Names.next();
    create(table, new TableSpec(columns, List.of("id")));

    write(on(table, Upsert.newBuilder().putAllValues(row)));
    write(on(table, Upsert.newBuilder().putAllValues(row)));

    assertThat(row(table, Map.of("id", row.getOrDefault("id", NULL)))).isEqualTo(row);
  }

  @Test
  default void aKeyOfSeveralColumnsNamesOneRow() {
    String table = "t" + KeyValueFixture.Names.next();
    create(
        table,
        new TableSpec(
            List.of(
                TableSpec.column("b", Kind.INT64),
                TableSpec.column("a", Kind.STRING),
                TableSpec.nullable("v", Kind.BYTES)),
            List.of("a", "b")));
    for (long b = 0; b < 3; b++) {
      write(
          on(
              table,
              Upsert.newBuilder().putValues("a", Values.of("x")).putValues("b", Values.of(b))));
    }

    WriteResponse response =
        write(
            on(
                table,
                Update.newBuilder()
                    .putKey("b", Values.of(1))
                    .putKey("a", Values.of("x"))
                    .putValues("v", Values.of(ByteString.copyFromUtf8("new").toByteArray()))),
            on(table, Delete.newBuilder().putKey("a", Values.of("x")).putKey("b", Values.of(2))));

    assertThat(response.getResultsList()).extracting(WriteResult::getRows).containsExactly(1L, 1L);
    assertThat(row(table, key("x", 0))).isNotNull();
    assertThat(row(table, key("x", 1))).containsEntry("v", Values.of(new byte[] {'n', 'e', 'w'}));
    assertThat(row(table, key("x", 2))).isNull();
  }

  private static Map<String, Value> key(String a, long b) {
    return Map.of("a", Values.of(a), "b", Values.of(b));
  }

  private static Upsert.Builder upsert(String id) {
    return Upsert.newBuilder().putValues("id", Values.of(id));
  }
}
