package dev.prism.sdk.rows;

import com.google.protobuf.ByteString;
import com.google.protobuf.NullValue;
import com.google.protobuf.Timestamp;
import com.google.type.Date;
import dev.prism.type.v1.ListValue;
import dev.prism.type.v1.MapValue;
import dev.prism.type.v1.Operator;
import dev.prism.type.v1.Value;
import java.math.BigDecimal;
import java.util.Comparator;

/**
 * How values are made and compared: numbers by what they are worth, text and bytes byte by byte.
 */
public final class Values {
  /** No value. */
  public static final Value NULL = Value.newBuilder().setNullValue(NullValue.NULL_VALUE).build();

  private static final Value LIST =
      Value.newBuilder().setListValue(ListValue.getDefaultInstance()).build();
  private static final Value MAP =
      Value.newBuilder().setMapValue(MapValue.getDefaultInstance()).build();

  private static final Comparator<Timestamp> MOMENTS =
      Comparator.comparingLong(Timestamp::getSeconds).thenComparingInt(Timestamp::getNanos);
  private static final Comparator<Date> DAYS =
      Comparator.comparingInt(Date::getYear)
          .thenComparingInt(Date::getMonth)
          .thenComparingInt(Date::getDay);

  private Values() {}

  public static Value of(boolean value) {
    return Value.newBuilder().setBoolValue(value).build();
  }

  public static Value of(long value) {
    return Value.newBuilder().setInt64Value(value).build();
  }

  public static Value of(double value) {
    return Value.newBuilder().setDoubleValue(value).build();
  }

  public static Value of(String value) {
    return Value.newBuilder().setStringValue(value).build();
  }

  /** Keeps the digits as they are, without an exponent. */
  public static Value of(BigDecimal value) {
    return Value.newBuilder().setDecimalValue(value.toPlainString()).build();
  }

  /** Does not copy: the array is not to be changed. */
  public static Value of(byte[] value) {
    return Value.newBuilder()
        .setBytesValue(com.google.protobuf.UnsafeByteOperations.unsafeWrap(value))
        .build();
  }

  /** Whether {@code own operator value} holds; false where {@code own} is null. */
  static boolean holds(Value own, Operator operator, Value value) {
    if (own.hasNullValue()) {
      return false;
    }
    return switch (operator) {
      case OPERATOR_EQUAL -> equal(own, value);
      case OPERATOR_NOT_EQUAL -> !equal(own, value);
      case OPERATOR_LESS -> comparable(own, value) && compare(own, value) < 0;
      case OPERATOR_LESS_OR_EQUAL -> comparable(own, value) && compare(own, value) <= 0;
      case OPERATOR_GREATER -> comparable(own, value) && compare(own, value) > 0;
      case OPERATOR_GREATER_OR_EQUAL -> comparable(own, value) && compare(own, value) >= 0;
      case OPERATOR_CONTAINS ->
          own.hasListValue()
              ? own.getListValue().getValuesList().stream().anyMatch(each -> equal(each, value))
              : own.hasStringValue()
                  && value.hasStringValue()
                  && own.getStringValue().contains(value.getStringValue());
      case OPERATOR_STARTS_WITH ->
          own.hasStringValue() && own.getStringValue().startsWith(value.getStringValue());
      case OPERATOR_ENDS_WITH ->
          own.hasStringValue() && own.getStringValue().endsWith(value.getStringValue());
      case OPERATOR_UNSPECIFIED, UNRECOGNIZED ->
          throw new IllegalArgumentException("a condition has an operator");
    };
  }

  /** Whether the two are worth the same; never for kinds that do not compare. */
  public static boolean equal(Value one, Value other) {
    return comparable(one, other) && compare(one, other) == 0;
  }

  private static boolean comparable(Value one, Value other) {
    return !one.hasNullValue()
        && !other.hasNullValue()
        && Kind.of(one).comparesWith(Kind.of(other));
  }

