package dev.prism.sdk.runtime;

import static dev.prism.sdk.runtime.RowValues.checked;
import static dev.prism.sdk.runtime.RowValues.invalid;

import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Condition;
import dev.prism.sdk.rows.Kind;
import dev.prism.sdk.rows.Order;
import dev.prism.sdk.rows.Table;
import dev.prism.sdk.transact.Cell;
import dev.prism.status.Reason;
import dev.prism.type.v1.Comparison;
import dev.prism.type.v1.Filter;
import dev.prism.type.v1.FilterList;
import dev.prism.type.v1.Membership;
import dev.prism.type.v1.Sort;
import dev.prism.type.v1.Value;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a request says of a table's columns, looked up in the table: from here on there are columns
 * where there were names.
 */
final class RowRules {
  private static final int MOST_COLUMNS = 1000;
  private static final int MOST_SORT = 8;
  private static final int MOST_CONDITIONS = 256;
  private static final int MOST_DEPTH = 32;
  private static final int MOST_MEMBERS = 1000;
  private static final int MOST_VALUES = 10_000;
  private static final int MOST_SHOWN = 60;

  private final Table table;
  private int conditions;
  private int values;

  RowRules(Table table) {
    this.table = table;
  }

  /** Those that are named, or where none is all of them; none where the table is open. */
  List<Column> columns(List<String> names) {
    if (names.isEmpty()) {
      return table.open() ? List.of() : table.columns();
    }
    if (names.size() > MOST_COLUMNS) {
      throw invalid("columns", "must be at most " + MOST_COLUMNS);
    }
    List<Column> columns = new ArrayList<>(names.size());
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < names.size(); i++) {
      String field = "columns[" + i + "]";
      columns.add(column(names.get(i), field));
      if (!seen.add(names.get(i))) {
        throw invalid(field, "is among the columns already; give it once");
      }
    }
    return columns;
  }

  Column column(String name, String field) {
    Column column = table.column(name);
    if (column == null) {
      String shown = name.length() > MOST_SHOWN ? name.substring(0, MOST_SHOWN) + "…" : name;
      throw invalid(field, "'" + shown + "' is no column of " + table.name());
    }
    return column;
  }

  /** A value for each column of the primary key, no more and no less, in the key's order. */
  List<Value> key(Map<String, Value> given, String field) {
    List<Value> key = new ArrayList<>();
    for (Column column : table.key()) {
      key.add(keyValue(column, given, field));
    }
    if (given.size() != key.size()) {
      throw KeyValueRules.invalid(
          Reason.KEY_INVALID, field, "must have no other columns than " + keyNames());
    }
    return key;
  }

  /** The columns that a write gives values, in the order of their names. */
  List<Cell> cells(Map<String, Value> given, String field) {
    List<Cell> cells = new ArrayList<>(given.size());
    new TreeMap<>(given)
        .forEach(
            (name, value) -> {
              String path = field + "[" + name + "]";
              cells.add(new Cell(column(name, path), checked(value, path)));
            });
    return cells;
  }

  /** As {@link #cells}, none of them of the primary key. */
  List<Cell> changes(Map<String, Value> given, String field) {
    List<Cell> cells = cells(given, field);
    if (cells.isEmpty()) {
      throw invalid(field, "must have at least one column");
    }
    for (Cell cell : cells) {
      if (table.key().contains(cell.column())) {
        throw invalid(
            field + "[" + cell.column().name() + "]",
            "is of the primary key, which an update leaves as it is");
      }
    }
    return cells;
  }

  /** As {@link #cells}, those of the primary key among them. */
  List<Cell> row(Map<String, Value> given, String field) {
    for (Column column : table.key()) {
      keyValue(column, given, field);
    }
    return cells(given, field);
  }

  private Value keyValue(Column column, Map<String, Value> given, String field) {
    Value value = given.get(column.name());
    if (value == null || value.hasNullValue()) {
      throw KeyValueRules.invalid(
          Reason.KEY_INVALID, field, "must have a value for each of " + keyNames());
    }
    return comparable(column, checked(value, field + "[" + column.name() + "]"), field);
  }

  /** As {@link #cells}, each of a kind that compares with its column, or null. */
  List<Cell> expected(Map<String, Value> given, String field) {
    List<Cell> cells = cells(given, field);
    for (Cell cell : cells) {
      if (!cell.value().hasNullValue()) {
        comparable(cell.column(), cell.value(), field + "[" + cell.column().name() + "]");
      }
    }
    return cells;
  }

  private List<String> keyNames() {
    return table.key().stream().map(Column::name).toList();
  }

  List<Order> sort(List<Sort> steps) {
    if (steps.size() > MOST_SORT) {
      throw invalid("sort", "must be at most " + MOST_SORT + " columns");
    }
    List<Order> sort = new ArrayList<>(steps.size());
    Set<String> seen = new HashSet<>();
    for (Sort step : steps) {
      String field = "sort[" + sort.size() + "].column";
      Column column = column(step.getColumn(), field);
      if (!column.kind().isOrdered()) {
        throw invalid(field, "is of a type that has no order");
      }
      if (!seen.add(column.name())) {
        throw invalid(field, "is in the order already; give it once");
      }
      sort.add(new Order(column, step.getDescending()));
    }
    return sort;
  }

  /** Null where the request has none. */
  @Nullable Condition filter(boolean given, Filter filter) {
    return given ? condition(filter, "filter", 0) : null;
  }

  private Condition condition(Filter filter, String field, int depth) {
    if (++conditions > MOST_CONDITIONS || depth >= MOST_DEPTH) {
      throw invalid(
          "filter",
          "may have " + MOST_CONDITIONS + " conditions, nested " + MOST_DEPTH + " deep at most");
    }
    return switch (filter.getConditionCase()) {
      case ALL_OF -> new Condition.All(list(filter.getAllOf(), field + ".all_of", depth));
      case ANY_OF -> new Condition.Any(list(filter.getAnyOf(), field + ".any_of", depth));
      case NEGATION ->
          new Condition.Not(condition(filter.getNegation(), field + ".negation", depth + 1));
      case COMPARISON -> comparison(filter.getComparison(), field + ".comparison");
      case MEMBERSHIP -> membership(filter.getMembership(), field + ".membership");
      case IS_NULL -> new Condition.IsNull(column(filter.getIsNull(), field + ".is_null"));
      case CONDITION_NOT_SET -> throw invalid(field, "must have a condition");
    };
  }

  private List<Condition> list(FilterList given, String field, int depth) {
    if (given.getFiltersCount() == 0) {
      throw invalid(field, "must have at least one filter");
    }
    List<Condition> list = new ArrayList<>(given.getFiltersCount());
    for (Filter each : given.getFiltersList()) {
      list.add(condition(each, field + ".filters[" + list.size() + "]", depth + 1));
    }
    return list;
  }

  private Condition comparison(Comparison given, String field) {
    Column column = column(given.getColumn(), field + ".column");
    Value value = single(given.getValue(), field + ".value");
    Kind kind = column.kind();
    boolean fits =
        switch (given.getOp()) {
          case OPERATOR_CONTAINS ->
              kind == Kind.ANY
                  || ((kind == Kind.LIST || kind == Kind.DOCUMENT) && isElement(value))
                  || (kind == Kind.STRING && value.hasStringValue());
          case OPERATOR_STARTS_WITH, OPERATOR_ENDS_WITH ->
              (kind == Kind.ANY || kind == Kind.STRING) && value.hasStringValue();
          case OPERATOR_UNSPECIFIED, UNRECOGNIZED ->
              throw invalid(field + ".op", "must be one of the operators");
          default -> kind.comparesWith(Kind.of(value));
        };
    if (!fits) {
      throw doesNotCompare(column, value, field + ".value");
    }
    return new Condition.Comparison(column, given.getOp(), value);
  }

  /** Whether a list that is kept as JSON may have such an element. */
  private static boolean isElement(Value value) {
    return switch (Kind.of(value)) {
      case BOOL, INT64, DOUBLE, DECIMAL, STRING, UUID -> true;
      default -> false;
    };
  }

  private Condition membership(Membership given, String field) {
    Column column = column(given.getColumn(), field + ".column");
    int count = given.getValuesCount();
    if (count < 1 || count > MOST_MEMBERS) {
      throw invalid(field + ".values", "must be 1 to " + MOST_MEMBERS);
    }
    List<Value> members = new ArrayList<>(count);
    for (Value value : given.getValuesList()) {
      String path = field + ".values[" + members.size() + "]";
      members.add(comparable(column, single(value, path), path));
    }
    return new Condition.Membership(column, members, given.getExcluded());
  }

  private Value single(Value given, String field) {
    if (++values > MOST_VALUES) {
      throw invalid("filter", "may have " + MOST_VALUES + " values at most");
    }
    Value value = checked(given, field);
    if (value.hasNullValue() || !Kind.of(value).isOrdered()) {
      throw invalid(field, "must be a single value, and for null use is_null");
    }
    return value;
  }

  private static Value comparable(Column column, Value value, String field) {
    if (!column.kind().comparesWith(Kind.of(value))) {
      throw doesNotCompare(column, value, field);
    }
    return value;
  }

  private static RuntimeException doesNotCompare(Column column, Value value, String field) {
    return invalid(
        field,
        "is a %s, with which the column %s, a %s, does not compare"
            .formatted(lower(Kind.of(value)), column.name(), lower(column.kind())));
  }

  private static String lower(Kind kind) {
    return kind.name().toLowerCase(Locale.ROOT);
  }
}
