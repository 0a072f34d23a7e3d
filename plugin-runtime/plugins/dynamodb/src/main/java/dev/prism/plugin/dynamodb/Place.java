package dev.prism.plugin.dynamodb;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.prism.sdk.rows.Order;
import dev.prism.sdk.rows.Table;
import dev.prism.sdk.rows.Values;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import dev.prism.type.v1.ListValue;
import dev.prism.type.v1.Value;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Where an item is.
 *
 * @param sorted what it is ordered by before its key, one a step; lists and maps are all alike
 *     there
 * @param key one a column of the table's key
 */
record Place(List<Value> sorted, List<Value> key) {
  /** No cursor holds more, and a page's worth of places is held at once. */
  private static final int MOST_BYTES = 4096;

  /**
   * Of a row.
   *
   * @param sort the caller's order; empty: the table's own
   * @throws PrismException VALUE_TOO_LARGE
   */
  static Place of(Table table, Map<String, Value> row, List<Order> sort) {
    Place place =
        new Place(
            sort.stream().map(step -> Values.placing(value(row, step.column().name()))).toList(),
            table.key().stream().map(column -> value(row, column.name())).toList());
    if (place.size() > MOST_BYTES) {
      throw PrismException.of(
          Reason.VALUE_TOO_LARGE,
          "the values that the rows are ordered by are too large for a cursor; order by others");
    }
    return place;
  }

  private static Value value(Map<String, Value> row, String column) {
    return row.getOrDefault(column, Values.NULL);
  }

  /** About how many bytes it takes. */
  int size() {
    return Stream.concat(sorted.stream(), key.stream()).mapToInt(Value::getSerializedSize).sum();
  }

  byte[] bytes() {
    return ListValue.newBuilder().addAllValues(sorted).addAllValues(key).build().toByteArray();
  }

  /**
   * What {@link #bytes} made.
   *
   * @param steps of the order
   * @throws PrismException CURSOR_INVALID where the table has another key since
   */
  static Place parse(byte[] bytes, int steps, Table table) {
    try {
      List<Value> values = ListValue.parseFrom(bytes).getValuesList();
      if (values.size() == steps + table.key().size()) {
        List<Value> key = List.copyOf(values.subList(steps, values.size()));
        if (Attributes.key(table, key) != null) {
          return new Place(List.copyOf(values.subList(0, steps)), key);
        }
      }
    } catch (InvalidProtocolBufferException e) {
      // Said below: it was authentic, so another version made it.
    }
    throw PrismException.of(
        Reason.CURSOR_INVALID, "the table's key has changed, or another version made the cursor");
  }

  static Comparator<Place> order(List<Order> sort) {
    return Comparator.comparing(Place::sorted, Order.by(sort))
        .thenComparing(Place::key, Place::compareKeys);
  }

  private static int compareKeys(List<Value> one, List<Value> other) {
    int order = 0;
    for (int i = 0; i < one.size() && order == 0; i++) {
      order = Values.order(one.get(i), other.get(i));
    }
    return order;
  }
}
