package dev.prism.conformance;

import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Kind;
import dev.prism.type.v1.Value;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;

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

  /**
   * The values of a row's key as one text, in the order of the keys where numbers are not negative:
   * each has as many digits as the greatest.
   */
  String keyText(Map<String, Value> row) {
    StringJoiner text = new StringJoiner("/");
    for (String column : key) {
      Value value = ReaderFixture.value(row, column);
      text.add(
          value.hasInt64Value()
              ? String.format(Locale.ROOT, "%019d", value.getInt64Value())
              : value.getStringValue());
    }
    return text.toString();
  }
}
