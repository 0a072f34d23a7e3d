package dev.prism.plugin.memory;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.prism.sdk.keyvalue.Key;
import dev.prism.sdk.rows.Order;
import dev.prism.sdk.rows.Values;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import dev.prism.type.v1.ListValue;
import dev.prism.type.v1.Value;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * Where a row is in an order.
 *
 * @param values those that it is ordered by before its key
 */
record Place(List<Value> values, Key key) {
  /** No cursor holds more, and a page's worth of places is held at once. */
  private static final int MOST_BYTES = 4096;

  /**
   * Of a row.
   *
   * @throws PrismException VALUE_TOO_LARGE
   */
  static Place of(Map<String, Value> row, Key key, List<Order> sort) {
    List<Value> values =
        sort.stream().map(order -> row.getOrDefault(order.column().name(), Values.NULL)).toList();
    if (values.stream().mapToLong(Value::getSerializedSize).sum() > MOST_BYTES) {
      throw PrismException.of(
          Reason.VALUE_TOO_LARGE,
          "the values that the rows are ordered by are too large for a cursor; order by others");
    }
    return new Place(values, key);
  }

  /** What {@link #bytes} made. */
  static Place of(byte[] bytes, List<Order> sort) {
    try {
      List<Value> all = ListValue.parseFrom(bytes).getValuesList();
      int sorted = sort.size();
      if (all.size() == sorted + 2) {
        Key key =
            new Key("", all.get(sorted + 1).getStringValue(), all.get(sorted).getStringValue());
        return new Place(all.subList(0, sorted), key);
      }
    } catch (InvalidProtocolBufferException e) {
      // Said below: it was authentic, so another version made it.
    }
    throw PrismException.of(Reason.CURSOR_INVALID, "the cursor is another version's; begin anew");
  }

  byte[] bytes() {
    return ListValue.newBuilder()
        .addAllValues(values)
        .addValues(Values.of(key.key()))
        .addValues(Values.of(key.partition()))
        .build()
        .toByteArray();
  }

  /** The order of places in this order of rows. */
  static Comparator<Place> order(List<Order> sort) {
    return Comparator.comparing(Place::values, Order.by(sort))
        .thenComparing(Place::key, Table.ORDER);
  }
}
