package dev.prism.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import com.google.protobuf.NullValue;
import dev.prism.transact.v1.Delete;
import dev.prism.transact.v1.Insert;
import dev.prism.transact.v1.MailboxMessage;
import dev.prism.transact.v1.Select;
import dev.prism.transact.v1.TransactionRequest;
import dev.prism.transact.v1.Update;
import dev.prism.transact.v1.Upsert;
import dev.prism.type.v1.Header;
import dev.prism.type.v1.Sort;
import dev.prism.type.v1.Value;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StatementParserTest {
  private static final Value NULL = Value.newBuilder().setNullValue(NullValue.NULL_VALUE).build();

  private static Value text(String text) {
    return Value.newBuilder().setStringValue(text).build();
  }

  private static Value number(long number) {
    return Value.newBuilder().setInt64Value(number).build();
  }

  @Test
  void anInsertAndAnUpsertHaveValues() {
    TransactionRequest insert =
        StatementParser.step("insert orders id = 'o-1', \"two words\" = null");
    TransactionRequest upsert = StatementParser.step("UPSERT \"1st\" total = 42");

    assertThat(insert.getWrite().getTable()).isEqualTo("orders");
    assertThat(insert.getWrite().getInsert())
        .isEqualTo(
            Insert.newBuilder().putValues("id", text("o-1")).putValues("two words", NULL).build());
    assertThat(upsert.getWrite().getTable()).isEqualTo("1st");
    assertThat(upsert.getWrite().getUpsert())
        .isEqualTo(Upsert.newBuilder().putValues("total", number(42)).build());
  }

  @Test
  void anUpdateAndADeleteHaveAKeyAndWhatIsExpected() {
    TransactionRequest update =
        StatementParser.step(
            "update orders id = 'o-1', part = 2 set total = 43 expect total = 42, note = null must exist");
    TransactionRequest delete = StatementParser.step("delete orders id = 7");

    assertThat(update.getWrite().getUpdate())
        .isEqualTo(
            Update.newBuilder()
                .putKey("id", text("o-1"))
                .putKey("part", number(2))
                .putValues("total", number(43))
                .putExpected("total", number(42))
                .putExpected("note", NULL)
                .setMustExist(true)
                .build());
    assertThat(delete.getWrite().getDelete())
        .isEqualTo(Delete.newBuilder().putKey("id", number(7)).build());
  }

  @Test
  void aSelectHasWhatAQueryHas() {
    TransactionRequest select =
        StatementParser.step(
            "select orders columns id, total where total > 40 or note is null sort total desc, id limit 10 lock");

    assertThat(select.getSelect())
        .isEqualTo(
            Select.newBuilder()
                .setTable("orders")
                .addColumns("id")
                .addColumns("total")
                .setFilter(FilterParser.filter("total > 40 or note is null"))
                .addSort(Sort.newBuilder().setColumn("total").setDescending(true))
                .addSort(Sort.newBuilder().setColumn("id"))
                .setLimit(10)
                .setLock(true)
                .build());
    assertThat(StatementParser.step("select orders").getSelect())
        .isEqualTo(Select.newBuilder().setTable("orders").build());
  }

  @Test
  void aMessageHasAPayloadAndPerhapsMore() {
    TransactionRequest message =
        StatementParser.step(
            "message orders-outbox 'it''s placed' key 'c-3' id 'o-1' header 'type' 'order' header 'raw' x'00ff'");

    assertThat(message.getMessage())
        .isEqualTo(
            MailboxMessage.newBuilder()
                .setMailbox("orders-outbox")
                .setPayload(ByteString.copyFromUtf8("it's placed"))
                .setKey(ByteString.copyFromUtf8("c-3"))
                .setMessageId("o-1")
                .addHeaders(
                    Header.newBuilder().setName("type").setValue(ByteString.copyFromUtf8("order")))
                .addHeaders(
                    Header.newBuilder()
                        .setName("raw")
                        .setValue(ByteString.copyFrom(new byte[] {0, (byte) 0xff})))
                .build());
  }

  @Test
  void aTransactionEndsInOneWord() {
    assertThat(StatementParser.step("commit").hasCommit()).isTrue();
    assertThat(StatementParser.step(" Rollback ").hasRollback()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "destroy orders                      | 0 | a statement is expected",
        "insert 7 id = 1                     | 7 | a table is expected",
        "insert orders id 1                  | 17 | '=' is expected",
        "insert orders id = 1, id = 2        | 22 | is there twice",
        "update orders id = 1                | 20 | 'set' is expected",
        "delete orders id = 1 must           | 25 | 'exist' is expected",
        "select orders limit many            | 20 | a number of rows",
        "message box payload                 | 12 | text between single quotes",
        "insert orders id = 1 where id = 2   | 21 | nothing more is expected",
        "commit now                          | 7 | nothing more is expected",
      })
  void whatIsNoStatementIsShownWithItsPlace(String statement, int place, String message) {
    UserError error = catchThrowableOfType(UserError.class, () -> StatementParser.step(statement));

    assertThat(error.lines().get(0)).contains(message);
    assertThat(error.lines().get(2)).isEqualTo("  " + " ".repeat(place) + "^");
  }
}
