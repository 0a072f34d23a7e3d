package dev.prism.sdk.sql;

import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Condition;
import dev.prism.sdk.rows.Table;
import dev.prism.sdk.transact.Cell;
import dev.prism.sdk.transact.TableWrite;
import dev.prism.status.PrismException;
import dev.prism.status.Reason;
import dev.prism.type.v1.Operator;
import dev.prism.type.v1.Value;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Writes of single rows on one connection, within a transaction that the caller ends. */
public final class SqlWrites {
  private final Dialect dialect;
  private final SqlReads reads;

  public SqlWrites(Dialect dialect) {
    this.dialect = dialect;
    this.reads = new SqlReads(dialect);
  }

  /**
   * Does it; how many rows it changed.
   *
   * @throws PrismException EXPECTATION_FAILED, KEY_ABSENT or FIELD_INVALID: nothing was changed
   */
  public int write(StatementCache statements, TableWrite write) throws SQLException {
    return switch (write) {
      case TableWrite.Insert(Table table, List<Cell> values) ->
          run(statements, insert(table, values));
      case TableWrite.Update(
              Table table,
              List<Value> key,
              List<Cell> values,
              List<Cell> expected,
              boolean mustExist) ->
          found(
              run(statements, where(update(table, values), table, key, expected)),
              expected,
              mustExist);
      case TableWrite.Upsert(Table table, List<Cell> values) -> upsert(statements, table, values);
      case TableWrite.Delete(
              Table table,
              List<Value> key,
              List<Cell> expected,
              boolean mustExist) ->
          found(
              run(
                  statements,
                  where(
                      new Sql(dialect).add("DELETE FROM " + table.physicalName()),
                      table,
                      key,
                      expected)),
              expected,
              mustExist);
    };
  }

  private static int run(StatementCache statements, Sql sql) throws SQLException {
    PreparedStatement statement = sql.prepare(statements);
    try {
      return statement.executeUpdate();
    } finally {
      statement.clearParameters(); // the values, which may be large
    }
  }

  private static int found(int rows, List<Cell> expected, boolean mustExist) {
    if (rows == 0 && !expected.isEmpty()) {
      throw PrismException.of(
          Reason.EXPECTATION_FAILED,
          "the row is not as expected, or not there: nothing was changed");
    }
    if (rows == 0 && mustExist) {
      throw PrismException.of(
          Reason.KEY_ABSENT, "there is no row with this key: nothing was changed");
    }
    return rows;
  }

  /**
   * First as an update: a database looks at the rules of a row that is to be inserted before it
   * looks whether there is one, and a column that is not named may be one that must not be null.
   */
  private int upsert(StatementCache statements, Table table, List<Cell> values)
      throws SQLException {
    List<Value> key = new ArrayList<>();
    List<Cell> others = new ArrayList<>(values);
    for (Column column : table.key()) {
      for (Cell cell : values) {
        if (cell.column().equals(column)) {
          key.add(cell.value());
          others.remove(cell);
        }
      }
    }
    Sql update = others.isEmpty() ? touch(table) : update(table, others);
    int rows = run(statements, where(update, table, key, List.of()));
    if (rows > 0) {
      return rows;
    }
    // Another transaction may have inserted the row meanwhile.
    Sql insert = insert(table, values).add(" ON CONFLICT (" + names(table.key()) + ") DO UPDATE");
    String with = " SET ";
    for (Cell cell : others.isEmpty() ? values : others) {
      String name = Dialect.quoted(cell.column().name());
      insert.add(with + name + " = excluded." + name);
      with = ", ";
    }
    return run(statements, insert);
  }

  private Sql insert(Table table, List<Cell> values) {
    Sql sql = new Sql(dialect).add("INSERT INTO " + table.physicalName());
    if (values.isEmpty()) {
      return sql.add(" DEFAULT VALUES");
    }
    sql.add(" (" + names(values.stream().map(Cell::column).toList()) + ") VALUES (");
    for (int i = 0; i < values.size(); i++) {
      sql.add(i == 0 ? "" : ", ");
      written(sql, values.get(i));
    }
    return sql.add(")");
  }

  private Sql update(Table table, List<Cell> values) {
    Sql sql = new Sql(dialect).add("UPDATE " + table.physicalName());
    String with = " SET ";
    for (Cell cell : values) {
      sql.add(with + Dialect.quoted(cell.column().name()) + " = ");
      written(sql, cell);
      with = ", ";
    }
    return sql;
  }

  /** An update that changes nothing, of a row that has nothing but its key. */
  private Sql touch(Table table) {
    String name = Dialect.quoted(table.key().getFirst().name());
    return new Sql(dialect).add("UPDATE " + table.physicalName() + " SET " + name + " = " + name);
  }

  private void written(Sql sql, Cell cell) {
    sql.add(
        dialect.written(cell.column(), cell.value()),
        (statement, index) -> dialect.bindWritten(statement, index, cell.column(), cell.value()));
  }

  private Sql where(Sql sql, Table table, List<Value> key, List<Cell> expected) {
    sql.add(" WHERE ");
    reads.keyIs(sql, table, key);
    for (Cell cell : expected) {
      sql.add(" AND ")
          .condition(
              cell.value().hasNullValue()
                  ? new Condition.IsNull(cell.column())
                  : new Condition.Comparison(cell.column(), Operator.OPERATOR_EQUAL, cell.value()));
    }
    return sql;
  }

  private static String names(List<Column> columns) {
    return String.join(", ", columns.stream().map(each -> Dialect.quoted(each.name())).toList());
  }

  /** What is said of a row that is there already. */
  public static PrismException keyExists() {
    return PrismException.of(
        Reason.KEY_EXISTS, "there is a row with this primary key: nothing was changed");
  }

  /** What is said where the table's own rules forbid a write. */
  public static PrismException constraintViolated() {
    return PrismException.of(
        Reason.CONSTRAINT_VIOLATED, "the table's rules forbid the write: nothing was changed");
  }

  /** What is said of a value that the database does not take. */
  public static PrismException doesNotFit() {
    return PrismException.of(
        Reason.FIELD_INVALID, "a value does not fit its column: nothing was changed");
  }

  /** What is said where another transaction got in the way. */
  public static PrismException conflict() {
    return PrismException.of(
        Reason.TRANSACTION_CONFLICT,
        "another transaction got in the way: nothing was changed; send it again");
  }
}
