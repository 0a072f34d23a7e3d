package dev.prism.plugin.neptune;

import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Condition;
import dev.prism.sdk.rows.Kind;
import dev.prism.sdk.sql.Written;
import dev.prism.type.v1.Operator;
import dev.prism.type.v1.Value;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.StringJoiner;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The part of a condition that the graph decides: a step that lets through every vertex for which
 * the condition holds, and may let through more. What came through is judged by {@link
 * Condition#holds} unless the step is exact: Gremlin has other rules for types that do not compare,
 * for NaN, for properties of several values, for numbers that doubles do not hold and for the order
 * of text outside Unicode's first plane.
 *
 * @param step without a dot before it; empty: every vertex
 * @param exact whether it lets through no more than the condition does
 */
record Narrowing(String step, boolean exact) {
  private static final Narrowing NOTHING_SAID = new Narrowing("", false);
  private static final Narrowing ALWAYS = new Narrowing("identity()", true);
  private static final Narrowing NEVER = new Narrowing("not(identity())", true);

  /** Longer ones cost the graph more to read than they save. */
  private static final int MOST_CHARACTERS = 64 << 10;

  /** Doubles hold every whole number up to here, and no other is rounded to one below. */
  private static final BigDecimal MOST_WHOLE = BigDecimal.valueOf(1L << 53);

  private static final Instant LAST = Instant.parse("9999-12-31T23:59:59.999Z");

  /** Of a condition; null: none. */
  static Narrowing of(@Nullable Condition condition) {
    if (condition == null) {
      return new Narrowing("", true);
    }
    Narrowing narrowing = narrow(condition);
    return narrowing.step().length() > MOST_CHARACTERS ? NOTHING_SAID : narrowing;
  }

  /** With a dot before it, where there is one. */
  String append() {
    return step.isEmpty() ? "" : "." + step;
  }

  private static Narrowing narrow(Condition condition) {
    return switch (condition) {
      case Condition.All(List<Condition> conditions) -> {
        List<Narrowing> all = conditions.stream().map(Narrowing::narrow).toList();
        List<String> steps =
            all.stream().map(Narrowing::step).filter(Predicate.not(String::isEmpty)).toList();
        yield new Narrowing(joined("and", steps), all.stream().allMatch(Narrowing::exact));
      }
      case Condition.Any(List<Condition> conditions) -> {
        List<Narrowing> all = conditions.stream().map(Narrowing::narrow).toList();
        yield all.stream().anyMatch(each -> each.step().isEmpty())
            ? NOTHING_SAID
            : new Narrowing(
                joined("or", all.stream().map(Narrowing::step).toList()),
                all.stream().allMatch(Narrowing::exact));
      }
      case Condition.Not(Condition negated) -> {
        Narrowing narrowing = narrow(negated);
        yield narrowing.exact() ? new Narrowing(not(narrowing.step()), true) : NOTHING_SAID;
      }
      case Condition.IsNull(Column column) when Vertex.isReserved(column) -> ALWAYS;
      case Condition.IsNull(Column column) when Vertex.isId(column) -> NEVER;
      case Condition.IsNull(Column column) -> new Narrowing("hasNot(" + name(column) + ")", true);
      case Condition.Comparison comparison when Vertex.isReserved(comparison.column()) -> NEVER;
      case Condition.Membership membership when Vertex.isReserved(membership.column()) -> NEVER;
      case Condition.Comparison(Column column, Operator operator, Value value) ->
          Vertex.isId(column)
              ? ofId(operator, value.getStringValue())
              : ofProperty(name(column), operator, value);
      case Condition.Membership(Column column, List<Value> values, boolean excluded) ->
          Vertex.isId(column)
              ? ofIds(values, excluded)
              : ofMembership(name(column), values, excluded);
    };
  }

  private static String joined(String step, List<String> steps) {
    return switch (steps.size()) {
      case 0 -> "";
      case 1 -> steps.getFirst();
      default -> step + "(" + String.join(",", steps) + ")";
    };
  }

  private static String not(String step) {
    return "not(" + step + ")";
  }

  private static String name(Column column) {
    return Literals.text(column.name());
  }

  private static Narrowing ofId(Operator operator, String text) {
    String literal = Literals.text(text);
    return switch (operator) {
      case OPERATOR_EQUAL -> new Narrowing("hasId(" + literal + ")", true);
      case OPERATOR_NOT_EQUAL -> new Narrowing("not(hasId(" + literal + "))", true);
      case OPERATOR_CONTAINS, OPERATOR_STARTS_WITH, OPERATOR_ENDS_WITH ->
          new Narrowing("has(id," + matches(operator, literal) + ")", true);
      default ->
          isPlain(text)
              ? new Narrowing("has(id," + compares(operator, literal) + ")", true)
              : NOTHING_SAID;
    };
  }

  private static Narrowing ofIds(List<Value> values, boolean excluded) {
    String step = "hasId(" + Literals.texts(values.stream().map(Value::getStringValue)) + ")";
    return new Narrowing(excluded ? not(step) : step, true);
  }

  /** A property that a vertex has, whatever is in it. */
  private static Narrowing present(String name) {
    return new Narrowing("has(" + name + ")", false);
  }

  private static Narrowing ofProperty(String name, Operator operator, Value value) {
    return switch (operator) {
      case OPERATOR_EQUAL -> equal(name, value);
      case OPERATOR_NOT_EQUAL -> {
        Narrowing equal = equal(name, value);
        yield equal.exact() ? another(name, equal) : present(name);
      }
      case OPERATOR_CONTAINS ->
          value.hasStringValue()
              ? new Narrowing(matching(name, operator, value), false)
              : contains(name, value);
      case OPERATOR_STARTS_WITH, OPERATOR_ENDS_WITH ->
          single(name, matching(name, operator, value));
      default -> compared(name, operator, value);
    };
  }

  /** A step that is about any of the property's values, for a property that has one. */
  private static Narrowing single(String name, String step) {
    return new Narrowing("and(" + step + ",properties(" + name + ").count().is(1))", true);
  }

  /** Only text is asked for what it begins with: of anything else the question is an error. */
  private static String matching(String name, Operator operator, Value value) {
    return "where(values("
        + name
        + ").is(gte('')).is("
        + matches(operator, Literals.text(value.getStringValue()))
        + "))";
  }

  private static String matches(Operator operator, String literal) {
    return switch (operator) {
          case OPERATOR_CONTAINS -> "containing(";
          case OPERATOR_STARTS_WITH -> "startingWith(";
          default -> "endingWith(";
        }
        + literal
        + ")";
  }

  private static String compares(Operator operator, String literal) {
    return switch (operator) {
          case OPERATOR_LESS -> "lt(";
          case OPERATOR_LESS_OR_EQUAL -> "lte(";
          case OPERATOR_GREATER -> "gt(";
          case OPERATOR_GREATER_OR_EQUAL -> "gte(";
          default -> throw new IllegalArgumentException("no comparison: " + operator);
        }
        + literal
        + ")";
  }

  /** One of several values may be equal to it. */
  private static Narrowing contains(String name, Value value) {
    String literal = literal(value);
    return literal == null
        ? present(name)
        : new Narrowing("has(" + name + ",eq(" + literal + "))", false);
  }

  private static Narrowing equal(String name, Value value) {
    String literal = literal(value);
    if (literal != null) {
      return single(name, "has(" + name + ",eq(" + literal + "))");
    }
    return between(name, Bounds.of(value), true, true);
  }

  private static Narrowing ofMembership(String name, List<Value> values, boolean excluded) {
    StringJoiner literals = new StringJoiner(",", "has(" + name + ",within(", "))");
    for (Value value : values) {
      String literal = literal(value);
      if (literal == null) {
        return present(name);
      }
      literals.add(literal);
    }
    Narrowing one = single(name, literals.toString());
    return excluded ? another(name, one) : one;
  }

  /** A property that a vertex has and that is not as a step says, which is exact. */
  private static Narrowing another(String name, Narrowing one) {
    return new Narrowing("and(has(" + name + ")," + not(one.step()) + ")", true);
  }

  private static Narrowing compared(String name, Operator operator, Value value) {
    boolean less =
        operator == Operator.OPERATOR_LESS || operator == Operator.OPERATOR_LESS_OR_EQUAL;
    String literal = literal(value);
    if (literal != null && value.hasStringValue()) {
      return isPlain(value.getStringValue())
          ? single(name, "has(" + name + "," + compares(operator, literal) + ")")
          : present(name);
    }
    // Of a number NaN is not less, in Gremlin and here; but here it is greater.
    if (literal != null && Kind.of(value).isNumber() && less) {
      return single(name, "has(" + name + "," + compares(operator, literal) + ")");
    }
    return between(name, Bounds.of(value), !less, less);
  }

  /** What is beyond a bound is left out; what does not compare with it is not. */
  private static Narrowing between(
      String name, @Nullable Bounds bounds, boolean least, boolean most) {
    if (bounds == null) {
      return present(name);
    }
    String step = "has(" + name + ")";
    if (least) {
      step += ",not(has(" + name + ",lt(" + bounds.least() + ")))";
    }
    if (most) {
      step += ",not(has(" + name + ",gt(" + bounds.most() + ")))";
    }
    return new Narrowing("and(" + step + ")", false);
  }

  /** Text that every server orders as its bytes do, beside whatever text. */
  private static boolean isPlain(String text) {
    return text.chars().allMatch(c -> c < Character.MIN_SURROGATE);
  }

  /** A literal that is equal to what is equal to the value here and nothing else; or null. */
  private static @Nullable String literal(Value value) {
    return switch (Kind.of(value)) {
      case STRING -> Literals.text(value.getStringValue());
      case BOOL -> Boolean.toString(value.getBoolValue());
      case INT64, DOUBLE, DECIMAL -> {
        BigDecimal number = Bounds.exact(value);
        // Zero is not: servers tell 0.0 from -0.0.
        if (number == null || number.signum() == 0 || number.abs().compareTo(MOST_WHOLE) >= 0) {
          yield null;
        }
        double nearest = number.doubleValue();
        if (nearest == Math.rint(nearest) && number.compareTo(new BigDecimal(nearest)) == 0) {
          yield Literals.number((long) nearest);
        }
        yield number.compareTo(new BigDecimal(nearest)) == 0
                && number.compareTo(BigDecimal.valueOf(nearest)) == 0
            ? Literals.number(nearest)
            : null;
      }
      default -> null;
    };
  }

  /**
   * Literals between which a value is, on any server: doubles beside a number's own, milliseconds
   * around a moment.
   */
  private record Bounds(String least, String most) {
    /** Null where there are none. */
    static @Nullable Bounds of(Value value) {
      if (value.hasTimestampValue()) {
        Instant moment = Written.moment(value.getTimestampValue());
        Instant least = moment.truncatedTo(ChronoUnit.MILLIS);
        Instant most = least.equals(moment) ? least : least.plusMillis(1);
        return most.isAfter(LAST)
            ? null
            : new Bounds(Literals.moment(least), Literals.moment(most));
      }
      BigDecimal number = Kind.of(value).isNumber() ? exact(value) : null;
      if (number == null) {
        return null;
      }
      double least = Math.nextDown(number.doubleValue());
      double most = Math.nextUp(number.doubleValue());
      return Double.isFinite(least) && Double.isFinite(most)
          ? new Bounds(Literals.number(least), Literals.number(most))
          : null;
    }

    /** What a number is worth; null for NaN and infinities. */
    static @Nullable BigDecimal exact(Value value) {
      return switch (value.getKindCase()) {
        case INT64_VALUE -> BigDecimal.valueOf(value.getInt64Value());
        case DECIMAL_VALUE -> new BigDecimal(value.getDecimalValue());
        default ->
            Double.isFinite(value.getDoubleValue()) ? new BigDecimal(value.getDoubleValue()) : null;
      };
    }
  }
}
