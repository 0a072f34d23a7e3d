package dev.prism.plugin.dynamodb;

import dev.prism.sdk.rows.Table;
import dev.prism.sdk.rows.Values;
import dev.prism.sdk.transact.Cell;
import dev.prism.type.v1.Value;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;

/**
 * A row that a transaction has to do with: what it has seen of it, which must still be so when it
 * commits, and what is to become of it. Of a row only the attributes are seen that somebody asked
 * for, so that whoever changes others is in nobody's way. One thread at a time.
 */
final class TableRow {
  /** What expressions have room for: they have at most 4 KB and 300 operators. */
  static final int MOST_COLUMNS = 100;

  /** An item's, as DynamoDB counts. */
  private static final long MOST_BYTES = 400 << 10;

  private enum Fate {
    /** Stays as it is. */
    KEPT,
    /** Some of its attributes change; where it is not there it is made. */
    CHANGED,
    /** Is another, or new. */
    REPLACED,
    REMOVED
  }

  private final Table table;
  private final Map<String, AttributeValue> key;
  private final Map<String, Optional<AttributeValue>> seen = new TreeMap<>();
  private final Map<String, Optional<AttributeValue>> set = new TreeMap<>();
  private @Nullable Boolean found; // null: nobody has looked
  private Fate fate = Fate.KEPT;

  /**
   * @param key its key's attributes
   */
  TableRow(Table table, Map<String, AttributeValue> key) {
    this.table = table;
    this.key = key;
  }

  Table table() {
    return table;
  }

  Map<String, AttributeValue> key() {
    return key;
  }

  // ---- what it is ----

  /** Those of the columns that have to be looked at before {@link #value} can tell. */
  List<String> unseen(Collection<String> columns) {
    List<String> unseen = new ArrayList<>();
    boolean isKnown = fate == Fate.REPLACED || fate == Fate.REMOVED || Boolean.FALSE.equals(found);
    for (String column : columns) {
      if (!isKnown
          && !key.containsKey(column)
          && !seen.containsKey(column)
          && !(fate == Fate.CHANGED && set.containsKey(column))) {
        unseen.add(column);
      }
    }
    return unseen;
  }

  /** Whether it has to be looked at before {@link #isPresent} can tell. */
  boolean isUnknown() {
    return found == null && fate == Fate.KEPT;
  }

  /** Whether all that is to be done is that attributes go, of a row that may not be there. */
  boolean isMadeOfNothing() {
    return found == null
        && fate == Fate.CHANGED
        && set.values().stream().allMatch(Optional::isEmpty);
  }

  /**
   * What a look has found.
   *
   * @param item null where there was none
   * @param columns that were asked for
   */
  void look(@Nullable Map<String, AttributeValue> item, Collection<String> columns) {
    if (found != null && found != (item != null)) {
      throw Refusals.conflict();
    }
    found = item != null;
    if (item != null) {
      for (String column : columns) {
        seen.putIfAbsent(column, Optional.ofNullable(item.get(column)));
      }
      if (seen.size() > MOST_COLUMNS) {
        throw Refusals.tooManyColumns(MOST_COLUMNS);
      }
    }
  }

  boolean isPresent() {
    return switch (fate) {
      case CHANGED, REPLACED -> true;
      case REMOVED -> false;
      case KEPT -> {
        if (found == null) {
          throw new IllegalStateException("nobody has looked whether the row is there");
        }
        yield found;
      }
    };
  }

  /** What a column of the row is to be. */
  Value value(String column) {
    AttributeValue part = key.get(column);
    if (part != null) {
      return Attributes.value(part);
    }
    Optional<AttributeValue> own =
        switch (fate) {
          case REPLACED -> set.getOrDefault(column, Optional.empty());
          case REMOVED -> Optional.empty();
          case KEPT, CHANGED -> set.containsKey(column) ? set.get(column) : seen.get(column);
        };
    return own == null ? Values.NULL : own.map(Attributes::value).orElse(Values.NULL);
  }

  /** Whether it is there and its columns are as expected. */
  boolean isAs(List<Cell> expected) {
    if (!isPresent()) {
      return false;
    }
    for (Cell cell : expected) {
      Value own = value(cell.column().name());
      if (cell.value().hasNullValue() ? !own.hasNullValue() : !Values.equal(own, cell.value())) {
        return false;
      }
    }
    return true;
  }

  // ---- what becomes of it ----

  /** It is a new row with these attributes besides its key. */
  void replace(Map<String, Optional<AttributeValue>> attributes) {
    fate = Fate.REPLACED;
    set.clear();
    set.putAll(attributes);
  }

