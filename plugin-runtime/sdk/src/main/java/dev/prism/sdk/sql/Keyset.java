package dev.prism.sdk.sql;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.prism.sdk.reader.Query;
import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Order;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import dev.prism.type.v1.ListValue;
import dev.prism.type.v1.Value;
import java.util.ArrayList;
import java.util.List;

/**
 * The order of a query's rows, the caller's columns and then the primary key, and the place after a
 * row in it: the values of those columns. Going on is a condition on them, so that a page costs the
 * same wherever it is, and no row is repeated or skipped because others came or went.
 */
final class Keyset {
  /**
   * A step of the order.
   *
   * @param expression what the rows are ordered by
   */
  private record Step(Column column, String expression, boolean descending) {}

  private final Dialect dialect;
  private final List<Step> steps = new ArrayList<>();

  Keyset(Dialect dialect, Query query) {
    this.dialect = dialect;
    for (Order order : query.sort()) {
      Column column = order.column();
      steps.add(new Step(column, dialect.compared(column), order.descending()));
    }
    for (Column column : query.table().key()) {
      if (query.sort().stream().noneMatch(order -> order.column().equals(column))) {
        steps.add(new Step(column, dialect.keyed(column), false));
      }
    }
  }

  /** What is to be selected besides, to know the place of a row. */
  List<Column> columns() {
    return steps.stream().map(Step::column).toList();
  }

  /** The place after a row of which these are the values. */
  static byte[] position(List<Value> values) {
    return ListValue.newBuilder().addAllValues(values).build().toByteArray();
  }

  void orderBy(Sql sql) {
    String with = " ORDER BY ";
    for (Step step : steps) {
      sql.add(with + step.expression());
      if (step.descending()) {
        sql.add(" DESC").add(step.column().nullable() ? dialect.nullsLast() : "");
      } else {
        sql.add(step.column().nullable() ? dialect.nullsFirst() : "");
      }
      with = ", ";
    }
  }

  /** The condition that a row comes after the place. */
  void after(Sql sql, byte[] position) {
    List<Value> values = values(position);
    if (steps.stream().noneMatch(step -> step.descending() || step.column().nullable())) {
      rowAfter(sql, values);
      return;
    }
    sql.add("(");
    for (int i = 0; i < steps.size(); i++) {
      sql.add(i == 0 ? "(" : " OR (");
      for (int j = 0; j < i; j++) {
        same(sql, steps.get(j), values.get(j));
        sql.add(" AND ");
      }
      beyond(sql, steps.get(i), values.get(i));
      sql.add(")");
    }
    sql.add(")");
  }

  /** As one comparison of rows, which an index answers. */
  private void rowAfter(Sql sql, List<Value> values) {
    sql.add("(" + String.join(", ", steps.stream().map(Step::expression).toList()) + ") > (");
    for (int i = 0; i < steps.size(); i++) {
      sql.add(i == 0 ? "" : ", ");
      sql.value(steps.get(i).column(), values.get(i));
    }
    sql.add(")");
  }

  private static void same(Sql sql, Step step, Value value) {
    if (value.hasNullValue()) {
      sql.add(step.expression() + " IS NULL");
    } else {
      sql.add(step.expression() + " = ").value(step.column(), value);
    }
  }

  private static void beyond(Sql sql, Step step, Value value) {
    if (value.hasNullValue()) {
      // Null is first, and last in a descending order.
      sql.add(step.descending() ? "FALSE" : step.expression() + " IS NOT NULL");
    } else if (step.descending()) {
      sql.add("(" + step.expression() + " < ").value(step.column(), value);
      sql.add(step.column().nullable() ? " OR " + step.expression() + " IS NULL)" : ")");
    } else {
      sql.add(step.expression() + " > ").value(step.column(), value);
    }
  }

  private List<Value> values(byte[] position) {
    try {
      List<Value> values = ListValue.parseFrom(position).getValuesList();
      if (values.size() == steps.size()) {
        return values;
      }
    } catch (InvalidProtocolBufferException e) {
      // Said below: it was authentic, so the table's key has changed or another version made it.
    }
    throw PrismException.of(
        Reason.CURSOR_INVALID, "the table has changed since the cursor was made; begin anew");
  }
}
