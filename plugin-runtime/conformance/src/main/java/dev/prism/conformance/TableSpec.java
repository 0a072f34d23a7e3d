package dev.prism.conformance;

import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Kind;
import java.util.List;

/**
 * A table that a test wants.
 *
 * @param key the names of the primary key's columns
 */
public record TableSpec(List<Column> columns, List<String> key) {
  /** A column that always has a value. */
  public static Column column(String name, Kind kind) {
    return new Column(name, kind, false, "");
  }

  /** A column that may be null. */
  public static Column nullable(String name, Kind kind) {
    return new Column(name, kind, true, "");
  }
}