  /** These attributes change; of a row that is not there all others are none. */
  void change(Map<String, Optional<AttributeValue>> attributes) {
    switch (fate) {
      case REMOVED -> replace(attributes);
      case REPLACED -> set.putAll(attributes);
      case KEPT, CHANGED -> {
        if (Boolean.FALSE.equals(found) && fate == Fate.KEPT) {
          replace(attributes);
        } else {
          fate = attributes.isEmpty() ? fate : Fate.CHANGED;
          set.putAll(attributes);
        }
      }
    }
    if (fate == Fate.CHANGED && set.size() > MOST_COLUMNS) {
      throw Refusals.tooManyColumns(MOST_COLUMNS);
    }
  }

  void remove() {
    set.clear();
    fate = Boolean.FALSE.equals(found) ? Fate.KEPT : Fate.REMOVED;
  }

  /** How much of it counts against what a transaction may have. */
  long size() {
    return ItemAttributes.size(key) + sizeOf(seen) + sizeOf(set);
  }

  private static long sizeOf(Map<String, Optional<AttributeValue>> attributes) {
    long size = 0;
    for (Map.Entry<String, Optional<AttributeValue>> each : attributes.entrySet()) {
      size += each.getValue().map(own -> ItemAttributes.size(each.getKey(), own)).orElse(0L);
    }
    return size;
  }

  /** What is to be done, on condition that the row is as it was seen. */
  TransactWriteItem together() {
    TransactWriteItem.Builder one = TransactWriteItem.builder();
    Expressions expressions = new Expressions();
    String condition = condition(expressions);
    switch (fate) {
      case REPLACED -> put(one, condition, expressions);
      case CHANGED -> {
        if (Boolean.FALSE.equals(found)) {
          put(one, condition, expressions);
        } else {
          String changes = changes(expressions);
          one.update(
              update ->
                  update
                      .tableName(table.physicalName())
                      .key(key)
                      .updateExpression(changes)
                      .conditionExpression(condition)
                      .expressionAttributeNames(expressions.names(condition, changes))
                      .expressionAttributeValues(expressions.values(condition, changes)));
        }
      }
      case REMOVED ->
          one.delete(
              delete ->
                  delete
                      .tableName(table.physicalName())
                      .key(key)
                      .conditionExpression(condition)
                      .expressionAttributeNames(expressions.names(condition))
                      .expressionAttributeValues(expressions.values(condition)));
      case KEPT ->
          one.conditionCheck(
              check ->
                  check
                      .tableName(table.physicalName())
                      .key(key)
                      .conditionExpression(condition)
                      .expressionAttributeNames(expressions.names(condition))
                      .expressionAttributeValues(expressions.values(condition)));
    }
    return one.build();
  }

  private void put(
      TransactWriteItem.Builder one, @Nullable String condition, Expressions expressions) {
    Map<String, AttributeValue> item = new HashMap<>(key);
    set.forEach((name, each) -> each.ifPresent(value -> item.put(name, value)));
    if (ItemAttributes.size(item) > MOST_BYTES) {
      throw Refusals.rowTooLarge();
    }
    one.put(
        put ->
            put.tableName(table.physicalName())
                .item(item)
                .conditionExpression(condition)
                .expressionAttributeNames(expressions.names(condition))
                .expressionAttributeValues(expressions.values(condition)));
  }

  /** Null where nothing was seen. */
  private @Nullable String condition(Expressions expressions) {
    if (found == null) {
      return null;
    }
    String name = expressions.name(table.key().getFirst().name());
    if (!found) {
      return "attribute_not_exists(" + name + ")";
    }
    StringJoiner all = new StringJoiner(" AND ");
    all.add("attribute_exists(" + name + ")");
    seen.forEach(
        (column, own) ->
            all.add(
                own.isPresent()
                    ? expressions.name(column) + "=" + expressions.value(own.get())
                    : "attribute_not_exists(" + expressions.name(column) + ")"));
    return all.toString();
  }

  private String changes(Expressions expressions) {
    StringJoiner sets = new StringJoiner(",", "SET ", " ").setEmptyValue("");
    StringJoiner removes = new StringJoiner(",", "REMOVE ", "").setEmptyValue("");
    set.forEach(
        (column, own) -> {
          String name = expressions.name(column);
          if (own.isPresent()) {
            sets.add(name + "=" + expressions.value(own.get()));
          } else {
            removes.add(name);
          }
        });
    return sets + removes.toString();
  }
}
