package dev.prism.plugin.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.conformance.TableSpec;
import dev.prism.sdk.rows.Kind;
import dev.prism.sdk.rows.Values;
import dev.prism.sdk.transact.TableWrite;
import dev.prism.sdk.transact.Transaction;
import dev.prism.sdk.transact.WriteOutcome;
import dev.prism.status.Reason;
import dev.prism.type.v1.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.GlobalSecondaryIndex;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

/** What is sent of a transaction, and what is refused because DynamoDB or the table forbids it. */
@Tag("conformance")
class TransactBoundsTest extends TransactorFixture {
  // ---- what is sent ----

  @Test
  void writesThatCanBeDoneTakeOneRequest() {
    write(insert("changed", Values.of(1)), insert("removed", Values.of(1)));
    List<Value> changed = List.of(Values.of("changed"));

    WriteOutcome outcome =
        write(
            insert("made", Values.of(1)),
            new TableWrite.Upsert(
                table, List.of(cell("id", Values.of("upserted")), cell("v", Values.of(1)))),
            new TableWrite.Update(
                table,
                changed,
                List.of(cell("v", Values.of(2))),
                List.of(cell("v", Values.of(1.0))),
                true),
            new TableWrite.Delete(table, List.of(Values.of("removed")), List.of(), false));

    assertThat(outcome).isEqualTo(new WriteOutcome.Committed(List.of(1, 1, 1, 1)));
    assertThat(between.requests(SEND)).hasSize(2);
    assertThat(between.requests("BatchGetItem")).isEmpty();
    assertThat(row("changed")).containsEntry("v", Values.of(2));
    assertThat(row("removed")).isNull();
  }

  @Test
  void aTransactionThatIsDroppedOrRolledBackSendsNothing() {
    Transaction transaction = begin(null);
    transaction.write(insert("dropped", Values.of(1)));

    transaction.close();

    assertThat(between.requests(SEND)).isEmpty();
    assertFails(Reason.DEADLINE_EXCEEDED, transaction::commit);
    assertThat(row("dropped")).isNull();
  }

  // ---- bounds ----

  @Test
  void whatIsOverDynamoDbsBoundsIsRefusedBeforeAnythingIsSent() {
    Value large = Values.of(new byte[390_000]);
    TableWrite[] eleven =
        IntStream.range(0, 11).mapToObj(i -> insert("large" + i, large)).toArray(TableWrite[]::new);

    assertFails(
        Reason.VALUE_TOO_LARGE, () -> write(insert("too large", Values.of(new byte[410_000]))));
    assertFails(Reason.MESSAGE_TOO_LARGE, () -> write(eleven));
    assertFails(
        Reason.BATCH_SIZE_INVALID,
        () ->
            transactor.write(
                "n",
                unit(
                    null,
                    once(),
                    IntStream.range(0, 100)
                        .mapToObj(i -> insert("many" + i, Values.of(1)))
                        .toArray(TableWrite[]::new)),
                millis(1000)));
    assertThat(between.requests(SEND)).isEmpty();
  }

  @Test
  void openTransactionsHoldSoMuchTogetherAndNoMore() {
    Value large = Values.of(new byte[390_000]);
    List<Transaction> open = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      open.add(begin(null));
    }

    for (Transaction each : open) {
      for (int i = 0; i < 10; i++) {
        each.write(insert("held" + i, large));
      }
    }

    Transaction more = begin(null);
    for (int i = 0; i < 6; i++) {
      more.write(insert("held" + i, large));
    }
    assertFails(Reason.OVERLOADED, () -> more.write(insert("held" + 6, large)));
    open.getFirst().close();
    Transaction another = begin(null);
    another.write(insert("held", large));
    open.forEach(Transaction::close);
    more.close();
    another.close();
    assertThat(between.requests(SEND)).isEmpty();
  }

  @Test
  void whatDynamoDbDoesNotTakeIsRefused() {
    Value moment = Value.newBuilder().setUuidValue("00000000-0000-0000-0000-000000000000").build();

    assertFails(Reason.FIELD_INVALID, () -> write(insert("moment", moment)));
    assertFails(Reason.FIELD_INVALID, () -> write(insert("", Values.of(1))));
    assertFails(
        Reason.CONSTRAINT_VIOLATED,
        () -> write(new TableWrite.Insert(table, List.of(cell("v", Values.of(1))))));
    assertThat(between.requests(SEND)).isEmpty();
  }

  @Test
  void nullIsNoAttributeAndAnUpsertOfNothingElseMakesARow() {
    write(
        new TableWrite.Upsert(
            table, List.of(cell("id", Values.of("of nulls")), cell("v", Values.NULL))));

    assertThat(row("of nulls")).containsOnlyKeys("id");
  }

  @Test
  void aTableThatIsGoneIsLookedAtAnew() {
    rows.create("gone", new TableSpec(List.of(TableSpec.column("id", Kind.STRING)), List.of("id")));
    table = Objects.requireNonNull(transactor.table("n", "gone"));
    rows.tables().client().deleteTable(gone -> gone.tableName("n.gone"));

    assertFails(Reason.BACKEND_UNAVAILABLE, () -> write(insert("a", Values.of(1))));

    assertThat(transactor.table("n", "gone")).isNull();
  }

  @Test
  void whatAnIndexNeedsOfAColumnIsARuleOfTheTable() {
    GlobalSecondaryIndex index =
        GlobalSecondaryIndex.builder()
            .indexName("by-v")
            .keySchema(ItemTable.part("v", KeyType.HASH))
            .projection(all -> all.projectionType("ALL"))
            .build();
    rows.tables()
        .client()
        .createTable(
            make ->
                make.tableName("n.indexed")
                    .billingMode("PAY_PER_REQUEST")
                    .keySchema(ItemTable.part("id", KeyType.HASH))
                    .attributeDefinitions(List.of(text("id"), text("v")))
                    .globalSecondaryIndexes(List.of(index)));
    table = Objects.requireNonNull(transactor.table("n", "indexed"));

    assertFails(Reason.CONSTRAINT_VIOLATED, () -> write(insert("a", Values.of(1))));
    write(insert("a", Values.of("text")), insert("b", Values.NULL));
  }

  private static AttributeDefinition text(String name) {
    return AttributeDefinition.builder()
        .attributeName(name)
        .attributeType(ScalarAttributeType.S)
        .build();
  }
}
