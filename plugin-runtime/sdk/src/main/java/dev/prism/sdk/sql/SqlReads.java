package dev.prism.sdk.sql;

import dev.prism.sdk.reader.Chunk;
import dev.prism.sdk.reader.Chunk.End;
import dev.prism.sdk.reader.Found;
import dev.prism.sdk.reader.PageSize;
import dev.prism.sdk.reader.Patience;
import dev.prism.sdk.reader.Query;
import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Condition;
import dev.prism.sdk.rows.Table;
import dev.prism.type.v1.Value;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads of tables on one connection: a page is a statement of its own, and holds nothing after. */
public final class SqlReads {
  /** What a row takes of a page besides its values. */
  private static final int ROW_BYTES = 4;

  /**
   * What a value takes at least, null excepted: the smallest are 4 bytes in a page and 50 in this
   * process, and pages of nothing else would fill it.
   */
  private static final int LEAST_VALUE_BYTES = 16;

  private final Dialect dialect;

  public SqlReads(Dialect dialect) {
    this.dialect = dialect;
  }

  /**
   * A page from {@code position} on; see {@link dev.prism.sdk.reader.RecordReader#read}.
   *
   * @param fetch how many rows the driver is to hold at once; adapts the driver's to rows as large
   *     as those that were read
   */
  public Chunk page(
      StatementCache statements,
      Query query,
      byte @Nullable [] position,
      PageSize size,
      Patience patience,
      FetchSize fetch)
      throws SQLException {
    return page(statements, query, position, size, patience, fetch, "");
  }

  /**
   * The first rows of a query within a transaction; see {@link
   * dev.prism.sdk.transact.Transaction#select}. Where they are locked, one more may be.
   */
  public Chunk select(
      StatementCache statements, Query query, PageSize size, Patience patience, boolean lock)
      throws SQLException {
    return page(
        statements, query, null, size, patience, new FetchSize(), lock ? dialect.lock() : "");
  }

  private Chunk page(
      StatementCache statements,
      Query query,
      byte @Nullable [] position,
      PageSize size,
      Patience patience,
      FetchSize fetch,
      String lock)
      throws SQLException {
    Keyset keyset = new Keyset(dialect, query);
    List<Column> placing = keyset.columns();
    Sql sql = new Sql(dialect).add("SELECT ").add(selected(query.columns()));
    for (Column column : placing) {
      if (!query.columns().contains(column)) {
        sql.add(", " + dialect.selected(column));
      }
    }
    sql.add(" FROM " + query.table().physicalName());
    where(sql, query.filter(), position, keyset);
    keyset.orderBy(sql);
    // One more than fits tells whether there is another page.
    sql.add(" LIMIT ?", (statement, index) -> statement.setInt(index, size.rows() + 1));
    sql.add(lock);
    PreparedStatement statement = sql.prepare(statements);
    statement.setFetchSize(fetch.rows(size.rows() + 1));
    List<String> names = query.columns().stream().map(Column::name).toList();
    List<List<Value>> rows = new ArrayList<>(Math.min(size.rows(), 1024));
    long bytes = 0;
    @Nullable List<Value> last = null;
    End end = End.TABLE;
    int[] places = places(query.columns(), placing);
    try (ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        if (rows.size() == size.rows()) {
          end = End.ROWS;
          break;
        }
        List<Value> values = values(row, query.columns());
        int rowBytes = bytes(values);
        if (!rows.isEmpty() && bytes + rowBytes > size.bytes()) {
          end = End.BYTES;
          break;
        }
        List<Value> place = new ArrayList<>(placing.size());
        for (int i = 0; i < places.length; i++) {
          place.add(dialect.placed(row, places[i], placing.get(i)));
        }
        last = place;
        rows.add(values);
        bytes += rowBytes;
        if (fetch.read(rowBytes)) {
          row.setFetchSize(fetch.rows(size.rows() + 1 - rows.size()));
        }
        if (patience.isOver()) {
          end = End.PATIENCE;
          break;
        }
      }
    } catch (SQLException e) {
      if (!patience.isOver() || !isInterrupted(e)) {
        throw e;
      }
      end = End.PATIENCE;
    }
    return new Chunk(
        names, rows, last == null || end == End.TABLE ? null : Keyset.position(last), end);
  }

  /** As {@link dev.prism.sdk.reader.RecordReader#count}. */
  public long count(StatementCache statements, Table table, @Nullable Condition filter, long atMost)
      throws SQLException {
    Sql sql = new Sql(dialect);
    boolean bounded = atMost < Long.MAX_VALUE;
    sql.add(bounded ? "SELECT count(*) FROM (SELECT 1 FROM " : "SELECT count(*) FROM ");
    sql.add(table.physicalName());
    if (filter != null) {
      sql.add(" WHERE ").condition(filter);
    }
    if (bounded) {
      sql.add(" LIMIT ?) counted", (statement, index) -> statement.setLong(index, atMost + 1));
    }
    try (ResultSet row = sql.prepare(statements).executeQuery()) {
      row.next();
      return row.getLong(1);
    }
  }

  /** As {@link dev.prism.sdk.reader.RecordReader#get}. */
  public @Nullable Found get(
      StatementCache statements, Table table, List<Column> columns, List<Value> key)
      throws SQLException {
    Sql sql = new Sql(dialect).add("SELECT ").add(selected(columns));
    sql.add(" FROM " + table.physicalName() + " WHERE ");
    keyIs(sql, table, key);
    try (ResultSet row = sql.prepare(statements).executeQuery()) {
      return row.next()
          ? new Found(columns.stream().map(Column::name).toList(), values(row, columns))
          : null;
    }
  }

  /** The condition that a row has this primary key. */
  void keyIs(Sql sql, Table table, List<Value> key) {
    for (int i = 0; i < key.size(); i++) {
      Column column = table.key().get(i);
      sql.add((i == 0 ? "" : " AND ") + dialect.keyed(column) + " = ").value(column, key.get(i));
    }
  }

  private static void where(
      Sql sql, @Nullable Condition filter, byte @Nullable [] position, Keyset keyset) {
    if (filter != null) {
      sql.add(" WHERE ").condition(filter);
    }
    if (position != null) {
      sql.add(filter == null ? " WHERE " : " AND ");
      keyset.after(sql, position);
    }
  }

  private String selected(List<Column> columns) {
    return String.join(", ", columns.stream().map(dialect::selected).toList());
  }

  /** Where in a row the columns that tell its place are. */
  private static int[] places(List<Column> columns, List<Column> placing) {
    int[] places = new int[placing.size()];
    int next = columns.size() + 1;
    for (int i = 0; i < places.length; i++) {
      int index = columns.indexOf(placing.get(i));
      places[i] = index >= 0 ? index + 1 : next++;
    }
    return places;
  }

  private List<Value> values(ResultSet row, List<Column> columns) throws SQLException {
    List<Value> values = new ArrayList<>(columns.size());
    for (int i = 0; i < columns.size(); i++) {
      values.add(dialect.value(row, i + 1, columns.get(i)));
    }
    return values;
  }

  private static int bytes(List<Value> values) {
    int bytes = ROW_BYTES;
    for (Value value : values) {
      int size = value.getSerializedSize() + 2;
      bytes += value.hasNullValue() ? size : Math.max(size, LEAST_VALUE_BYTES);
    }
    return bytes;
  }

  /** Whether the statement was ended from outside: SQLSTATE 57014, or SQLite's SQLITE_INTERRUPT. */
  private static boolean isInterrupted(SQLException e) {
    return "57014".equals(e.getSQLState()) || (e.getErrorCode() & 0xff) == 9;
  }
}
