package dev.prism.plugin.dynamodb;

import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Table;
import dev.prism.sdk.transact.Cell;
import dev.prism.sdk.transact.TableWrite;
import dev.prism.status.PrismException;
import dev.prism.type.v1.Value;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;

/**
 * The rows that a transaction has to do with, each once: DynamoDB takes one change an item. Writes
 * are done here, one after the other, and sent together when all are. One thread at a time.
 */
final class TableRows {
  private final Map<RowKey, TableRow> rows = new LinkedHashMap<>();
  private final Look look;
  private final int most;

  /** How it is found out what rows are. */
  @FunctionalInterface
  interface Look {
    /** Tells each of the rows what it is, and what these of its columns are. */
    void at(Map<TableRow, List<String>> rows);
  }

  /**
   * @param most how many rows it may have
   */
  TableRows(Look look, int most) {
    this.look = look;
    this.most = most;
  }

  /** The row of this key, which from now on has a part in the transaction. */
  TableRow row(Table table, Map<String, AttributeValue> key) {
    TableRow row = rows.computeIfAbsent(RowKey.of(table, key), _ -> new TableRow(table, key));
    if (rows.size() > most) {
      throw Refusals.tooManyRows(most);
    }
    return row;
  }

  /**
   * Has rows looked at, where something of these columns, or whether they are there, is unknown.
   */
  void see(Collection<TableRow> wanted, Collection<String> columns) {
    Map<TableRow, List<String>> unseen = new LinkedHashMap<>();
    for (TableRow row : wanted) {
      List<String> some = row.unseen(columns);
      if (row.isUnknown() || !some.isEmpty()) {
        unseen.put(row, some);
      }
    }
    if (!unseen.isEmpty()) {
      look.at(unseen);
    }
  }

  /** Has everything looked at that these writes need, at once; nothing is written yet. */
  void seeAll(List<TableWrite> writes) {
    Map<TableRow, List<String>> wanted = new LinkedHashMap<>();
    for (TableWrite write : writes) {
      if (!(write instanceof TableWrite.Upsert)) { // it need not know the row
        TableRow row = row(write.table(), key(write));
        List<String> columns = wanted.computeIfAbsent(row, _ -> new ArrayList<>());
        row.unseen(names(expected(write))).stream()
            .filter(each -> !columns.contains(each))
            .forEach(columns::add);
      }
    }
    if (!wanted.isEmpty()) {
      look.at(wanted);
    }
  }

  /**
   * Supposes of a write's row what the write needs, where nobody has looked. What is supposed goes
   * along as a condition.
   */
  void suppose(TableWrite write) {
    TableRow row = row(write.table(), key(write));
    if (!row.isUnknown() || write instanceof TableWrite.Upsert) {
      return;
    }
    List<Cell> expected = expected(write);
    Map<String, AttributeValue> item = new HashMap<>();
    for (Cell cell : expected) {
      AttributeValue attribute = Attributes.attribute(cell.value());
      if (attribute != null && !cell.value().hasNullValue()) {
        item.put(cell.column().name(), attribute);
      }
    }
    row.look(write instanceof TableWrite.Insert ? null : item, row.unseen(names(expected)));
  }

  /** How many rows these writes are to. */
  static int count(List<TableWrite> writes) {
    return writes.stream()
        .map(write -> RowKey.of(write.table(), key(write)))
        .collect(Collectors.toSet())
        .size();
  }

  /**
   * Does a write; how many rows it changes, 0 or 1.
   *
   * @throws PrismException KEY_EXISTS, KEY_ABSENT, EXPECTATION_FAILED, FIELD_INVALID and others
   */
  int write(TableWrite write) {
    TableRow row = row(write.table(), key(write));
    int changed =
        switch (write) {
          case TableWrite.Insert insert -> insert(row, insert.values());
          case TableWrite.Upsert upsert -> upsert(row, upsert.values());
          case TableWrite.Update(_, _, var values, var expected, var mustExist) -> {
            if (!isThere(row, expected, mustExist)) {
              yield 0;
            }
            row.change(attributes(row, values));
            yield 1;
          }
          case TableWrite.Delete(_, _, var expected, var mustExist) -> {
            if (!isThere(row, expected, mustExist)) {
              yield 0;
            }
            row.remove();
            yield 1;
          }
        };
    if (row.isMadeOfNothing()) {
      look.at(Map.of(row, List.of()));
    }
    return changed;
  }

