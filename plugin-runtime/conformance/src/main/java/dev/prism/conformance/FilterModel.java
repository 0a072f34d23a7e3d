package dev.prism.conformance;

import dev.prism.sdk.rows.Values;
import dev.prism.type.v1.Comparison;
import dev.prism.type.v1.Filter;
import dev.prism.type.v1.Membership;
import dev.prism.type.v1.Value;
import java.util.Map;

/** What a filter says of a row, by {@code value.proto} and nothing else. */
public final class FilterModel {
  private FilterModel() {}

  /** Whether it lets a row through. */
  public static boolean holds(Filter filter, Map<String, Value> row) {
    return switch (filter.getConditionCase()) {
      case ALL_OF -> filter.getAllOf().getFiltersList().stream().allMatch(f -> holds(f, row));
      case ANY_OF -> filter.getAnyOf().getFiltersList().stream().anyMatch(f -> holds(f, row));
      case NEGATION -> !holds(filter.getNegation(), row);
      case COMPARISON -> compares(filter.getComparison(), row);
      case MEMBERSHIP -> isMember(filter.getMembership(), row);
      case IS_NULL -> value(row, filter.getIsNull()).hasNullValue();
      case CONDITION_NOT_SET -> throw new IllegalArgumentException("no condition");
    };
  }

  private static Value value(Map<String, Value> row, String column) {
    return row.getOrDefault(column, Values.NULL);
  }

  private static boolean isMember(Membership membership, Map<String, Value> row) {
    Value own = value(row, membership.getColumn());
    return !own.hasNullValue()
        && membership.getValuesList().stream().anyMatch(each -> Values.equal(own, each))
            != membership.getExcluded();
  }

  private static boolean compares(Comparison comparison, Map<String, Value> row) {
    Value own = value(row, comparison.getColumn());
    Value value = comparison.getValue();
    if (own.hasNullValue()) {
      return false;
    }
    return switch (comparison.getOp()) {
      case OPERATOR_EQUAL -> Values.equal(own, value);
      case OPERATOR_NOT_EQUAL -> !Values.equal(own, value);
      case OPERATOR_LESS -> Values.compare(own, value) < 0;
      case OPERATOR_LESS_OR_EQUAL -> Values.compare(own, value) <= 0;
      case OPERATOR_GREATER -> Values.compare(own, value) > 0;
      case OPERATOR_GREATER_OR_EQUAL -> Values.compare(own, value) >= 0;
      case OPERATOR_CONTAINS ->
          own.hasListValue()
              ? own.getListValue().getValuesList().contains(value)
              : own.getStringValue().contains(value.getStringValue());
      case OPERATOR_STARTS_WITH -> own.getStringValue().startsWith(value.getStringValue());
      case OPERATOR_ENDS_WITH -> own.getStringValue().endsWith(value.getStringValue());
      case OPERATOR_UNSPECIFIED, UNRECOGNIZED -> throw new IllegalArgumentException("no operator");
    };
  }
}
