package dev.prism.plugin.dynamodb;

import dev.prism.sdk.rows.Column;
import dev.prism.sdk.rows.Table;
import dev.prism.status.PrismException;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BatchGetItemResponse;
import software.amazon.awssdk.services.dynamodb.model.KeysAndAttributes;

/**
 * Looks at rows of a transaction, each as it is at some moment of the look: they need not be of the
 * same.
 *
 * @param deadline until when it is tried again while DynamoDB throttles
 * @param timeout how long a request may take
 */
record RowReads(Dynamo dynamo, Deadline deadline, Duration timeout) implements TableRows.Look {
  /**
   * @throws PrismException OVERLOADED, BACKEND_UNAVAILABLE, TRANSACTION_CONFLICT
   */
  @Override
  public void at(Map<TableRow, List<String>> rows) {
    Map<RowKey, TableRow> asked = HashMap.newHashMap(rows.size());
    Map<Table, List<TableRow>> byTable = new HashMap<>();
    for (TableRow row : rows.keySet()) {
      asked.put(RowKey.of(row.table(), row.key()), row);
      byTable.computeIfAbsent(row.table(), _ -> new ArrayList<>()).add(row);
    }
    Map<String, Table> tables = new HashMap<>();
    Map<String, KeysAndAttributes> questions = new HashMap<>();
    byTable.forEach(
        (table, some) -> {
          tables.put(table.physicalName(), table);
          questions.put(table.physicalName(), question(some, rows));
        });
    Map<TableRow, Map<String, AttributeValue>> found = new HashMap<>();
    fetch(
        questions,
        (name, item) -> {
          Table table = tables.get(name);
          TableRow row = table == null ? null : asked.get(RowKey.of(table, keyOf(table, item)));
          if (row != null) {
            found.put(row, item);
          }
        });
    rows.forEach((row, columns) -> row.look(found.get(row), columns));
  }

  /** One question of all rows of a table: the keys, and what is wanted of any of them. */
  private static KeysAndAttributes question(
      List<TableRow> rows, Map<TableRow, List<String>> wanted) {
    Set<String> columns = new LinkedHashSet<>();
    for (TableRow row : rows) {
      columns.addAll(row.key().keySet());
      columns.addAll(wanted.getOrDefault(row, List.of()));
    }
    Expressions expressions = new Expressions();
    String projection = String.join(",", columns.stream().map(expressions::name).toList());
    return KeysAndAttributes.builder()
        .keys(rows.stream().map(TableRow::key).toList())
        .consistentRead(true)
        .projectionExpression(projection)
        .expressionAttributeNames(expressions.names(projection))
        .build();
  }

  /** The key of an item, its numbers as {@link Attributes} writes them. */
  private static Map<String, AttributeValue> keyOf(Table table, Map<String, AttributeValue> item) {
    Map<String, AttributeValue> key = new HashMap<>();
    for (Column column : table.key()) {
      AttributeValue part = item.get(column.name());
      if (part != null && part.n() != null) {
        part = Attributes.number(new BigDecimal(part.n()));
      }
      if (part != null) {
        key.put(column.name(), part);
      }
    }
    return key;
  }

  private void fetch(
      Map<String, KeysAndAttributes> questions,
      BiConsumer<String, Map<String, AttributeValue>> taker) {
    Map<String, KeysAndAttributes> left = questions;
    for (int attempt = 0; !left.isEmpty(); ) {
      Map<String, KeysAndAttributes> now = left;
      BatchGetItemResponse answer =
          dynamo.read(
              deadline,
              client ->
                  client.batchGetItem(
                      get ->
                          get.requestItems(now)
                              .overrideConfiguration(each -> each.apiCallTimeout(timeout))));
      int taken = 0;
      for (Map.Entry<String, List<Map<String, AttributeValue>>> table :
          answer.responses().entrySet()) {
        table.getValue().forEach(item -> taker.accept(table.getKey(), item));
        taken += table.getValue().size();
      }
      left = answer.unprocessedKeys();
      // Some are left out where the answer is large enough, or all where DynamoDB throttles them.
      if (!left.isEmpty() && taken == 0 && !deadline.pause(attempt++)) {
        throw Failure.THROTTLED.ofRead();
      }
    }
  }
}
