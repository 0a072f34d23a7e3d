package dev.prism.plugin.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Condition;
import dev.prism.sdk.rows.Kind;
import dev.prism.sdk.rows.Order;
import dev.prism.sdk.rows.Table;
import dev.prism.sdk.rows.Values;
import dev.prism.type.v1.Operator;
import dev.prism.type.v1.Value;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** How much of a condition DynamoDB is asked, and by which key. */
class NarrowingTest {
  private static final Column SHOP = new Column("shop", Kind.STRING, false, "S");
  private static final Column AT = new Column("at", Kind.DECIMAL, false, "N");
  private static final Column WORD = new Column("word", Kind.ANY, true, "");
  private static final Table TABLE =
      new Table("t", "n.t", List.of(SHOP, AT), List.of(SHOP, AT), true);
  private static final Condition OF_A_SHOP = compare(SHOP, Operator.OPERATOR_EQUAL, "x");

  private static Condition compare(Column column, Operator operator, Value value) {
    return new Condition.Comparison(column, operator, value);
  }

  private static Condition compare(Column column, Operator operator, String text) {
    return compare(column, operator, Values.of(text));
  }

  private static Condition all(Condition... conditions) {
    return new Condition.All(List.of(conditions));
  }

  private static Value decimal(String digits) {
    return Value.newBuilder().setDecimalValue(digits).build();
  }

  /** Of a Scan. */
  private static Narrowing.Asked asked(Condition condition) {
    return Narrowing.of(condition, TABLE, new Expressions(), false);
  }

  private static Access access(Condition condition) {
    return Access.of(condition, TABLE, new Expressions());
  }

  @Test
  void whatACallerSaysIsNoPartOfAText() {
    Column column = new Column("a) OR attribute_exists(#0", Kind.ANY, true, "");
    Expressions expressions = new Expressions();

    Narrowing.Asked asked =
        Narrowing.of(
            compare(column, Operator.OPERATOR_EQUAL, ":0 OR 1 = 1"), TABLE, expressions, false);

    assertThat(asked).isEqualTo(new Narrowing.Asked("(#0 = :0)", 1, true));
    assertThat(expressions.names(asked.text())).isEqualTo(Map.of("#0", column.name()));
    assertThat(expressions.values(asked.text()))
        .isEqualTo(Map.of(":0", AttributeValue.fromS(":0 OR 1 = 1")));
  }

  @Test
  void namesAndValuesThatAreInNoTextAreNotSent() {
    Expressions expressions = new Expressions();
    Condition unknown = compare(WORD, Operator.OPERATOR_EQUAL, Values.of(Double.NaN));
    Condition known = compare(new Column("n", Kind.ANY, true, ""), Operator.OPERATOR_LESS, "x");

    Narrowing.Asked asked =
        Narrowing.of(
            new Condition.Any(List.of(known, new Condition.Not(unknown))),
            TABLE,
            expressions,
            false);

    assertThat(asked.text()).isEmpty();
    assertThat(expressions.names(asked.text())).isNull();
    assertThat(expressions.values(asked.text())).isNull();
  }

  @Test
  void aNumberIsAskedForByAllOfItsDigits() {
    String digits = "0.10000000000000000000000000000000000001";

    assertThat(asked(compare(WORD, Operator.OPERATOR_EQUAL, decimal(digits))).exact()).isTrue();
    assertThat(asked(compare(WORD, Operator.OPERATOR_LESS, decimal("1" + digits))))
        .isEqualTo(new Narrowing.Asked("attribute_exists(#0)", 1, false));
  }

  @Test
  void aDoubleIsAskedForBetweenItsNeighbours() {
    Expressions expressions = new Expressions();

    Narrowing.Asked asked =
        Narrowing.of(
            compare(WORD, Operator.OPERATOR_EQUAL, Values.of(0.1)), TABLE, expressions, false);

    assertThat(asked).isEqualTo(new Narrowing.Asked("(#0 BETWEEN :0 AND :1)", 2, false));
    assertThat(expressions.values(asked.text()))
        .isEqualTo(
            Map.of(
                ":0", AttributeValue.fromN("0.09999999999999999"),
                ":1", AttributeValue.fromN("0.10000000000000002")));
  }

  @Test
  void whatIsNotKnownForSureIsNotNegated() {
    Condition list = compare(WORD, Operator.OPERATOR_CONTAINS, "x");

    assertThat(asked(list)).isEqualTo(new Narrowing.Asked("contains(#0, :0)", 1, false));
    assertThat(asked(new Condition.Not(list)).text()).isEmpty();
    assertThat(asked(all(list, new Condition.IsNull(WORD))).exact()).isFalse();
  }

  @Test
  void aKindThatNoAttributeHasIsEqualToNone() {
    Value uuid = Value.newBuilder().setUuidValue("00000000-0000-0000-0000-000000000000").build();

    assertThat(asked(compare(WORD, Operator.OPERATOR_EQUAL, uuid)))
        .isEqualTo(
            new Narrowing.Asked("(attribute_exists(#0) AND attribute_not_exists(#0))", 3, true));
  }

