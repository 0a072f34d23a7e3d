package dev.prism.plugin.dynamodb;

import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Condition;
import dev.prism.sdk.rows.Order;
import dev.prism.sdk.rows.Table;
import dev.prism.sdk.rows.Values;
import dev.prism.type.v1.Operator;
import dev.prism.type.v1.Value;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * How a table's items are reached: where the filter fixes the partition key, by a Query of that
 * partition, and of no more of it than the filter says of the sort key; otherwise by a Scan of the
 * whole table.
 *
 * @param key the Query's key condition; null: a Scan
 * @param rest what the key condition does not decide; null: nothing
 */
record Access(@Nullable String key, @Nullable Condition rest) {
  boolean isQuery() {
    return key != null;
  }

  static Access of(@Nullable Condition filter, Table table, Expressions expressions) {
    List<Condition> all = new ArrayList<>();
    if (filter != null) {
      flatten(filter, all);
    }
    Condition.Comparison partition =
        first(all, table, table.key().getFirst(), Operator.OPERATOR_EQUAL);
    if (partition == null) {
      return new Access(null, filter);
    }
    all.remove(partition);
    String key = sign(partition, expressions);
    if (table.key().size() > 1) {
      key += sortKey(all, table, expressions);
    }
    return new Access(key, all.isEmpty() ? null : new Condition.All(List.copyOf(all)));
  }

  private static void flatten(Condition condition, List<Condition> all) {
    if (condition instanceof Condition.All(List<Condition> conditions)) {
      conditions.forEach(each -> flatten(each, all));
    } else {
      all.add(condition);
    }
  }

  /** The first one with this operator on a column of the key, whose value may be in a key. */
  private static Condition.@Nullable Comparison first(
      List<Condition> all, Table table, Column column, Operator operator) {
    for (Condition each : all) {
      if (each instanceof Condition.Comparison comparison
          && comparison.column().equals(column)
          && comparison.operator() == operator
          && Narrowing.same(comparison.value()) != null
          && Attributes.keyPart(table, column, comparison.value()) != null) {
        return comparison;
      }
    }
    return null;
  }

  /**
   * The one condition on the sort key that DynamoDB takes; what it decides is taken out of {@code
   * all}.
   */
  private static String sortKey(List<Condition> all, Table table, Expressions expressions) {
    Column column = table.key().get(1);
    for (Operator single : List.of(Operator.OPERATOR_EQUAL, Operator.OPERATOR_STARTS_WITH)) {
      Condition.Comparison found = first(all, table, column, single);
      if (found != null) {
        all.remove(found);
        return " AND " + sign(found, expressions);
      }
    }
    Condition.Comparison least =
        either(all, table, Operator.OPERATOR_GREATER_OR_EQUAL, Operator.OPERATOR_GREATER);
    Condition.Comparison most =
        either(all, table, Operator.OPERATOR_LESS_OR_EQUAL, Operator.OPERATOR_LESS);
    if (least != null && most != null && Values.compare(least.value(), most.value()) <= 0) {
      // Which has both ends in it: whoever wants one of them left out is asked here again.
      return " AND %s BETWEEN %s AND %s"
          .formatted(
              expressions.name(column),
              expressions.value(attribute(least.value())),
              expressions.value(attribute(most.value())));
    }
    Condition.Comparison one = least != null ? least : most;
    if (one == null) {
      return "";
    }
    all.remove(one);
    return " AND " + sign(one, expressions);
  }

  private static Condition.@Nullable Comparison either(
      List<Condition> all, Table table, Operator one, Operator other) {
    Column column = table.key().get(1);
    Condition.Comparison found = first(all, table, column, one);
    return found != null ? found : first(all, table, column, other);
  }

  private static String sign(Condition.Comparison comparison, Expressions expressions) {
    String name = expressions.name(comparison.column());
    String value = expressions.value(attribute(comparison.value()));
    return comparison.operator() == Operator.OPERATOR_STARTS_WITH
        ? "begins_with(" + name + ", " + value + ")"
        : name + " " + Narrowing.sign(comparison.operator()) + " " + value;
  }

  private static AttributeValue attribute(Value value) {
    AttributeValue attribute = Attributes.attribute(value);
    if (attribute == null) {
      throw new IllegalStateException("a value that was looked at has no attribute");
    }
    return attribute;
  }

  /** In which order items come. */
  enum Direction {
    UP,
    DOWN,
    /** The caller's order is not the table's. */
    OTHER
  }

  /**
   * Whether an order of the caller's is that of the items: in one partition they are in the order
   * of the sort key, which no two have the same.
   */
  Direction direction(List<Order> sort, Table table) {
    if (sort.isEmpty()) {
      return Direction.UP;
    }
    if (!isQuery()) {
      return Direction.OTHER;
    }
    for (Order step : sort) {
      if (!step.column().equals(table.key().getFirst())) { // where all are alike
        boolean own = table.key().size() > 1 && step.column().equals(table.key().get(1));
        if (table.key().size() > 1 && !own) {
          return Direction.OTHER;
        }
        return step.descending() && own ? Direction.DOWN : Direction.UP;
      }
    }
    return Direction.UP;
  }
}