  private int insert(TableRow row, List<Cell> values) {
    see(Set.of(row), List.of());
    if (row.isPresent()) {
      throw Refusals.keyExists();
    }
    row.replace(attributes(row, values));
    return 1;
  }

  private int upsert(TableRow row, List<Cell> values) {
    Map<String, Optional<AttributeValue>> attributes = attributes(row, values);
    if (attributes.values().stream().allMatch(Optional::isEmpty)) {
      see(Set.of(row), List.of()); // DynamoDB makes no row of what is removed alone
    }
    row.change(attributes);
    return 1;
  }

  private boolean isThere(TableRow row, List<Cell> expected, boolean mustExist) {
    see(Set.of(row), names(expected));
    if (!expected.isEmpty() && !row.isAs(expected)) {
      throw Refusals.expectationFailed();
    }
    if (mustExist && !row.isPresent()) {
      throw Refusals.keyAbsent();
    }
    return row.isPresent();
  }

  /** The columns besides the key, null as none. */
  private static Map<String, Optional<AttributeValue>> attributes(TableRow row, List<Cell> cells) {
    Map<String, Optional<AttributeValue>> attributes = new HashMap<>();
    for (Cell cell : cells) {
      String name = cell.column().name();
      if (!row.key().containsKey(name)) {
        attributes.put(
            name,
            cell.value().hasNullValue()
                ? Optional.empty()
                : Optional.of(attribute(name, cell.value())));
      }
    }
    return attributes;
  }

  private static AttributeValue attribute(String column, Value value) {
    AttributeValue attribute = Attributes.attribute(value);
    if (attribute == null) {
      throw Refusals.doesNotFit(column);
    }
    return attribute;
  }

  private static List<String> names(List<Cell> cells) {
    return cells.stream().map(cell -> cell.column().name()).toList();
  }

  /** What a write expects of its row. */
  private static List<Cell> expected(TableWrite write) {
    return switch (write) {
      case TableWrite.Update update -> update.expected();
      case TableWrite.Delete delete -> delete.expected();
      case TableWrite.Insert _, TableWrite.Upsert _ -> List.of();
    };
  }

  private static Map<String, AttributeValue> key(TableWrite write) {
    Table table = write.table();
    List<Value> values =
        switch (write) {
          case TableWrite.Update update -> update.key();
          case TableWrite.Delete delete -> delete.key();
          case TableWrite.Insert insert -> key(table, insert.values());
          case TableWrite.Upsert upsert -> key(table, upsert.values());
        };
    Map<String, AttributeValue> key = Attributes.key(table, values);
    if (key == null) {
      throw Refusals.doesNotFit(
          table.key().stream().map(Column::name).collect(Collectors.joining(", ")));
    }
    return key;
  }

  private static List<Value> key(Table table, List<Cell> cells) {
    List<Value> values = new ArrayList<>();
    for (Column column : table.key()) {
      values.add(
          cells.stream()
              .filter(cell -> cell.column().equals(column) && !cell.value().hasNullValue())
              .findFirst()
              .orElseThrow(Refusals::constraintViolated)
              .value());
    }
    return values;
  }

  /**
   * What is to be done, on condition that all rows are as they were seen.
   *
   * @throws PrismException MESSAGE_TOO_LARGE, VALUE_TOO_LARGE
   */
  List<TransactWriteItem> together() {
    size();
    return rows.values().stream().map(TableRow::together).toList();
  }

  /**
   * How much it has seen and is to write, in bytes.
   *
   * @throws PrismException MESSAGE_TOO_LARGE
   */
  long size() {
    long size = rows.values().stream().mapToLong(TableRow::size).sum();
    if (size > AllOrNone.MOST_BYTES) {
      throw Refusals.tooLarge();
    }
    return size;
  }

  /** How many rows it has to do with. */
  int count() {
    return rows.size();
  }

  /** The tables that it has to do with. */
  Set<Table> tables() {
    return rows.values().stream().map(TableRow::table).collect(Collectors.toSet());
  }
}
