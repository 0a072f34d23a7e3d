package dev.prism.plugin.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.prism.sdk.reader.Query;
import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Condition;
import dev.prism.sdk.rows.Kind;
import dev.prism.sdk.rows.Order;
import dev.prism.sdk.rows.Table;
import dev.prism.sdk.rows.Values;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import dev.prism.type.v1.Operator;
import dev.prism.type.v1.Value;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** A select within a transaction names its rows by their keys, and its columns. */
class KeyFilterTest {
  private static final Column A = new Column("a", Kind.STRING, false, "S");
  private static final Column B = new Column("b", Kind.DECIMAL, false, "N");
  private static final Column OTHER = new Column("other", Kind.ANY, true, "");
  private static final Table TABLE = new Table("t", "n.t", List.of(A, B), List.of(A, B), true);

  private static Condition is(Column column, Value value) {
    return new Condition.Comparison(column, Operator.OPERATOR_EQUAL, value);
  }

  private static Condition isOneOf(Column column, Value... values) {
    return new Condition.Membership(column, List.of(values), false);
  }

  private static Query query(@Nullable Condition filter) {
    return new Query(TABLE, List.of(OTHER), filter, List.of());
  }

  private static Map<String, AttributeValue> key(String a, String b) {
    return Map.of("a", AttributeValue.fromS(a), "b", AttributeValue.fromN(b));
  }

  private static void assertTooFree(Query query, int most) {
    assertThatThrownBy(() -> KeyFilter.keys(query, most))
        .isInstanceOfSatisfying(
            PrismException.class,
            e -> assertThat(e.reason()).isEqualTo(Reason.CAPABILITY_UNSUPPORTED));
  }

  @Test
  void aKeyIsNamedByAValueOfEachOfItsColumns() {
    Condition filter =
        new Condition.All(
            List.of(
                is(OTHER, Values.of("x")),
                new Condition.All(List.of(is(B, Values.of(2.0)), is(A, Values.of("x"))))));

    assertThat(KeyFilter.keys(query(filter), 100)).containsExactly(key("x", "2"));
  }

  @Test
  void severalKeysAreNamedBySeveralValues() {
    Condition filter =
        new Condition.All(
            List.of(
                isOneOf(A, Values.of("x"), Values.of("y"), Values.of("x")),
                isOneOf(B, Values.of(1), Values.of(2))));

    assertThat(KeyFilter.keys(query(filter), 100))
        .containsExactlyInAnyOrder(key("x", "1"), key("x", "2"), key("y", "1"), key("y", "2"));
    assertTooFree(query(filter), 5);
  }

  @Test
  void aKeyThatNoItemCanHaveIsLeftOut() {
    Condition filter =
        new Condition.All(List.of(isOneOf(A, Values.of(""), Values.of("x")), is(B, Values.of(1))));

    assertThat(KeyFilter.keys(query(filter), 100)).containsExactly(key("x", "1"));
  }

  @Test
  void whatMayMeanOtherRowsIsRefused() {
    Condition whole = new Condition.All(List.of(is(A, Values.of("x")), is(B, Values.of(1))));
    List<Value> many = LongStream.range(0, 101).mapToObj(Values::of).toList();

    assertTooFree(query(null), 100);
    assertTooFree(query(is(A, Values.of("x"))), 100);
    assertTooFree(query(new Condition.Not(whole)), 100);
    assertTooFree(query(new Condition.Any(List.of(whole, whole))), 100);
    assertTooFree(
        query(
            new Condition.All(
                List.of(
                    is(A, Values.of("x")),
                    new Condition.Comparison(B, Operator.OPERATOR_LESS, Values.of(1))))),
        100);
    assertTooFree(
        query(
            new Condition.All(
                List.of(is(A, Values.of("x")), new Condition.Membership(B, many, false)))),
        100);
    assertTooFree(
        query(
            new Condition.All(
                List.of(
                    is(A, Values.of("x")),
                    new Condition.Membership(B, List.of(Values.of(1)), true)))),
        100);
    assertTooFree(new Query(TABLE, List.of(), whole, List.of()), 100);
  }

  @Test
  void allColumnsAreLookedAtThatTheAnswerDependsOn() {
    Column sorted = new Column("sorted", Kind.ANY, true, "");
    Column deep = new Column("deep", Kind.ANY, true, "");
    Condition filter =
        new Condition.All(
            List.of(
                is(A, Values.of("x")),
                is(B, Values.of(1)),
                new Condition.Not(new Condition.Any(List.of(new Condition.IsNull(deep))))));

    assertThat(
            KeyFilter.columns(
                new Query(TABLE, List.of(OTHER), filter, List.of(new Order(sorted, true)))))
        .containsExactlyInAnyOrder("other", "sorted", "a", "b", "deep");
  }
}
