package dev.prism.sdk.rows;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A table or collection of a namespace, as the backend has it. Immutable.
 *
 * @param name as the caller names it
 * @param physicalName what the backend calls it; in SQL quoted, with its schema
 * @param columns in their order; of an open table those that every row has
 * @param key the primary key, in its order; never empty
 * @param open whether rows may have other columns besides, of kind ANY
 */
public record Table(
    String name, String physicalName, List<Column> columns, List<Column> key, boolean open) {
  /** The most characters of a name in an open table. */
  private static final int MOST_NAME = 255;

  public Table {
    columns = List.copyOf(columns);
    key = List.copyOf(key);
    if (key.isEmpty()) {
      throw new IllegalArgumentException("a table has a primary key");
    }
  }

  /** The column of this name, or null where the table has none. */
  public @Nullable Column column(String columnName) {
    for (Column column : columns) {
      if (column.name().equals(columnName)) {
        return column;
      }
    }
    return open && !columnName.isEmpty() && columnName.length() <= MOST_NAME
        ? new Column(columnName, Kind.ANY, true, "")
        : null;
  }
}
