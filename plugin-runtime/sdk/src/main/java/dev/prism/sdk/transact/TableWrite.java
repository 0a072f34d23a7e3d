package dev.prism.sdk.transact;

import dev.prism.sdk.rows.Table;
import dev.prism.type.v1.Value;
import java.util.List;

/**
 * One write to a row, checked against its table: each column stands once, in the order of the
 * names. Where a value does not fit its column the backend throws FIELD_INVALID.
 */
public sealed interface TableWrite {
  /** Where the row is, or is to be. */
  Table table();

  /** A new row: KEY_EXISTS where there is one with its primary key. */
  record Insert(Table table, List<Cell> values) implements TableWrite {}

  /**
   * Columns of a row that is there.
   *
   * @param key a value for each column of the table's key, in its order
   * @param values at least one, and none of the key
   * @param expected what the present row must have, else EXPECTATION_FAILED, also where there is no
   *     row; may be empty
   * @param mustExist whether a row that is not there is KEY_ABSENT
   */
  record Update(
      Table table, List<Value> key, List<Cell> values, List<Cell> expected, boolean mustExist)
      implements TableWrite {}

  /**
   * A row, new or not.
   *
   * @param values those of the key among them, none of which is null
   */
  record Upsert(Table table, List<Cell> values) implements TableWrite {}

  /** A row that goes; as {@link Update}. */
  record Delete(Table table, List<Value> key, List<Cell> expected, boolean mustExist)
      implements TableWrite {}
}