  /**
   * How two values compare, each pair by itself; see {@link #order}. Null is first; values of kinds
   * that do not compare stand in the order of their kinds.
   */
  public static int compare(Value one, Value other) {
    Kind kind = Kind.of(one);
    Kind its = Kind.of(other);
    if (kind.isNumber() && its.isNumber()) {
      return compareNumbers(one, other);
    }
    if (kind != its) {
      return kind.compareTo(its);
    }
    return switch (kind) {
      case BOOL -> Boolean.compare(one.getBoolValue(), other.getBoolValue());
      case STRING -> compareBytes(one.getStringValueBytes(), other.getStringValueBytes());
      case BYTES -> compareBytes(one.getBytesValue(), other.getBytesValue());
      case TIMESTAMP -> MOMENTS.compare(one.getTimestampValue(), other.getTimestampValue());
      case DATE -> DAYS.compare(one.getDateValue(), other.getDateValue());
      case UUID -> one.getUuidValue().compareTo(other.getUuidValue());
      case ANY, LIST, DOCUMENT, INT64, DOUBLE, DECIMAL -> 0;
    };
  }

  private static int compareNumbers(Value one, Value other) {
    if (one.hasInt64Value() && other.hasInt64Value()) {
      return Long.compare(one.getInt64Value(), other.getInt64Value());
    }
    // A double and a decimal of the same digits are equal, as databases have it; a double and a
    // whole number are compared exactly.
    boolean whole = one.hasInt64Value() || other.hasInt64Value();
    boolean floating = one.hasDoubleValue() || other.hasDoubleValue();
    if (isUnbounded(one) || isUnbounded(other) || (floating && !whole)) {
      // NaN is equal to itself and greater than every number, as PostgreSQL has it too.
      double left = number(one).doubleValue();
      double right = number(other).doubleValue();
      return left == right ? 0 : Double.compare(left, right);
    }
    return exact(one).compareTo(exact(other));
  }

  private static boolean isUnbounded(Value value) {
    return value.hasDoubleValue() && !Double.isFinite(value.getDoubleValue());
  }

  private static Number number(Value value) {
    return value.hasDoubleValue() ? value.getDoubleValue() : exact(value);
  }

  /**
   * The order of rows by two values: that of {@link #compare}, in which a double may be equal to
   * two decimals that are not equal to each other. Here their digits decide, so that there is one
   * order of all values.
   */
  public static int order(Value one, Value other) {
    Kind kind = Kind.of(one);
    Kind its = Kind.of(other);
    if (kind == its || !kind.isNumber() || !its.isNumber()) {
      return compare(one, other);
    }
    return isUnbounded(one) || isUnbounded(other)
        ? Integer.compare(beyond(one), beyond(other))
        : digits(one).compareTo(digits(other));
  }

  /** Before all that have digits, among them, or after them. */
  private static int beyond(Value number) {
    if (!isUnbounded(number)) {
      return 0;
    }
    return number.getDoubleValue() < 0 ? -1 : 1;
  }

  /** A number as it is written: of a double with a fraction the digits that tell it from others. */
  private static BigDecimal digits(Value number) {
    double floating = number.getDoubleValue();
    return number.hasDoubleValue() && floating != Math.rint(floating)
        ? BigDecimal.valueOf(floating)
        : exact(number);
  }

  /** What of a value tells its place in an order: lists are all alike there, and so are maps. */
  public static Value placing(Value value) {
    return switch (Kind.of(value)) {
      case LIST -> LIST;
      case DOCUMENT -> MAP;
      default -> value;
    };
  }

  /** What a number is worth. */
  private static BigDecimal exact(Value value) {
    return switch (value.getKindCase()) {
      case INT64_VALUE -> BigDecimal.valueOf(value.getInt64Value());
      case DOUBLE_VALUE -> new BigDecimal(value.getDoubleValue());
      default -> new BigDecimal(value.getDecimalValue());
    };
  }

  private static int compareBytes(ByteString one, ByteString other) {
    return ByteString.unsignedLexicographicalComparator().compare(one, other);
  }
}
