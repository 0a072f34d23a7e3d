package dev.prism.plugin.dynamodb;

import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Condition;
import dev.prism.sdk.rows.Kind;
import dev.prism.sdk.rows.Table;
import dev.prism.type.v1.Operator;
import dev.prism.type.v1.Value;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * The part of a condition that DynamoDB decides: a filter expression that never leaves out an item
 * for which the condition holds, and may let through more. What came through is judged by {@link
 * Condition#holds} unless the expression is exact. Values of another type than the attribute's are
 * neither less nor equal at DynamoDB, as in the contract; doubles, which compare with decimals as
 * doubles, DynamoDB does not have.
 */
final class Narrowing {
  /** DynamoDB reads no longer text, no more operators and no more operands of IN. */
  private static final int MOST_CHARACTERS = 4096;

  private static final int MOST_OPERATORS = 300;
  private static final int MOST_OPERANDS = 100;

  /** Of a value: longer ones would make a request too large. */
  private static final int MOST_VALUE_BYTES = 4096;

  private final Table table;
  private final Expressions expressions;

  /** Whether the request is a Query, whose filter may not name the key's columns. */
  private final boolean query;

  private Narrowing(Table table, Expressions expressions, boolean query) {
    this.table = table;
    this.expressions = expressions;
    this.query = query;
  }

  /**
   * What DynamoDB is asked.
   *
   * @param text empty: nothing
   * @param exact whether it lets through no more than the condition does
   */
  record Asked(String text, int operators, boolean exact) {
    private static final Asked NOTHING = new Asked("", 0, false);

    /** As a request has it. */
    @Nullable String filter() {
      return text.isEmpty() ? null : text;
    }
  }

  /** Of a condition; null: none. */
  static Asked of(
      @Nullable Condition condition, Table table, Expressions expressions, boolean query) {
    if (condition == null) {
      return new Asked("", 0, true);
    }
    Asked asked = new Narrowing(table, expressions, query).narrow(condition);
    return asked.text().length() > MOST_CHARACTERS || asked.operators() > MOST_OPERATORS
        ? Asked.NOTHING
        : asked;
  }

  private Asked narrow(Condition condition) {
    return switch (condition) {
      case Condition.All(List<Condition> conditions) -> {
        List<Asked> all = conditions.stream().map(this::narrow).toList();
        yield joined(" AND ", all.stream().filter(each -> !each.text().isEmpty()).toList(), all);
      }
      case Condition.Any(List<Condition> conditions) -> {
        List<Asked> all = conditions.stream().map(this::narrow).toList();
        yield all.stream().anyMatch(each -> each.text().isEmpty())
            ? Asked.NOTHING
            : joined(" OR ", all, all);
      }
      case Condition.Not(Condition negated) -> {
        Asked asked = narrow(negated);
        yield asked.exact()
            ? new Asked("(NOT " + asked.text() + ")", asked.operators() + 1, true)
            : Asked.NOTHING;
      }
      case Condition.Comparison(Column column, Operator operator, Value value) ->
          isUnasked(column) ? Asked.NOTHING : compared(column, operator, value);
      case Condition.Membership(Column column, List<Value> values, boolean excluded) ->
          isUnasked(column) ? Asked.NOTHING : member(column, values, excluded);
      case Condition.IsNull(Column column) -> {
        if (table.key().contains(column)) {
          yield query ? Asked.NOTHING : never(column);
        }
        String name = expressions.name(column);
        yield exact("(attribute_not_exists(" + name + ") OR " + typed(name, "NULL") + ")", 3);
      }
    };
  }

  private boolean isUnasked(Column column) {
    return query && table.key().contains(column);
  }

  private static Asked joined(String operator, List<Asked> parts, List<Asked> all) {
    if (parts.isEmpty()) {
      return Asked.NOTHING;
    }
    boolean exact = all.stream().allMatch(Asked::exact);
    if (parts.size() == 1) { // two pairs of parentheses around one thing are refused
      return new Asked(parts.getFirst().text(), parts.getFirst().operators(), exact);
    }
    StringJoiner text = new StringJoiner(operator, "(", ")");
    parts.forEach(part -> text.add(part.text()));
    return new Asked(
        text.toString(), parts.stream().mapToInt(Asked::operators).sum() + parts.size() - 1, exact);
  }

  private static Asked exact(String text, int operators) {
    return new Asked(text, operators, true);
  }

  private static Asked more(String text) {
    return new Asked(text, 1, false);
  }

  private Asked never(Column column) {
    String name = expressions.name(column);
    return exact("(attribute_exists(" + name + ") AND attribute_not_exists(" + name + "))", 3);
  }

  /** An attribute that an item has, whatever it is. */
  private Asked present(Column column) {
    return more("attribute_exists(" + expressions.name(column) + ")");
  }

  private String typed(String name, String type) {
    return "attribute_type(%s, %s)".formatted(name, expressions.value(AttributeValue.fromS(type)));
  }

  /** An attribute that is not null and not as {@code one} says, which is exact. */
  private Asked another(Column column, Asked one) {
    String name = expressions.name(column);
    return exact(
        "(attribute_exists(%s) AND NOT %s AND NOT %s)"
            .formatted(name, typed(name, "NULL"), one.text()),
        one.operators() + 6);
  }

  private Asked compared(Column column, Operator operator, Value value) {
    return switch (operator) {
      case OPERATOR_EQUAL -> equal(column, value);
      case OPERATOR_NOT_EQUAL -> {
        Asked equal = equal(column, value);
        yield equal.exact() ? another(column, equal) : present(column);
      }
      case OPERATOR_CONTAINS -> {
        AttributeValue part = isEmpty(value) || value.hasBoolValue() ? null : same(value);
        yield part == null ? present(column) : more(function("contains", column, part));
      }
      case OPERATOR_STARTS_WITH, OPERATOR_ENDS_WITH -> {
        AttributeValue part = same(value);
        if (isEmpty(value)) {
          yield exact("(" + typed(expressions.name(column), "S") + ")", 1);
        }
        if (part == null) {
          yield present(column);
        }
        yield operator == Operator.OPERATOR_STARTS_WITH
            ? exact("(" + function("begins_with", column, part) + ")", 1)
            : more(function("contains", column, part));
      }
      default -> ordered(column, operator, value);
    };
  }

  private String function(String function, Column column, AttributeValue part) {
    return "%s(%s, %s)".formatted(function, expressions.name(column), expressions.value(part));
  }

  private Asked equal(Column column, Value value) {
    if (isNone(value)) {
      return never(column);
    }
    AttributeValue same = same(value);
    if (same != null && !(isEmpty(value) && table.key().contains(column))) {
      return exact("(" + infix(column, "=", same) + ")", 1);
    }
    Bounds bounds = Bounds.of(value);
    return bounds == null
        ? present(column)
        : new Asked(
            "(%s BETWEEN %s AND %s)"
                .formatted(
                    expressions.name(column),
                    expressions.value(bounds.least()),
                    expressions.value(bounds.most())),
            2,
            false);
  }

  private String infix(Column column, String operator, AttributeValue value) {
    return expressions.name(column) + " " + operator + " " + expressions.value(value);
  }

  private Asked ordered(Column column, Operator operator, Value value) {
    if (isNone(value)) {
      return never(column);
    }
    AttributeValue same = same(value);
    if (same == null) {
      Bounds bounds = Bounds.of(value);
      boolean less =
          operator == Operator.OPERATOR_LESS || operator == Operator.OPERATOR_LESS_OR_EQUAL;
      return bounds == null
          ? present(column)
          : more(less ? infix(column, "<=", bounds.most()) : infix(column, ">=", bounds.least()));
    }
    if (value.hasBoolValue() || (isEmpty(value) && table.key().contains(column))) {
      return present(column); // which DynamoDB does not order
    }
    return exact("(" + infix(column, sign(operator), same) + ")", 1);
  }

  /** How expressions write it. */
  static String sign(Operator operator) {
    return switch (operator) {
      case OPERATOR_EQUAL -> "=";
      case OPERATOR_LESS -> "<";
      case OPERATOR_LESS_OR_EQUAL -> "<=";
      case OPERATOR_GREATER -> ">";
      case OPERATOR_GREATER_OR_EQUAL -> ">=";
      default -> throw new IllegalArgumentException("no comparison: " + operator);
    };
  }

  private Asked member(Column column, List<Value> values, boolean excluded) {
    List<AttributeValue> operands = new ArrayList<>();
    for (Value value : values) {
      if (!isNone(value)) {
        AttributeValue same = isEmpty(value) && table.key().contains(column) ? null : same(value);
        if (same == null || operands.size() == MOST_OPERANDS) {
          return present(column);
        }
        operands.add(same);
      }
    }
    if (operands.isEmpty()) {
      Asked never = never(column);
      return excluded ? another(column, never) : never;
    }
    StringJoiner list = new StringJoiner(", ", "(" + expressions.name(column) + " IN (", "))");
    operands.forEach(operand -> list.add(expressions.value(operand)));
    Asked one = exact(list.toString(), operands.size());
    return excluded ? another(column, one) : one;
  }

  /** Whether it is of a kind that no attribute is of, so that none is less, equal or greater. */
  private static boolean isNone(Value value) {
    return switch (Kind.of(value)) {
      case TIMESTAMP, DATE, UUID -> true;
      default -> false;
    };
  }

  private static boolean isEmpty(Value value) {
    return (value.hasStringValue() && value.getStringValue().isEmpty())
        || (value.hasBytesValue() && value.getBytesValue().isEmpty());
  }

  /**
   * An attribute that compares with all others as the value does; null where there is none, or
   * where it is too large.
   */
  static @Nullable AttributeValue same(Value value) {
    return value.hasDoubleValue() || value.getSerializedSize() > MOST_VALUE_BYTES
        ? null
        : Attributes.attribute(value);
  }

  /** Between which all numbers are that are equal to a double. */
  private record Bounds(AttributeValue least, AttributeValue most) {
    /** Null where there are none. */
    static @Nullable Bounds of(Value value) {
      double number = value.getDoubleValue();
      if (!value.hasDoubleValue() || !Double.isFinite(number)) {
        return null;
      }
      // No number of DynamoDB's is so small that it would be zero as a double.
      AttributeValue least = number == 0 ? nearest(0) : nearest(Math.nextDown(number));
      AttributeValue most = number == 0 ? nearest(0) : nearest(Math.nextUp(number));
      return least == null || most == null ? null : new Bounds(least, most);
    }

    private static @Nullable AttributeValue nearest(double number) {
      return Double.isFinite(number) ? Attributes.number(BigDecimal.valueOf(number)) : null;
    }
  }
}
