package dev.prism.conformance;

import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Kind;
import dev.prism.type.v1.Value;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Tables of the tests' namespace, made by the backend's own means. Safe for any thread. */
public interface TestTables {
  /** The kinds of values that their rows have. */
  Set<Kind> kinds();

  /** Makes a table. */
  void create(String table, TableSpec spec);

  /** Puts rows into it; a column that is not named has no value. */
  void insert(String table, TableSpec spec, List<Map<String, Value>> rows);

  /** Removes a row. */
  void delete(String table, TableSpec spec, Map<String, Value> key);

  /**
   * Whether a table is what was put under its name: not there without a row, and with whatever
   * columns its rows have.
   */
  default boolean areOpen() {
    return false;
  }

  /** The columns of its rows, in their order, where a read names none. */
  default List<String> columns(TableSpec spec) {
    return spec.columns().stream().map(Column::name).toList();
  }

  /** What Get takes for a row. */
  default Map<String, Value> key(String table, TableSpec spec, Map<String, Value> row) {
    Map<String, Value> key = new HashMap<>(row);
    key.keySet().retainAll(spec.key());
    return key;
  }
}
