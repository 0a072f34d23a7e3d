package dev.prism.plugin.dynamodb;

import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Table;
import dev.prism.sdk.rows.Values;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import dev.prism.type.v1.ListValue;
import dev.prism.type.v1.MapValue;
import dev.prism.type.v1.Value;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * Values as DynamoDB's attributes and back. A number is int64 where it is whole and fits, otherwise
 * a decimal; a set is a list, in the order in which DynamoDB has it.
 */
final class Attributes {
  /** Of a number, and of the exponent of its first digit. */
  private static final int MOST_DIGITS = 38;

  private static final int LEAST_EXPONENT = -130;
  private static final int MOST_EXPONENT = 125;

  /** No int64 has more. */
  private static final int LONG_DIGITS = 19;

  private static final int MOST_PARTITION_KEY_BYTES = 2048;
  private static final int MOST_SORT_KEY_BYTES = 1024;

  private Attributes() {}

  /** What an attribute is worth. */
  static Value value(AttributeValue attribute) {
    return switch (attribute.type()) {
      case S -> Values.of(attribute.s());
      case N -> number(attribute.n());
      case B -> Values.of(attribute.b().asByteArrayUnsafe());
      case BOOL -> Values.of((boolean) attribute.bool());
      case NUL -> Values.NULL;
      case L -> list(attribute.l().stream().map(Attributes::value));
      case SS -> list(attribute.ss().stream().map(Values::of));
      case NS -> list(attribute.ns().stream().map(Attributes::number));
      case BS -> list(attribute.bs().stream().map(each -> Values.of(each.asByteArrayUnsafe())));
      case M -> {
        MapValue.Builder map = MapValue.newBuilder();
        attribute.m().forEach((name, each) -> map.putEntries(name, value(each)));
        yield Value.newBuilder().setMapValue(map).build();
      }
      case UNKNOWN_TO_SDK_VERSION ->
          throw PrismException.of(
              Reason.DATA_CORRUPT, "an item has an attribute of a type that is not known");
    };
  }

  private static Value list(Stream<Value> values) {
    ListValue.Builder list = ListValue.newBuilder();
    values.forEach(list::addValues);
    return Value.newBuilder().setListValue(list).build();
  }

  private static Value number(String text) {
    BigDecimal number = new BigDecimal(text);
    if (number.precision() - number.scale() <= LONG_DIGITS
        && (number.scale() <= 0 || number.stripTrailingZeros().scale() <= 0)) {
      try {
        return Values.of(number.longValueExact());
      } catch (ArithmeticException e) {
        // Larger than a long: a decimal.
      }
    }
    return Values.of(number);
  }

  /** A row: the columns of the key, then the others by their names. */
  static Map<String, Value> row(Table table, Map<String, AttributeValue> item) {
    Map<String, Value> row = LinkedHashMap.newLinkedHashMap(item.size());
    for (Column column : table.key()) {
      AttributeValue attribute = item.get(column.name());
      if (attribute != null) {
        row.put(column.name(), value(attribute));
      }
    }
    new TreeMap<>(item).forEach((name, each) -> row.computeIfAbsent(name, _ -> value(each)));
    return row;
  }

  /**
   * A value's attribute; null where DynamoDB has none for it: a moment, a day, a UUID, a number
   * that is no number or not finite, one of more than 38 digits or beyond 1E-130 and 9.9E+125, and
   * what holds one of these.
   */
  static @Nullable AttributeValue attribute(Value value) {
    return switch (value.getKindCase()) {
      case NULL_VALUE -> AttributeValue.fromNul(true);
      case BOOL_VALUE -> AttributeValue.fromBool(value.getBoolValue());
      case STRING_VALUE -> AttributeValue.fromS(value.getStringValue());
      case BYTES_VALUE ->
          AttributeValue.fromB(SdkBytes.fromByteArrayUnsafe(value.getBytesValue().toByteArray()));
      case INT64_VALUE -> AttributeValue.fromN(Long.toString(value.getInt64Value()));
      case DOUBLE_VALUE ->
          Double.isFinite(value.getDoubleValue())
              ? number(BigDecimal.valueOf(value.getDoubleValue()))
              : null;
      case DECIMAL_VALUE -> number(new BigDecimal(value.getDecimalValue()));
      case LIST_VALUE -> list(value.getListValue().getValuesList());
      case MAP_VALUE -> map(value.getMapValue().getEntriesMap());
      case TIMESTAMP_VALUE, DATE_VALUE, UUID_VALUE, KIND_NOT_SET -> null;
    };
  }

  /** A number's attribute; null where DynamoDB cannot hold all of its digits. */
  static @Nullable AttributeValue number(BigDecimal number) {
    BigDecimal digits = number.stripTrailingZeros();
    int exponent = digits.precision() - digits.scale() - 1;
    boolean held =
        digits.signum() == 0
            || (digits.precision() <= MOST_DIGITS
                && exponent >= LEAST_EXPONENT
                && exponent <= MOST_EXPONENT);
    return held ? AttributeValue.fromN(digits.toPlainString()) : null;
  }

  private static @Nullable AttributeValue list(List<Value> values) {
    List<AttributeValue> list = new ArrayList<>(values.size());
    for (Value value : values) {
      AttributeValue attribute = attribute(value);
      if (attribute == null) {
        return null;
      }
      list.add(attribute);
    }
    return AttributeValue.fromL(list);
  }

  private static @Nullable AttributeValue map(Map<String, Value> values) {
    Map<String, AttributeValue> map = HashMap.newHashMap(values.size());
    for (Map.Entry<String, Value> entry : values.entrySet()) {
      AttributeValue attribute = attribute(entry.getValue());
      if (attribute == null) {
        return null;
      }
      map.put(entry.getKey(), attribute);
    }
    return AttributeValue.fromM(map);
  }

  /**
   * The key of an item, or null where no item can have it: a value of another type than the key's,
   * an empty one or one that is too long.
   *
   * @param values one for each column of the table's key, in its order
   */
  static @Nullable Map<String, AttributeValue> key(Table table, List<Value> values) {
    Map<String, AttributeValue> key = HashMap.newHashMap(values.size());
    for (int i = 0; i < values.size(); i++) {
      Column column = table.key().get(i);
      AttributeValue part = keyPart(table, column, values.get(i));
      if (part == null) {
        return null;
      }
      key.put(column.name(), part);
    }
    return key;
  }

  /** As {@link #key}, of one of its columns. */
  static @Nullable AttributeValue keyPart(Table table, Column column, Value value) {
    AttributeValue part = attribute(value);
    if (part == null || !part.type().name().equals(column.nativeType())) {
      return null;
    }
    int most =
        column.equals(table.key().getFirst()) ? MOST_PARTITION_KEY_BYTES : MOST_SORT_KEY_BYTES;
    int bytes =
        switch (part.type()) {
          case S -> value.getStringValueBytes().size();
          case B -> value.getBytesValue().size();
          default -> 1;
        };
    return bytes > 0 && bytes <= most ? part : null;
  }
}
