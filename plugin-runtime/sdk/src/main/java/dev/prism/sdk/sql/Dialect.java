package dev.prism.sdk.sql;

import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Kind;
import dev.prism.type.v1.Operator;
import dev.prism.type.v1.Value;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * What one database has of its own. Every expression is made of names that the plugin read from the
 * database, quoted, and of parameters; nothing of a request becomes text of a statement.
 */
public interface Dialect {
  /** The expression that is selected, so that {@link #value} can read it. */
  String selected(Column column);

  /**
   * The expression that is compared and ordered as {@code value.proto} says: text byte by byte,
   * numbers by what they are worth.
   */
  String compared(Column column);

  /** The expression in the order of a primary key's own index. */
  String keyed(Column column);

  /** The parameter that a column's expression is compared with; one {@code ?}. */
  String parameter(Column column, Value value);

  /** Sets that parameter. The value is not null. */
  void bind(PreparedStatement statement, int index, Column column, Value value) throws SQLException;

  /**
   * The condition that text or a list contains a value, or text begins or ends with one; with as
   * many parameters as {@link #matchParameters} says, all of the same value.
   *
   * @param operator CONTAINS, STARTS_WITH or ENDS_WITH
   */
  String match(Column column, Operator operator, Value value);

  /** How many {@code ?} {@link #match} has. */
  int matchParameters(Column column, Operator operator);

  /** Sets a parameter of {@link #match}. */
  void bindMatch(PreparedStatement statement, int index, Column column, Value value)
      throws SQLException;

  /** {@code " NULLS FIRST"} where the database does not put null before every value by itself. */
  String nullsFirst();

  /** {@code " NULLS LAST"} where it does not put null last in a descending order by itself. */
  String nullsLast();

  /**
   * What at a select's end keeps its rows from other transactions, such as {@code " FOR UPDATE"};
   * empty where a transaction that writes is alone.
   */
  String lock();

  /** A selected column of the present row; a null value for null. */
  Value value(ResultSet row, int index, Column column) throws SQLException;

  /**
   * What a row's place in an order is told by: a value that {@link #bind} makes again what is
   * stored, where that is not what {@link #value} answers.
   */
  default Value placed(ResultSet row, int index, Column column) throws SQLException {
    return value(row, index, column);
  }

  /** The type of a new column of this kind. */
  String type(Kind kind);

  /** What stands for a value that is written to a column; one {@code ?}. */
  String written(Column column, Value value);

  /**
   * Sets that parameter; the value may be null.
   *
   * @throws dev.prism.status.PrismException FIELD_INVALID where the column would not keep the value
   *     as it is
   */
  void bindWritten(PreparedStatement statement, int index, Column column, Value value)
      throws SQLException;

  /** A name as the database takes it, whatever is in it. */
  static String quoted(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }
}