  @Test
  void aConditionThatIsTooLongForDynamoDbIsDecidedHere() {
    Condition one = compare(WORD, Operator.OPERATOR_EQUAL, "x");
    List<Value> members = LongStream.range(0, 101).mapToObj(Values::of).toList();

    assertThat(asked(new Condition.All(Collections.nCopies(150, one))).exact()).isTrue();
    assertThat(asked(new Condition.All(Collections.nCopies(151, one))).text()).isEmpty();
    assertThat(asked(new Condition.Membership(WORD, members.subList(0, 100), false)).exact())
        .isTrue();
    assertThat(asked(new Condition.Membership(WORD, members, false)).text())
        .isEqualTo("attribute_exists(#0)");
    assertThat(asked(compare(WORD, Operator.OPERATOR_EQUAL, "x".repeat(5000))).text())
        .isEqualTo("attribute_exists(#0)");
  }

  @Test
  void noThingIsInTwoPairsOfParentheses() {
    Condition one = compare(WORD, Operator.OPERATOR_EQUAL, "x");

    assertThat(asked(all(all(one))).text()).isEqualTo("(#0 = :0)");
    assertThat(asked(new Condition.Not(new Condition.Not(one))).text())
        .isEqualTo("(NOT (NOT (#0 = :0)))");
  }

  @Test
  void aFilterThatFixesThePartitionIsAQuery() {
    Access access = access(all(compare(WORD, Operator.OPERATOR_LESS, "y"), OF_A_SHOP));

    assertThat(access.key()).isEqualTo("#0 = :0");
    assertThat(access.rest()).isEqualTo(all(compare(WORD, Operator.OPERATOR_LESS, "y")));
  }

  @Test
  void aFilterThatDoesNotFixThePartitionIsAScan() {
    for (Condition filter :
        List.of(
            compare(SHOP, Operator.OPERATOR_GREATER, "x"),
            new Condition.Any(List.of(OF_A_SHOP)),
            new Condition.Not(OF_A_SHOP),
            compare(WORD, Operator.OPERATOR_EQUAL, "x"),
            compare(SHOP, Operator.OPERATOR_EQUAL, ""))) {
      assertThat(access(filter)).as("%s", filter).isEqualTo(new Access(null, filter));
    }
  }

  @Test
  void theSortKeyNarrowsAQuery() {
    Condition least = compare(AT, Operator.OPERATOR_GREATER, Values.of(1L));
    Condition most = compare(AT, Operator.OPERATOR_LESS_OR_EQUAL, decimal("2.5"));

    assertThat(access(all(OF_A_SHOP, least))).isEqualTo(new Access("#0 = :0 AND #1 > :1", null));
    assertThat(access(all(OF_A_SHOP, compare(AT, Operator.OPERATOR_EQUAL, Values.of(1L)), most)))
        .isEqualTo(new Access("#0 = :0 AND #1 = :1", all(most)));
    // Both ends are in a BETWEEN, so that both are asked again.
    assertThat(access(all(OF_A_SHOP, least, most)))
        .isEqualTo(new Access("#0 = :0 AND #1 BETWEEN :1 AND :2", all(least, most)));
    // A double compares by other rules than DynamoDB's numbers.
    assertThat(access(all(OF_A_SHOP, compare(AT, Operator.OPERATOR_LESS, Values.of(0.1)))).key())
        .isEqualTo("#0 = :0");
  }

  @Test
  void endsThatAreTheWrongWayRoundAreNoBetween() {
    Condition least = compare(AT, Operator.OPERATOR_GREATER, Values.of(3L));
    Condition most = compare(AT, Operator.OPERATOR_LESS, Values.of(2L));

    assertThat(access(all(OF_A_SHOP, least, most)))
        .isEqualTo(new Access("#0 = :0 AND #1 > :1", all(most)));
  }

  @Test
  void aQueryIsAskedNothingMoreOfItsKey() {
    Condition rest = all(compare(AT, Operator.OPERATOR_NOT_EQUAL, Values.of(1L)), OF_A_SHOP);

    assertThat(Narrowing.of(rest, TABLE, new Expressions(), true))
        .isEqualTo(new Narrowing.Asked("", 0, false));
  }

  @Test
  void onlyTheSortKeyOrdersAPartition() {
    Access query = access(OF_A_SHOP);
    Order down = new Order(AT, true);

    assertThat(query.direction(List.of(), TABLE)).isEqualTo(Access.Direction.UP);
    assertThat(query.direction(List.of(down), TABLE)).isEqualTo(Access.Direction.DOWN);
    assertThat(query.direction(List.of(new Order(SHOP, true), new Order(AT, false)), TABLE))
        .isEqualTo(Access.Direction.UP);
    assertThat(query.direction(List.of(new Order(WORD, false), down), TABLE))
        .isEqualTo(Access.Direction.OTHER);
    assertThat(access(new Condition.IsNull(WORD)).direction(List.of(down), TABLE))
        .isEqualTo(Access.Direction.OTHER);
  }
}
