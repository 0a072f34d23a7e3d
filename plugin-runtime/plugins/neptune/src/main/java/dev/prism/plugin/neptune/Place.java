package dev.prism.plugin.neptune;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.prism.sdk.rows.Order;
import dev.prism.sdk.rows.Values;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import dev.prism.type.v1.ListValue;
import dev.prism.type.v1.Value;
import java.util.Comparator;
import java.util.List;

/**
 * Where a row stands in an order.
 *
 * @param values what it is ordered by, one a step; lists and maps are all alike there
 * @param id decides between rows that are equal in them
 */
record Place(List<Value> values, String id) {
  static Place of(Vertex vertex, List<Order> sort) {
    return new Place(
        sort.stream().map(order -> Values.placing(vertex.value(order.column()))).toList(),
        vertex.id());
  }

  /** About what it takes. */
  int bytes() {
    int bytes = 2 * id.length();
    for (Value value : values) {
      bytes += value.getSerializedSize();
    }
    return bytes;
  }

  byte[] toBytes() {
    return ListValue.newBuilder()
        .addAllValues(values)
        .addValues(Values.of(id))
        .build()
        .toByteArray();
  }

  /**
   * What {@link #toBytes} made.
   *
   * @param steps of the order
   */
  static Place parse(byte[] bytes, int steps) {
    try {
      List<Value> values = ListValue.parseFrom(bytes).getValuesList();
      if (values.size() == steps + 1) {
        return new Place(List.copyOf(values.subList(0, steps)), values.getLast().getStringValue());
      }
    } catch (InvalidProtocolBufferException e) {
      // Said below: it was authentic, so another version made it.
    }
    throw PrismException.of(Reason.CURSOR_INVALID, "another version made the cursor; begin anew");
  }

  static Comparator<Place> order(List<Order> sort) {
    return Comparator.comparing(Place::values, Order.by(sort))
        .thenComparing(Place::id, Place::compareIds);
  }

  private static int compareIds(String one, String other) {
    return Values.order(Values.of(one), Values.of(other));
  }
}
