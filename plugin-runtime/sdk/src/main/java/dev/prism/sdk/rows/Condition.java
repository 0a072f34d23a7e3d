package dev.prism.sdk.rows;

import dev.prism.type.v1.Operator;
import dev.prism.type.v1.Value;
import java.util.List;
import java.util.function.Function;

/**
 * A condition on a row, checked against its table: {@code prism.type.v1.Filter} with columns
 * instead of names. Logic has two values: a test of a column that is null or absent is false.
 */
public sealed interface Condition {
  /** Every one holds; at least one is given. */
  record All(List<Condition> conditions) implements Condition {}

  /** One holds or more; at least one is given. */
  record Any(List<Condition> conditions) implements Condition {}

  /** The one given does not hold. */
  record Not(Condition condition) implements Condition {}

  /**
   * A column compared with a value.
   *
   * @param value not null, and of a kind that compares with the column's, or that a list or text
   *     may contain
   */
  record Comparison(Column column, Operator operator, Value value) implements Condition {}

  /**
   * A column compared with several values.
   *
   * @param values 1 to 1000, none null, each of a kind that compares with the column's
   * @param excluded whether it is none of these, instead of one
   */
  record Membership(Column column, List<Value> values, boolean excluded) implements Condition {}

  /** A column is null or absent. */
  record IsNull(Column column) implements Condition {}

  /**
   * Whether it holds for a row: what every backend's own answer is measured by.
   *
   * @param row the value of a column; a null value where there is none
   */
  default boolean holds(Function<Column, Value> row) {
    return switch (this) {
      case All(List<Condition> conditions) -> conditions.stream().allMatch(c -> c.holds(row));
      case Any(List<Condition> conditions) -> conditions.stream().anyMatch(c -> c.holds(row));
      case Not(Condition condition) -> !condition.holds(row);
      case Comparison(Column column, Operator operator, Value value) ->
          Values.holds(row.apply(column), operator, value);
      case Membership(Column column, List<Value> values, boolean excluded) -> {
        Value own = row.apply(column);
        yield !own.hasNullValue()
            && values.stream().anyMatch(value -> Values.equal(own, value)) != excluded;
      }
      case IsNull(Column column) -> row.apply(column).hasNullValue();
    };
  }
}
