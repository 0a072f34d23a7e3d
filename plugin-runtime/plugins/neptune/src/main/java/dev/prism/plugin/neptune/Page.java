package dev.prism.plugin.neptune;

import dev.prism.sdk.reader.Chunk;
import dev.prism.sdk.reader.Chunk.End;
import dev.prism.sdk.reader.PageSize;
import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Values;
import dev.prism.type.v1.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The rows of a page as they come. Where a query names no columns they are those of its rows. */
final class Page {
  /** What a row, and what a null value, takes besides. */
  private static final int ROW_BYTES = 4;

  private static final int NULL_BYTES = 4;

  private final PageSize size;
  private final boolean open;
  private final List<Column> columns;
  private final Map<String, Column> named = new HashMap<>();
  private final List<List<Value>> rows = new ArrayList<>();
  private long bytes;

  /**
   * @param columns those of the query; empty: all that the rows have
   */
  Page(List<Column> columns, PageSize size) {
    this.size = size;
    this.open = columns.isEmpty();
    this.columns = new ArrayList<>(open ? List.of(Vertex.ID) : columns);
    this.columns.forEach(column -> named.put(column.name(), column));
  }

  /** How many rows there is room for. */
  int left() {
    return size.rows() - rows.size();
  }

  boolean isEmpty() {
    return rows.isEmpty();
  }

  /** Adds a row, or says why there is no room for it. */
  @Nullable End add(Vertex vertex) {
    if (left() == 0) {
      return End.ROWS;
    }
    List<Column> more = open ? unnamed(vertex) : List.of();
    // The rows before have null in the columns that come with this one.
    long rowBytes = ROW_BYTES + (long) more.size() * rows.size() * NULL_BYTES;
    List<Value> values = new ArrayList<>(columns.size() + more.size());
    for (List<Column> part : List.of(columns, more)) {
      for (Column column : part) {
        Value value = vertex.value(column);
        values.add(value);
        rowBytes += value.getSerializedSize() + 2;
      }
    }
    if (!rows.isEmpty() && bytes + rowBytes > size.bytes()) {
      return End.BYTES;
    }
    more.forEach(column -> named.put(column.name(), column));
    columns.addAll(more);
    rows.add(values);
    bytes += rowBytes;
    return null;
  }

  /** Columns that no row before had, in the order of their names. */
  private List<Column> unnamed(Vertex vertex) {
    List<Column> more = new ArrayList<>();
    for (String name : new TreeSet<>(vertex.properties().keySet())) {
      if (!named.containsKey(name)) {
        more.add(Vertex.property(name));
      }
    }
    return more;
  }

  Chunk chunk(byte @Nullable [] next, End end) {
    for (List<Value> row : rows) {
      while (row.size() < columns.size()) {
        row.add(Values.NULL);
      }
    }
    return new Chunk(columns.stream().map(Column::name).toList(), rows, next, end);
  }
}
