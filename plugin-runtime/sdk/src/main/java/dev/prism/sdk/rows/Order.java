package dev.prism.sdk.rows;

import dev.prism.type.v1.Value;
import java.util.Comparator;
import java.util.List;

/**
 * One step of an order of rows: null comes before every value, and with {@code descending} after.
 */
public record Order(Column column, boolean descending) {
  /** The order of rows by what they have in the columns of these steps, one value a step. */
  public static Comparator<List<Value>> by(List<Order> steps) {
    return (one, other) -> {
      for (int i = 0; i < steps.size(); i++) {
        int order = Values.order(one.get(i), other.get(i));
        if (order != 0) {
          return steps.get(i).descending() ? -order : order;
        }
      }
      return 0;
    };
  }
}
