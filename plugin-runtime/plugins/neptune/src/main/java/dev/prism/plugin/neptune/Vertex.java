package dev.prism.plugin.neptune;

import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Kind;
import dev.prism.sdk.rows.Table;
import dev.prism.sdk.rows.Values;
import dev.prism.type.v1.Value;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A vertex as a row.
 *
 * @param properties those that were asked for and that it has
 */
record Vertex(String id, Map<String, Value> properties) {
  /** The column of the vertex's id. A property of that name is not seen. */
  static final Column ID = new Column("id", Kind.STRING, false, "");

  /** A collection: the ids, and whatever properties its vertices have. */
  static Table table(String name, String label) {
    return new Table(name, label, List.of(ID), List.of(ID), true);
  }

  /**
   * Whether no property has such a name: Gremlin takes {@code ~id} and {@code ~label} for the
   * vertex's own, and keeps the others. The graph is not asked for it.
   */
  static boolean isReserved(Column column) {
    return column.name().startsWith("~");
  }

  /** The column of a property. */
  static Column property(String name) {
    return new Column(name, Kind.ANY, true, "");
  }

  static boolean isId(Column column) {
    return column.name().equals(ID.name());
  }

  /** As a row: the id, and the properties by their names. */
  Map<String, Value> row() {
    Map<String, Value> row = new LinkedHashMap<>();
    row.put(ID.name(), Values.of(id));
    new TreeMap<>(properties).forEach(row::putIfAbsent);
    return row;
  }

  /** About what it takes. */
  long bytes() {
    long bytes = id.length();
    for (Map.Entry<String, Value> property : properties.entrySet()) {
      bytes += property.getKey().length() + property.getValue().getSerializedSize();
    }
    return bytes;
  }

  /** What it has in a column; a null value where it has nothing. */
  Value value(Column column) {
    return isId(column) ? Values.of(id) : properties.getOrDefault(column.name(), Values.NULL);
  }
}
