package dev.prism.sdk.reader;

import dev.prism.sdk.reader.Chunk.End;
import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Values;
import dev.prism.type.v1.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a page of an open table, as they come. Where a query names no columns it has all that
 * its rows have, each null where a row has none: that counts against its bytes, so that rows with
 * nothing in common do not make a large page of nulls. For one thread.
 */
public final class RowPage {
  private static final int ROW_BYTES = 4;
  private static final int NULL_BYTES = 4;

  /** What a value and a name take besides themselves. */
  private static final int FRAME_BYTES = 2;

  private final PageSize size;
  private final boolean open;
  private final Set<String> columns;
  private final List<Map<String, Value>> rows = new ArrayList<>();
  private long bytes;
  private long values;

  /** An empty page. */
  public RowPage(Query query, PageSize size) {
    this.size = size;
    this.open = query.columns().isEmpty();
    this.columns =
        new LinkedHashSet<>(
            (open ? query.table().columns() : query.columns()).stream().map(Column::name).toList());
  }

  /** How many rows there is room for. */
  public int left() {
    return size.rows() - rows.size();
  }

  /**
   * Adds a row; returns why not, where it does not fit.
   *
   * @param row what it has, by the columns' names
   */
  public @Nullable End add(Map<String, Value> row) {
    if (left() == 0) {
      return End.ROWS;
    }
    long more = ROW_BYTES;
    Map<String, Value> kept = new HashMap<>();
    List<String> added = new ArrayList<>();
    for (Map.Entry<String, Value> entry : row.entrySet()) {
      boolean known = columns.contains(entry.getKey());
      if (known || open) {
        kept.put(entry.getKey(), entry.getValue());
        more += entry.getValue().getSerializedSize() + FRAME_BYTES;
      }
      if (!known && open) {
        added.add(entry.getKey());
        more += entry.getKey().length() + FRAME_BYTES;
      }
    }
    long cells = (rows.size() + 1L) * (columns.size() + added.size());
    long nulls = cells - values - kept.size();
    if (!rows.isEmpty() && bytes + more + nulls * NULL_BYTES > size.bytes()) {
      return End.BYTES;
    }
    columns.addAll(added);
    rows.add(kept); // what nobody asked for is not held
    bytes += more;
    values += kept.size();
    return null;
  }

  /**
   * The page as it is.
   *
   * @param next where to go on; null: nowhere
   */
  public Chunk chunk(byte @Nullable [] next, End end) {
    List<List<Value>> answered = new ArrayList<>(rows.size());
    for (Map<String, Value> row : rows) {
      answered.add(values(columns.stream(), row));
    }
    return new Chunk(List.copyOf(columns), answered, next, end);
  }

  /**
   * A row by itself.
   *
   * @param columns those that are answered; empty: all that it has
   */
  public static Found found(List<Column> columns, Map<String, Value> row) {
    List<String> names =
        columns.isEmpty() ? List.copyOf(row.keySet()) : columns.stream().map(Column::name).toList();
    return new Found(names, values(names.stream(), row));
  }

  private static List<Value> values(Stream<String> columns, Map<String, Value> row) {
    return columns.map(column -> row.getOrDefault(column, Values.NULL)).toList();
  }
}
