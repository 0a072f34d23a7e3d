package dev.prism.plugin.dynamodb;

import dev.prism.sdk.reader.Query;
import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Condition;
import dev.prism.status.PrismException;
import dev.prism.type.v1.Operator;
import dev.prism.type.v1.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * The rows that a select within a transaction names. Nothing keeps others from adding a row that a
 * freer filter would hold for, or a column that nobody has named: such a select could not be
 * serializable.
 */
final class KeyFilter {
  private KeyFilter() {}

  /**
   * The keys of the rows that can be meant; those of no item's kind are left out.
   *
   * @throws PrismException CAPABILITY_UNSUPPORTED where it does not name columns, or the keys of
   *     {@code most} rows or less
   */
  static Set<Map<String, AttributeValue>> keys(Query query, int most) {
    Condition filter = query.filter();
    if (query.columns().isEmpty() || filter == null) {
      throw Refusals.selectsTooFreely();
    }
    List<Map<String, AttributeValue>> keys = List.of(Map.of());
    for (Column column : query.table().key()) {
      List<Value> values =
          every(filter)
              .map(each -> values(each, column))
              .filter(each -> each != null)
              .findFirst()
              .orElseThrow(Refusals::selectsTooFreely);
      if ((long) keys.size() * values.size() > most) {
        throw Refusals.selectsTooFreely();
      }
      List<Map<String, AttributeValue>> longer = new ArrayList<>();
      for (Value value : values) {
        AttributeValue part = Attributes.keyPart(query.table(), column, value);
        if (part != null) {
          for (Map<String, AttributeValue> key : keys) {
            Map<String, AttributeValue> one = new HashMap<>(key);
            one.put(column.name(), part);
            longer.add(one);
          }
        }
      }
      keys = longer;
    }
    return new LinkedHashSet<>(keys);
  }

  /** The conditions that all must hold. */
  private static Stream<Condition> every(Condition condition) {
    return condition instanceof Condition.All(var conditions)
        ? conditions.stream().flatMap(KeyFilter::every)
        : Stream.of(condition);
  }

  /** The values that a condition leaves a column; null where it does not say which. */
  private static @Nullable List<Value> values(Condition condition, Column column) {
    return switch (condition) {
      case Condition.Comparison(var own, var operator, var value)
          when own.equals(column) && operator == Operator.OPERATOR_EQUAL ->
          List.of(value);
      case Condition.Membership(var own, var values, var excluded)
          when own.equals(column) && !excluded ->
          values;
      default -> null;
    };
  }

  /** The columns that have to be looked at for such a query. */
  static Set<String> columns(Query query) {
    Set<String> columns = new LinkedHashSet<>();
    query.columns().forEach(each -> columns.add(each.name()));
    query.sort().forEach(each -> columns.add(each.column().name()));
    if (query.filter() != null) {
      add(columns, query.filter());
    }
    return columns;
  }

  private static void add(Set<String> columns, Condition condition) {
    switch (condition) {
      case Condition.All(var conditions) -> conditions.forEach(each -> add(columns, each));
      case Condition.Any(var conditions) -> conditions.forEach(each -> add(columns, each));
      case Condition.Not(var negated) -> add(columns, negated);
      case Condition.Comparison comparison -> columns.add(comparison.column().name());
      case Condition.Membership membership -> columns.add(membership.column().name());
      case Condition.IsNull(var column) -> columns.add(column.name());
    }
  }
}
